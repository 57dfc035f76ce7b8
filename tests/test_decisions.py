"""The store of decisions and its rules, in SQLite and in PostgreSQL, and the way into the run."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assets.inputs import remember, unchanged_edition
from tests.conftest import DAY, Ingest
from tieout.contracts import ANSWERS, PROPOSALS
from tieout.decisions.desk import Desk, Standing
from tieout.decisions.landing import land_decisions
from tieout.decisions.policy import DecisionPolicy, Limit
from tieout.decisions.record import LIMITED, Decision, DecisionRefused, Person
from tieout.decisions.store import DecisionStore
from tieout.editions import Editions, NoEdition
from tieout.engine import connect
from tieout.formats import by_format, recognise
from tieout.formats.base import Head, UnreadableFile
from tieout.ingest import ingest
from tieout.settings import ConfigurationError, Workspace

FIRST, LAST = date(1970, 1, 1), date(9999, 12, 31)
POLICY = DecisionPolicy(
    (
        Limit("match", "analyst", "*", 1_000, FIRST, LAST),
        Limit("write_off", "analyst", "*", 100, FIRST, LAST),
        Limit("write_off", "analyst", "JPY", 500, FIRST, LAST),
        Limit("write_off", "analyst", "GBP", 10**6, FIRST, date(2020, 1, 1)),
        Limit("write_off", "approver", "*", 100, FIRST, LAST),
    ),
    DecisionPolicy.load().reasons,
)
ANN, BEN, EVE = Person("Ann", "analyst"), Person("Ben", "approver"), Person("Eve", "admin")
# Item: leg, left, right, currency, status, break type.
ITEMS = {
    "a" * 32: ("payout_bank", 600, 0, "USD", "broken", "missing_in_bank"),
    "b" * 32: ("payout_bank", 0, 590, "USD", "broken", "unknown_reference"),
    "c" * 32: ("payout_bank", 500_000, 499_900, "USD", "broken", "amount_mismatch"),
    "d" * 32: ("payout_bank", 500_000, 499_899, "USD", "broken", "amount_mismatch"),
    "e" * 32: ("payout_bank", 900, 0, "USD", "in_transit", None),
    "f" * 32: ("payout_bank", 900, 900, "USD", "matched", None),
    "g" * 32: ("payment_ledger", 0, 600, "USD", "broken", "missing_in_payments"),
    "h" * 32: ("payout_bank", 10_500, 10_000, "JPY", "broken", "amount_mismatch"),
    "i" * 32: ("payout_bank", 160, 100, "EUR", "broken", "amount_mismatch"),
    "j" * 32: ("payout_bank", 101, 100, "GBP", "broken", "amount_mismatch"),
    "k" * 32: ("payout_bank", 100, 100, "USD", "broken", "currency_mismatch"),
    "l" * 32: ("payout_bank", 600, 0, "USD", "broken", "missing_in_bank"),
    "m" * 32: ("payout_bank", -600, 0, "USD", "broken", "missing_in_bank"),
    "n" * 32: ("ledger_bank", 4111111111111111, 0, "USD", "broken", "missing_in_bank"),
    "abcdefgh1": ("payout_bank", 1, 0, "USD", "broken", "missing_in_bank"),
    "abcdefgh2": ("payout_bank", 1, 0, "USD", "broken", "missing_in_bank"),
}


def publish(
    workspace: Workspace, items: dict[str, tuple[object, ...]], states: dict[str, str] | None = None
) -> None:
    """An edition that says no more than what a decision looks at."""
    with connect() as warehouse:
        warehouse.execute(
            "create table fct_reconciliation_items (item_id varchar, leg varchar,"
            " left_minor bigint, right_minor bigint, currency varchar, status varchar,"
            " break_type varchar, business_date date)"
        )
        for name, item in items.items():
            warehouse.execute(
                "insert into fct_reconciliation_items values (?, ?, ?, ?, ?, ?, ?, '2026-01-02')",
                [name, *item],
            )
        warehouse.execute(
            "create table fct_suggestions as"
            f" select '{'b' * 32}' as left_item_id, '{'a' * 32}' as right_item_id"
        )
        # Two dollars for a euro; nobody knows what a pound is worth.
        warehouse.execute(
            "create table rpt_reporting_rates as select 'EUR' as currency,"
            " date '2026-01-01' as rate_date, date '9999-12-31' as next_rate_date,"
            " 2000000000 as rate_billionths"
        )
        warehouse.execute("create table fct_decisions (decision_id varchar, state varchar)")
        for state in (states or {}).items():
            warehouse.execute("insert into fct_decisions values (?, ?)", state)
        tables = ("fct_reconciliation_items", "fct_suggestions", "rpt_reporting_rates")
        Editions(workspace.editions).publish(
            warehouse,
            {table: table for table in (*tables, "fct_decisions")},
            as_of="2026-01-05",
            reporting_currency="USD",
            tieout_version="0",
        )


BOTH = pytest.mark.parametrize(
    "kept_in", ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))]
)


def use_postgres(workspace: Workspace, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = workspace.config.read_text()
    workspace.config.write_text(
        text.replace('decisions_uri_env = ""', 'decisions_uri_env = "TEST_DECISIONS_URI"')
    )
    monkeypatch.setenv("TEST_DECISIONS_URI", uri)
    engine = sa.create_engine(DecisionStore.of(workspace).database.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table if exists decisions")
    engine.dispose()


@pytest.fixture
def kept_in() -> str:
    return "sqlite"


@pytest.fixture
def desk(
    kept_in: str,
    workspace: Workspace,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    publish(workspace, ITEMS)
    if kept_in == "postgresql":
        use_postgres(workspace, request.getfixturevalue("postgres"), monkeypatch)
    return Desk(workspace, POLICY)


def propose(desk: Desk, kind: str, *items: str, by: Person = ANN, **more: Any) -> Standing:
    reason = more.pop("reason", "bank_charge")
    return desk.propose(kind, by, [item * 32 for item in items], reason=reason, **more)


def only(desk: Desk) -> Standing:
    (standing,) = desk.standings()
    return standing


@BOTH
def test_a_decision_is_kept_with_what_was_seen(desk: Desk) -> None:
    made = propose(desk, "match", "b", "a", note="see the bank's letter")
    decision = made.decision
    assert (made.state, decision.sequence, decision.leg) == ("stands", 1, "payout_bank")
    assert decision.items == ("a" * 32, "b" * 32)
    assert (decision.actor, decision.role, decision.note) == (
        "Ann",
        "analyst",
        "see the bank's letter",
    )
    assert decision.decided_at.endswith("Z")
    assert decision.seen == {
        "edition": desk.editions.current_id(),
        "items": [
            {
                "item_id": name * 32,
                "left_minor": left,
                "right_minor": right,
                "currency": "USD",
                "status": "broken",
            }
            for name, left, right in (("a", 600, 0), ("b", 0, 590))
        ],
        "value_minor": 600,
        "currency": "USD",
        "value_reporting_minor": 600,
        "reporting_currency": "USD",
    }
    assert desk.store.all() == [decision]
    assert decision.is_intact


@BOTH
@pytest.mark.parametrize(
    "sql",
    ["update decisions set actor = 'Eve'", "delete from decisions", "truncate table decisions"],
)
def test_the_database_refuses_to_change_a_row(desk: Desk, kept_in: str, sql: str) -> None:
    if kept_in == "sqlite" and sql.startswith("truncate"):
        pytest.skip("SQLite has no truncate")
    made = propose(desk, "explain", "a")
    engine = sa.create_engine(desk.store.database.url)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()
    assert desk.store.all() == [made.decision]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("update decisions set note = 'x' where sequence = 2", r"number 2\) is not what was"),
        ("delete from decisions where sequence = 2", "lost decision number 2"),
        ("update decisions set sequence = 4 where sequence = 3", "lost decision number 3"),
    ],
)
def test_who_goes_around_the_database_is_noticed(desk: Desk, sql: str, said: str) -> None:
    for item in "abc":
        propose(desk, "explain", item)
    engine = sa.create_engine(desk.store.database.url)
    with engine.begin() as connection:
        for what in ("update", "delete"):
            connection.exec_driver_sql(f"drop trigger decisions_no_{what}")
        connection.exec_driver_sql(sql)
    engine.dispose()
    with pytest.raises(ConfigurationError, match=said):
        desk.store.all()


@pytest.mark.parametrize(
    ("kind", "items", "state"),
    [
        ("match", "ab", "stands"),  # 600 USD of 1,000
        ("match", "ae", "waiting"),  # 1,500 on the left
        ("match", "lm", "waiting"),  # they cancel out, and are 1,200 without their signs
        ("write_off", "c", "stands"),  # at the limit
        ("write_off", "d", "waiting"),  # one above it
        ("write_off", "h", "stands"),  # the yen have a limit of their own
        ("write_off", "i", "waiting"),  # 60 EUR are 120 USD
        ("write_off", "j", "waiting"),  # what a pound is worth is not known; its limit has ended
        ("explain", "d", "stands"),
        ("dismiss", "ab", "stands"),
    ],
)
def test_up_to_the_limit_one_person_is_enough(
    desk: Desk, kind: str, items: str, state: str
) -> None:
    assert propose(desk, kind, *items).state == state


def test_a_role_without_a_limit_never_decides_alone(desk: Desk) -> None:
    assert propose(desk, "write_off", "c", by=EVE).state == "waiting"


@BOTH
def test_above_the_limit_another_person_must_approve(desk: Desk) -> None:
    waiting = propose(desk, "write_off", "d", by=BEN).decision.decision_id
    for person, said in (
        (ANN, "may not do this"),
        (BEN, "nobody may approve a decision of their own"),
        (Person(" ben ", "admin"), "nobody may approve a decision of their own"),
    ):
        with pytest.raises(DecisionRefused, match=said):
            desk.answer("approve", person, waiting)
    done = desk.answer("approve", EVE, waiting[:8], note="seen")
    assert (done.state, done.answer and done.answer.actor) == ("stands", "Eve")
    approval = desk.store.all()[1]
    assert (approval.about, approval.items) == (waiting, ("d" * 32,))
    assert approval.seen["items"] == done.decision.seen["items"]
    with pytest.raises(DecisionRefused, match="was approved by Eve; it can be revoked"):
        desk.answer("approve", Person("Zoe", "admin"), waiting)
    assert only(desk).state == "stands"


def test_a_refusal_is_final_and_a_revocation_too(desk: Desk) -> None:
    refused = propose(desk, "write_off", "d").decision.decision_id
    with pytest.raises(DecisionRefused, match="revoke it instead"):
        desk.answer("refuse", Person("Ann", "approver"), refused)
    assert desk.answer("refuse", BEN, refused).state == "refused"
    for kind in ANSWERS:
        with pytest.raises(DecisionRefused, match="was refused by Ben"):
            desk.answer(kind, EVE, refused)
    again = propose(desk, "write_off", "d").decision.decision_id  # may be proposed anew
    assert desk.answer("revoke", ANN, again).state == "revoked"
    with pytest.raises(DecisionRefused, match="was revoked by Ann"):
        desk.answer("approve", BEN, again)
    small = propose(desk, "write_off", "c").decision.decision_id
    with pytest.raises(DecisionRefused, match="needs no approval"):
        desk.answer("refuse", BEN, small)
    with pytest.raises(DecisionRefused, match="there is no proposal 'zz'"):
        desk.answer("revoke", BEN, "zz")


def test_an_approval_is_of_what_was_proposed(desk: Desk, workspace: Workspace) -> None:
    waiting = propose(desk, "write_off", "d").decision.decision_id
    publish(workspace, {**ITEMS, "d" * 32: ("payout_bank", 600_000, 1, "USD", "broken", "late")})
    with pytest.raises(DecisionRefused, match="not what Ann saw"):
        desk.answer("approve", BEN, waiting)
    publish(workspace, {k: v for k, v in ITEMS.items() if not k.startswith("d")})
    with pytest.raises(DecisionRefused, match="not in the current edition"):
        desk.answer("approve", BEN, waiting)


@pytest.mark.parametrize(
    ("kind", "items", "by", "more", "said"),
    [
        ("match", "a", ANN, {}, "takes 2 items or more, not 1"),
        ("match", "aa", ANN, {}, "takes 2 items or more, not 1"),
        ("dismiss", "abc", ANN, {}, "takes 2 items, not 3"),
        ("write_off", "ab", ANN, {}, "takes one item, not 2"),
        ("write_off", "z", ANN, {}, "zzz is not in the current edition"),
        ("write_off", "f", ANN, {}, "is matched in the current edition"),
        ("write_off", "e", ANN, {}, "is in transit in the current edition .*, not broken"),
        ("match", "af", ANN, {}, "is matched in the current edition .*, not open"),
        ("match", "ag", ANN, {}, "different legs: payment_ledger, payout_bank"),
        ("match", "ai", ANN, {}, "different currencies .*: EUR, USD"),
        ("write_off", "k", ANN, {}, "different currencies .* has two"),
        ("dismiss", "ac", ANN, {}, "no suggested pair"),
        ("explain", "a", ANN, {"reason": "luck"}, "'luck' is no reason code; there are: bank_ch"),
        ("explain", "a", ANN, {"reason": "other"}, "needs a note"),
        ("explain", "a", ANN, {"note": "card 4111111111111111"}, "card number"),
        ("explain", "n", ANN, {}, "an amount of the items looks like a card number"),
        ("explain", "a", ANN, {"note": "two\nlines"}, "cannot be printed"),
        ("explain", "a", Person(" ", "admin"), {}, "needs the name"),
        ("explain", "a", Person("Ann", "boss"), {}, "'boss' is no role"),
        ("approve", "a", BEN, {}, "no such decision"),
        ("adjust", "a", ANN, {}, "needs a note that says what is to be posted"),
        ("adjust", "e", ANN, {"note": "x"}, "is in transit in the current edition .*, not broken"),
        ("explain", "a", ANN, {"after": {"owner": "Ben"}}, "takes nothing beside its items"),
    ],
)
def test_what_the_rules_do_not_allow_is_not_stored(
    desk: Desk, kind: str, items: str, by: Person, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(DecisionRefused, match=said):
        propose(desk, kind, *items, by=by, **more)
    assert desk.store.all() == []


@BOTH
def test_work_on_an_item_is_kept_and_can_be_undone(desk: Desk) -> None:
    item = "d" * 32
    owned = desk.propose("assign", ANN, [item], after={"owner": " Ben "})
    desk.propose("comment", ANN, ["f" * 32], note="a matched item can be spoken of too")
    desk.propose("link", ANN, [item], after={"claim": "CASE-7"})
    filed = desk.attach(ANN, item, "letter.txt", b"We regret.", "from the bank")
    assert (
        desk.attach(BEN, item, "again.txt", b"We regret.").decision.then["sha256"]
        == (filed.decision.then["sha256"])
    )
    assert desk.attachments.read(filed.decision.then["sha256"]) == b"We regret."
    assert [s.decision.then for s in desk.standings()][:3] == [
        {"owner": "Ben"},
        {},
        {"claim": "CASE-7"},
    ]
    assert {s.state for s in desk.standings()} == {"stands"}
    assert desk.answer("revoke", ANN, owned.decision.decision_id).state == "revoked"


@pytest.mark.parametrize(
    ("kind", "item", "more", "said"),
    [
        ("assign", "a", {}, "takes owner"),
        ("assign", "a", {"after": {"owner": " "}}, "takes owner"),
        ("assign", "f", {"after": {"owner": "Ben"}}, "is matched .*, not open"),
        ("assign", "a", {"after": {"owner": "Ben"}, "reason": "timing"}, "takes no reason"),
        ("comment", "a", {"note": " "}, "needs a note"),
        ("comment", "a", {"note": "x" * 4_001}, "more than 4000 characters"),
        ("link", "a", {"after": {"claim": "4111111111111111"}}, "card number"),
        ("attach", "a", {"after": {"sha256": "../x", "name": "x", "bytes": "1"}}, "no such file"),
    ],
)
def test_work_has_rules_too(
    desk: Desk, kind: str, item: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(DecisionRefused, match=said):
        desk.propose(kind, ANN, [item * 32], **more)
    assert desk.store.all() == []


def test_a_file_is_kept_as_it_was_or_not_at_all(desk: Desk) -> None:
    for data, said in ((b"", "between one byte"), (b"card 4111111111111111", "card number")):
        with pytest.raises(DecisionRefused, match=said):
            desk.attach(ANN, "a" * 32, "x", data)
    with pytest.raises(DecisionRefused, match="is no role"):
        desk.attach(Person("Zoe", "guest"), "a" * 32, "x", b"x")
    assert not desk.attachments.root.exists()
    sha256 = desk.attach(ANN, "a" * 32, "x", b"x").decision.then["sha256"]
    desk.attachments.path(sha256).write_bytes(b"y")
    with pytest.raises(DecisionRefused, match="is not what was attached"):
        desk.attachments.read(sha256)


@BOTH
def test_a_store_of_an_older_version_is_read_and_grows(desk: Desk) -> None:
    """Its table lacks what was added since, and its ids were made without that."""
    made = propose(desk, "explain", "a").decision
    engine = sa.create_engine(desk.store.database.url)
    with engine.begin() as connection:
        connection.exec_driver_sql('alter table decisions drop column "after"')
    engine.dispose()
    assert desk.store.all() == [made]
    desk.propose("assign", ANN, ["a" * 32], after={"owner": "Ben"})
    assert [d.then for d in desk.store.all()] == [{}, {"owner": "Ben"}]


def test_an_adjustment_has_the_limit_of_its_difference(desk: Desk) -> None:
    waiting = propose(desk, "adjust", "d", note="post to bank charges")
    assert (waiting.state, waiting.decision.seen["value_minor"]) == ("waiting", 101)
    with pytest.raises(DecisionRefused, match="already"):
        propose(desk, "write_off", "d")


def test_an_abbreviated_item_must_be_one(desk: Desk) -> None:
    for asked, said in (("abcdefgh", "more than one item"), ("a", "at least 8 characters")):
        with pytest.raises(DecisionRefused, match=said):
            desk.propose("explain", ANN, [asked], reason="timing")
    made = desk.propose("explain", ANN, ["aaaaaaaa\r"], reason="timing")  # out of a spreadsheet
    assert made.decision.items == ("a" * 32,)


def test_an_item_is_not_taken_twice(desk: Desk, workspace: Workspace) -> None:
    first = propose(desk, "match", "a", "b").decision.decision_id
    for kind, items in (("match", "al"), ("write_off", "a")):
        with pytest.raises(DecisionRefused, match=f"is in decision {first} already"):
            propose(desk, kind, *items)
    # The next edition shows what the match has left over: that can be written off.
    publish(workspace, ITEMS, {first: "in_force"})
    with pytest.raises(DecisionRefused, match=f"is in decision {first} already"):
        propose(desk, "match", "a", "l")
    propose(desk, "write_off", "a")
    # What has lapsed holds nothing any more; what was revoked neither.
    publish(workspace, ITEMS, {first: "lapsed"})
    second = propose(desk, "match", "b", "l").decision.decision_id
    desk.answer("revoke", BEN, second)
    propose(desk, "match", "b", "l")


def test_without_an_edition_there_is_nothing_to_decide(workspace: Workspace) -> None:
    desk = Desk(workspace)
    with pytest.raises(NoEdition, match="tieout run"):
        desk.propose("explain", ANN, ["a" * 32], reason="timing")
    assert desk.standings() == []
    assert not workspace.decisions.exists()  # asking makes no store


@pytest.mark.slow
@BOTH
def test_processes_that_decide_at_once_are_all_heard(
    desk: Desk, workspace: Workspace, kept_in: str
) -> None:
    """Both begin with an empty store, so that they also meet while the table is made."""
    code = (
        "import sys; from pathlib import Path; from tieout.settings import Workspace\n"
        "from tieout.decisions.desk import Desk; from tieout.decisions.record import Person\n"
        "desk = Desk(Workspace.open(Path(sys.argv[1])))\n"
        "for _ in range(20):\n"
        "    desk.propose('explain', Person(sys.argv[2], 'analyst'), ['a' * 32], reason='timing')\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(workspace.home), name])
        for name in ("one", "two", "three")
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    stored = desk.store.all()  # reading proves that the sequence has no gap
    assert len(stored) == len({d.decision_id for d in stored}) == 60
    assert {d.actor for d in stored} == {"one", "two", "three"}


def test_two_answers_at_once_cannot_both_hold(desk: Desk) -> None:
    """The rules are checked again when the store is ours alone."""
    waiting = propose(desk, "write_off", "d").decision.decision_id
    append = desk.store.append

    def while_somebody_refuses(decide: object) -> Decision:
        desk.store.append = append  # type: ignore[method-assign]
        desk.answer("refuse", EVE, waiting)
        return append(decide)  # type: ignore[arg-type]

    desk.store.append = while_somebody_refuses  # type: ignore[assignment, method-assign]
    with pytest.raises(DecisionRefused, match="was refused by Eve"):
        desk.answer("approve", BEN, waiting)
    assert only(desk).state == "refused"


def test_a_store_that_cannot_be_used_is_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = workspace.config.read_text()
    workspace.config.write_text(text.replace('uri_env = ""', 'uri_env = "TEST_DECISIONS_URI"'))
    monkeypatch.delenv("TEST_DECISIONS_URI", raising=False)
    with pytest.raises(ConfigurationError, match="TEST_DECISIONS_URI is not set"):
        DecisionStore.of(workspace)
    for uri in ("mysql://root:secret@here/x", "secret"):
        monkeypatch.setenv("TEST_DECISIONS_URI", uri)
        with pytest.raises(ConfigurationError, match="no address of a PostgreSQL") as refusal:
            DecisionStore.of(workspace)
        assert "secret" not in str(refusal.value)
    monkeypatch.setenv("TEST_DECISIONS_URI", "postgresql://u:secret@127.0.0.1:1/x")
    with pytest.raises(ConfigurationError, match=r"cannot be used: .*refused") as refusal:
        DecisionStore.of(workspace).all()
    assert "secret" not in str(refusal.value)


def land(desk: Desk, ingesting: Ingest) -> list[str]:
    return [d.origin for d in land_decisions(desk.store, ingesting.landing, DAY)]


def read(ingesting: Ingest) -> list[tuple[object, ...]]:
    rules = ingesting.workspace.settings().file_rules
    ingest(ingesting.landing, ingesting.canonical, rules)
    with connect() as connection:
        return connection.execute(
            "select sequence, decision_id, kind, leg, item_ids, reason_code, note, actor, role,"
            " strftime(decided_at, '%Y-%m-%dT%H:%M:%S.%fZ'), about, before, source, source_line"
            f" from read_parquet('{ingesting.canonical.files('decisions')}') order by sequence"
        ).fetchall()


@BOTH
def test_decisions_are_landed_once_and_read_as_they_were_stored(
    desk: Desk, ingesting: Ingest
) -> None:
    assert land(desk, ingesting) == []
    propose(desk, "match", "a", "b", note='“quoted”, "plain", 4, ünïcode')
    desk.answer("approve", BEN, propose(desk, "write_off", "d").decision.decision_id)
    assert land(desk, ingesting) == ["decisions/1-3.jsonl"]
    assert land(desk, ingesting) == []
    desk.answer("revoke", EVE, desk.store.all()[0].decision_id)
    assert land(desk, ingesting) == ["decisions/4-4.jsonl"]
    rows = read(ingesting)
    assert [row[:12] for row in rows] == [tuple(vars(d).values())[:12] for d in desk.store.all()]
    assert [row[12:] for row in rows] == [("decisions", line) for line in (1, 2, 3, 1)]


def test_a_file_of_the_inbox_is_no_decision(desk: Desk, ingesting: Ingest) -> None:
    """Neither by its content nor by its name: what was not stored was not decided."""
    line = propose(desk, "explain", "a").decision.line()
    forged = line.replace(b"explain", b"match")
    ingesting.drop("decisions/1-99.jsonl", forged)
    (account,) = ingesting.run(ingesting.workspace.settings().file_rules)
    assert (account.status, account.records) == ("unreadable", 1)
    assert land(desk, ingesting) == ["decisions/1-1.jsonl"]  # nor does it count as landed
    with pytest.raises(UnreadableFile):
        recognise(Head("decisions/1-1.jsonl", line))


def test_a_store_with_fewer_decisions_than_were_landed_stops_the_run(
    desk: Desk, ingesting: Ingest, workspace: Workspace
) -> None:
    propose(desk, "explain", "a")
    land(desk, ingesting)
    workspace.decisions.unlink()
    with pytest.raises(ConfigurationError, match="1 decisions were landed, but the store has 0"):
        land(desk, ingesting)


def test_a_new_decision_is_something_to_run_for(
    desk: Desk, workspace: Workspace, ingesting: Ingest
) -> None:
    workspace.data.mkdir(exist_ok=True)
    remember(workspace, str(desk.editions.current_id()))
    assert unchanged_edition(workspace) == desk.editions.current_id()
    propose(desk, "explain", "a")
    assert unchanged_edition(workspace) is None
    land(desk, ingesting)
    assert unchanged_edition(workspace) is None  # landed, but not in the edition yet
    remember(workspace, str(desk.editions.current_id()))
    assert unchanged_edition(workspace) == desk.editions.current_id()


def test_the_reader_and_the_policy_know_the_same_words() -> None:
    policy = DecisionPolicy.load()
    assert {limit.kind for limit in policy.limits} == set(LIMITED)
    assert set(by_format("own_decisions").words["kind"]) == {*PROPOSALS, *ANSWERS}  # type: ignore[attr-defined]
    assert "other" in policy.reasons


def test_json_is_written_in_one_way(desk: Desk, tmp_path: Path) -> None:
    line = propose(desk, "explain", "a", note="ü").decision.line()
    parsed = json.loads(line)
    assert (
        json.dumps(parsed, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        + b"\n"
        == line
    )

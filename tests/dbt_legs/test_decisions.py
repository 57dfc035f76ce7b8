"""The manual pass: what people decide on breaks, from one build to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import DAY, Ingest
from tests.dbt_legs.conftest import Ask, Row, line, payment, rebuild, sheet
from tests.dbt_legs.test_fuzzy import company as alike
from tests.dbt_legs.test_netting import entry, payout
from tieout.decisions.desk import Desk
from tieout.decisions.landing import land_decisions
from tieout.decisions.record import Person
from tieout.editions import Editions
from tieout.engine import connect
from tieout.ingest import ingest
from tieout.settings import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]

ANN, BEN = Person("Ann", "analyst"), Person("Ben", "approver")
MARTS = ("fct_reconciliation_items", "fct_suggestions", "rpt_reporting_rates", "fct_decisions")
# What was captured, and what the processor says it settled, under the same reference.
PAIRS = {"b": 9_950, "c": 5_000, "d": 9_900, "e": 4_000, "g": 9_999}
# The same, where the reference of the line is mistyped: two items of one side each.
MISTYPED = {"a": 10_000, "f": 9_400, "h": 10_000}
DAY_OF_ALL = "2026-05-01"


def company() -> dict[str, list[Row]]:
    """Payments that do not tie out, and a pair of bank items that is only suggested."""
    tables = alike()
    for twin in ("VARKOMEN 901", "VARKOMEN 902"):
        paid = payout(twin, 777_700, "2026-03-02", "USD")
        tables["settlement_lines"].append({**paid, "payout_reference": twin})
    tables["bank_lines"].append(entry("twin", 777_675, "2026-03-03", "USD", "VARKOMEN LTD"))
    for name, settled in (PAIRS | MISTYPED).items():
        reference = f"psp_{name}" if name in PAIRS else f"typo_{name}"
        tables["settlement_lines"].append(line("charge", reference, settled, DAY_OF_ALL))
    tables["payments"] = [
        payment(name, 10_000, DAY_OF_ALL, updated_at=f"{DAY_OF_ALL}T10:00:00Z")
        for name in PAIRS | MISTYPED
    ]
    return tables


class Books:
    """The company's workspace, its warehouse, and a desk to decide at."""

    def __init__(self, home: Path) -> None:
        self.workspace = Workspace.create(home, reporting_currency="USD", as_of="2027-01-01")
        self.ingesting = Ingest(self.workspace)
        for table, rows in company().items():
            self.ingesting.drop(f"{table}.csv", sheet(rows))
        self.desk = Desk(self.workspace)
        self.ask: Ask

    def run(self) -> None:
        """Land, read, build, and publish what a decision is made on."""
        i = self.ingesting
        i.landing.land_inbox(self.workspace.inbox, DAY)
        land_decisions(self.desk.store, i.landing, DAY)
        ingest(i.landing, i.canonical, self.workspace.settings().file_rules)
        self.ask = rebuild(self.workspace)
        with connect(self.workspace.warehouse, read_only=True) as warehouse:
            Editions(self.workspace.editions).publish(
                warehouse,
                {mart: f"main.{mart}" for mart in MARTS},
                as_of="2027-01-01",
                reporting_currency="USD",
                tieout_version="0",
            )

    def item(self, reference: str) -> str:
        ((item_id,),) = self.ask(
            "select item_id from fct_reconciliation_items"
            f" where leg = 'payment_settlement' and reference = '{reference}'"
        )
        return str(item_id)

    def items(self, *names: str) -> list[str]:
        return [self.item(f"{kind}_{name}") for name in names for kind in ("psp", "typo")]

    def propose(self, kind: str, *items: str) -> str:
        made = self.desk.propose(kind, ANN, items, reason="processor_charge")
        return made.decision.decision_id

    def work(self, kind: str, item: str, note: str | None = None, **after: str) -> str:
        made = self.desk.propose(kind, ANN, [item], note=note, after=after)
        return made.decision.decision_id

    def forge(self, about: str) -> None:
        """An approval of one's own, as somebody would write it who goes around the desk."""
        proposal = self.desk.find(about).decision
        content = {k: v for k, v in vars(proposal).items() if k not in _GIVEN}
        answer = {**content, "kind": "approve", "role": "approver", "actor": "ann ", "about": about}
        self.desk.store.append(lambda _known: answer)

    def said(self) -> dict[str, tuple[object, ...]]:
        """Status, pass and sides of each item of the payments, by reference."""
        rows = self.ask(
            "select reference, status, match_pass, left_minor, right_minor"
            " from fct_reconciliation_items where leg = 'payment_settlement'"
        )
        return {str(reference): tuple(rest) for reference, *rest in rows}

    def states(self) -> dict[str, tuple[object, object]]:
        rows = self.ask("select decision_id, state, because from fct_decisions")
        return {str(decision_id): (state, because) for decision_id, state, because in rows}

    def is_conserved(self) -> bool:
        return self.ask(
            "select sum(abs(rows_difference)), sum(abs(minor_difference)), sum(records_replaced)"
            " from rpt_conservation"
        ) == [(0, 0, 0)]


_GIVEN = ("sequence", "decision_id", "items", "seen")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    books = Books(tmp_path_factory.mktemp("decisions") / "w")
    books.run()
    return books


def decide(books: Books) -> dict[str, str]:
    """One decision of every kind, by what becomes of it."""
    ((left, right),) = books.ask("select left_item_id, right_item_id from fct_suggestions")
    made = {
        "matched": books.propose("match", *books.items("a")),
        "with_rest": books.propose("match", *books.items("f")),
        "undone": books.propose("match", *books.items("h")),
        "small": books.propose("write_off", books.item("psp_b")),
        "large": books.propose("write_off", books.item("psp_c")),
        "revoked": books.propose("write_off", books.item("psp_d")),
        "forged": books.propose("write_off", books.item("psp_e")),
        "explained": books.propose("explain", books.item("psp_g")),
        "dismissed": books.propose("dismiss", str(left), str(right)),
    }
    books.forge(made["forged"])
    owned, known = books.item("psp_b"), books.item("psp_g")
    adjust = books.desk.propose(
        "adjust", ANN, [known], reason="rounding", note="post it to rounding"
    )
    return made | {
        "adjusted": adjust.decision.decision_id,
        "assigned": books.work("assign", owned, owner="Ann"),
        "reassigned": books.work("assign", owned, owner="Ben"),
        "said": books.work("comment", owned, note="the processor was asked"),
        "said_more": books.work("comment", owned, note="and has answered"),
        "filed": books.desk.attach(ANN, owned, "answer.txt", b"yes").decision.decision_id,
        "linked": books.work("link", owned, claim="CASE-7"),
    }


def see_them_in_force(books: Books, made: dict[str, str]) -> None:
    said, states = books.said(), books.states()
    assert said["psp_a"] == ("matched", "manual", 10_000, 10_000)
    assert "typo_a" not in said  # it is a part of the other
    assert said["psp_f"] == ("broken", "manual", 10_000, 9_400)  # belongs together, and differs
    assert said["psp_b"] == ("written_off", None, 10_000, 9_950)
    assert said["psp_c"] == ("broken", None, 10_000, 5_000)
    assert said["psp_e"] == ("broken", None, 10_000, 4_000)
    assert said["psp_g"][0] == "broken"
    expected = dict.fromkeys(("large", "forged"), ("waiting", "above_the_limit"))
    expected["assigned"] = ("lapsed", "decided_anew")
    for name, decision_id in made.items():
        assert states[decision_id] == expected.get(name, ("in_force", None)), name
    assert books.ask(
        "select reference, adjust_decision_id from fct_breaks where adjust_decision_id is not null"
    ) == [("psp_g", made["adjusted"])]
    assert books.ask("select because, about from fct_decisions where state = 'not_honoured'") == [
        ("answers_own_decision", made["forged"])
    ]
    assert books.ask(
        "select explain_decision_id, reason_code from fct_breaks where reason_code is not null"
    ) == [(made["explained"], "processor_charge")]
    assert books.ask("select * from fct_suggestions") == []
    assert books.is_conserved()
    assert books.ask(
        "select sum(rows_written_off), sum(minor_written_off) from rpt_conservation"
    ) == [(4, 10_000 + 9_950 + 10_000 + 9_900)]


def answer_and_change(books: Books, made: dict[str, str]) -> None:
    made["rest"] = books.propose("write_off", books.item("psp_f"))
    books.desk.answer("approve", BEN, made["large"])
    books.desk.answer("revoke", BEN, made["revoked"])
    books.desk.answer("revoke", ANN, made["undone"])
    changed = payment("b", 9_960, DAY_OF_ALL, updated_at=f"{DAY_OF_ALL}T11:00:00Z")
    gone = payment("g", 0, DAY_OF_ALL, updated_at=f"{DAY_OF_ALL}T11:00:00Z")
    books.ingesting.drop("payments_2.csv", sheet([changed, gone]))


def see_what_holds(books: Books, made: dict[str, str]) -> None:
    said, states = books.said(), books.states()
    assert said["psp_f"] == ("written_off", "manual", 10_000, 9_400)
    assert said["psp_c"] == ("written_off", None, 10_000, 5_000)
    assert said["psp_d"] == ("broken", None, 10_000, 9_900)
    assert said["psp_h"] == ("broken", None, 10_000, 0)
    assert said["typo_h"] == ("broken", None, 0, 10_000)
    assert said["psp_b"] == ("broken", None, 9_960, 9_950)  # not what Ann has given up
    lapsed = ("lapsed", "amounts_have_changed")
    expected = {"revoked": ("revoked", None), "undone": ("revoked", None)}
    expected |= {"small": lapsed, "explained": lapsed, "forged": ("waiting", "above_the_limit")}
    expected |= {"adjusted": lapsed, "assigned": ("lapsed", "decided_anew")}
    for name, decision_id in made.items():
        assert states[decision_id] == expected.get(name, ("in_force", None)), name
    # It was given up, and is open again: who was to look at it still is.
    assert books.ask("select reference, owner, claim from fct_breaks where owner is not null") == [
        ("psp_b", "Ben", "CASE-7")
    ]
    large = made["large"]
    assert books.ask(
        f"select approved_by, needs_approval from fct_decisions where decision_id = '{large}'"
    ) == [("Ben", True)]
    assert books.is_conserved()


def decide_anew_and_change_back(books: Books, made: dict[str, str]) -> None:
    made["again"] = books.propose("write_off", books.item("psp_b"))  # the first has lapsed
    books.desk.answer("revoke", BEN, made["with_rest"])
    books.desk.answer("revoke", BEN, made["dismissed"])
    back = payment("b", 10_000, DAY_OF_ALL, updated_at=f"{DAY_OF_ALL}T12:00:00Z")
    books.ingesting.drop("payments_3.csv", sheet([back]))


def see_what_comes_back(books: Books, made: dict[str, str]) -> None:
    said, states = books.said(), books.states()
    lapsed = ("lapsed", "amounts_have_changed")
    # Without the match its rest is not what was written off.
    assert said["psp_f"] == ("broken", None, 10_000, 0)
    assert said["typo_f"] == ("broken", None, 0, 9_400)
    assert states[made["rest"]] == lapsed
    # The first write-off was of these amounts and holds again; the second was of others.
    assert said["psp_b"] == ("written_off", None, 10_000, 9_950)
    assert (states[made["small"]], states[made["again"]]) == (("in_force", None), lapsed)
    assert books.ask("select count(*) from fct_suggestions") == [(1,)]
    assert books.is_conserved()


def test_decisions_from_build_to_build(books: Books) -> None:
    """One story, since every chapter takes a build."""
    assert books.said()["psp_a"] == ("broken", None, 10_000, 0)
    made = decide(books)
    books.run()
    see_them_in_force(books, made)
    answer_and_change(books, made)
    books.run()
    see_what_holds(books, made)
    decide_anew_and_change_back(books, made)
    books.run()
    see_what_comes_back(books, made)


def test_every_decision_is_one_row_with_its_line(books: Books) -> None:
    stored = books.desk.store.all()
    assert books.ask("select decision_id from fct_decisions order by sequence") == [
        (decision.decision_id,) for decision in stored
    ]
    assert books.ask(
        "select count(*) from fct_decisions d join rpt_source_files f"
        " on f.source_file_sha256 = d.source_file_sha256 where f.source = 'decisions'"
    ) == [(len(stored),)]

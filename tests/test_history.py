"""The life of a break over several editions: opened, changed, resolved, reopened."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tieout.editions import Editions
from tieout.engine import connect
from tieout.history import TABLE, break_history

FIRST = date(2026, 1, 5)
COLUMNS = "break_id varchar, leg varchar, processor varchar, reference varchar, break_type varchar,"
COLUMNS += " left_minor bigint, right_minor bigint, difference_minor bigint, currency varchar"


class Life:
    """Publishes one edition a day; a break is its id, type and difference."""

    def __init__(self, root: Path) -> None:
        self.editions = Editions(root)
        self.day = FIRST

    def publish(
        self,
        breaks: list[tuple[str, str, int]],
        items: dict[str, str],
        members: dict[str, str] | None = None,
        deleted: list[tuple[str, str, str]] | None = None,
        decisions: dict[str, tuple[str, str]] | None = None,
    ) -> None:
        """`members` are record → item; `deleted` are (record, file that lacks it, because).

        `decisions` are what Ann has decided on item a: kind → state, because.
        """
        with connect() as warehouse:
            warehouse.execute(
                "create table deliveries as select 'new-file' as sha256, 'erp/new.csv' as origin"
            )
            for table, columns in (
                ("fct_reconciliation_members", "source_table, record_id, item_id"),
                ("rpt_deleted_records", "source_table, record_id, gone_from_sha256, because"),
            ):
                kinds = columns.replace(",", " varchar,") + " varchar"
                warehouse.execute(f"create table {table} ({kinds})")
            for member in (members or {}).items():
                warehouse.execute(
                    "insert into fct_reconciliation_members values ('t', ?, ?)", member
                )
            for record in deleted or []:
                warehouse.execute("insert into rpt_deleted_records values ('t', ?, ?, ?)", record)
            warehouse.execute(
                "create table fct_decisions (decision_id varchar, sequence bigint, kind varchar,"
                " state varchar, because varchar, item_ids varchar, actor varchar, reason varchar,"
                " reason_code varchar, revoked_by varchar)"
            )
            for place, (kind, (state, because)) in enumerate((decisions or {}).items()):
                warehouse.execute(
                    "insert into fct_decisions values"
                    " (?, ?, ?, ?, ?, '[\"a\",\"x\"]', 'Ann', 'Rounding', 'rounding', 'Ben')",
                    [kind, place, kind, state, because],
                )
            warehouse.execute(f"create table fct_breaks ({COLUMNS})")
            warehouse.execute(
                "create table fct_reconciliation_items (item_id varchar, status varchar)"
            )
            for name, kind, off in breaks:
                warehouse.execute(
                    "insert into fct_breaks values (?, 'leg', 'p', 'r', ?, ?, 0, ?, 'EUR')",
                    [name, kind, off, off],
                )
            for item in items.items():
                warehouse.execute("insert into fct_reconciliation_items values (?, ?)", item)
            history = break_history(warehouse, self.editions, self.day, self.day)
            warehouse.register(TABLE, history)
            tables = ("fct_breaks", "fct_reconciliation_items", "fct_reconciliation_members")
            tables += ("fct_decisions", TABLE)
            self.editions.publish(
                warehouse,
                {table: table for table in tables},
                as_of=self.day.isoformat(),
                reporting_currency="EUR",
                tieout_version="0",
            )
        self.day += timedelta(days=1)

    def events(self) -> list[tuple[object, ...]]:
        with self.editions.connect() as edition:
            return edition.execute(
                "select break_id, event_no, event, because, break_type, difference_minor, known_on"
                f" from {TABLE} order by break_id, event_no"
            ).fetchall()


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path / "editions")


def test_a_life_from_its_opening_to_its_end_and_back(life: Life) -> None:
    life.publish([("a", "late", 100)], {"a": "broken"})
    life.publish([("a", "missing_in_bank", 100)], {"a": "broken"})
    life.publish([("a", "missing_in_bank", 40)], {"a": "broken"})
    life.publish([], {"a": "matched"})
    life.publish([("a", "duplicate", 7)], {"a": "broken"})
    opened = "it does not tie out and its deadline has passed"
    assert life.events() == [
        ("a", 1, "opened", opened, "late", 100, FIRST),
        ("a", 2, "changed", "it was late", "missing_in_bank", 100, date(2026, 1, 6)),
        ("a", 3, "changed", "its amounts are others", "missing_in_bank", 40, date(2026, 1, 7)),
        (
            "a",
            4,
            "resolved",
            "new data: both sides tie out",
            "missing_in_bank",
            40,
            date(2026, 1, 8),
        ),
        ("a", 5, "reopened", "it does not tie out any more", "duplicate", 7, date(2026, 1, 9)),
    ]


@pytest.mark.parametrize(
    ("items", "because"),
    [
        ({}, "its records are gone or belong to another item"),
        ({"a": "in_transit"}, "it is under way again"),
        ({"a": "matched_within_tolerance"}, "the difference is within tolerance"),
    ],
)
def test_how_a_break_is_resolved_is_said(life: Life, items: dict[str, str], because: str) -> None:
    life.publish([("a", "late", 100)], {"a": "broken"})
    life.publish([], items | {"b": "matched"})
    assert life.events()[-1][2:4] == ("resolved", because)


@pytest.mark.parametrize(
    ("deleted", "because"),
    [
        (
            [("r", "new-file", "deleted")],
            "a record of it was deleted: the full export erp/new.csv no longer has it",
        ),
        (
            [("r", "0123456789abcdef", "withdrawn")],
            "a record of it was withdrawn: the restated report 0123456789ab no longer has it",
        ),
        (
            [("r", "new-file", "deleted"), ("s", "new-file", "deleted"), ("t", "x", "deleted")],
            "2 records of it were deleted: the full export erp/new.csv no longer has them",
        ),
    ],
)
def test_a_record_that_vanished_is_the_reason(
    life: Life, deleted: list[tuple[str, str, str]], because: str
) -> None:
    opened = "it does not tie out and its deadline has passed"
    life.publish([("b", "late", 5)], {"a": "matched"}, {"r": "a", "s": "a", "t": "c", "q": "b"})
    life.publish([("a", "late", 1), ("b", "late", 5)], {"a": "broken"}, {}, deleted)
    assert [(event[0], event[3]) for event in life.events()] == [("a", because), ("b", opened)]
    # It is told once: what vanished earlier is not the reason of what happens later.
    life.publish([("a", "missing", 1)], {"a": "broken"}, {}, deleted)
    assert [event[3] for event in life.events() if event[0] == "a"][1:] == ["it was late"]


def test_a_break_whose_records_are_all_deleted_ends(life: Life) -> None:
    life.publish([("a", "late", 100)], {"a": "broken"}, {"r": "a"})
    life.publish([], {}, {}, [("r", "new-file", "deleted")])
    assert life.events()[-1][2:4] == (
        "resolved",
        "a record of it was deleted: the full export erp/new.csv no longer has it",
    )


@pytest.mark.parametrize(
    ("kind", "items", "done"),
    [
        ("match", {}, "matched by Ann: Rounding"),
        ("match", {"a": "matched"}, "matched by Ann: Rounding"),
        ("write_off", {"a": "written_off"}, "written off by Ann: Rounding"),
    ],
)
@pytest.mark.parametrize(
    ("state", "because", "undone"),
    [
        ("revoked", "", "was revoked by Ben"),
        ("lapsed", "amounts_have_changed", "has lapsed: amounts have changed"),
        ("waiting", "above_the_limit", "does not hold any more: waiting"),
    ],
)
def test_a_decision_resolves_and_its_end_reopens(
    life: Life, kind: str, items: dict[str, str], done: str, state: str, because: str, undone: str
) -> None:
    life.publish([("a", "late", 100)], {"a": "broken"}, decisions={kind: ("waiting", "")})
    life.publish([], items, decisions={kind: ("in_force", "")})
    life.publish([], items, decisions={kind: ("in_force", "")})
    life.publish([("a", "late", 100)], {"a": "broken"}, decisions={kind: (state, because)})
    what = "match" if kind == "match" else "write-off"
    assert [event[2:4] for event in life.events()][1:] == [
        ("resolved", done),
        ("reopened", f"the {what} by Ann {undone}"),
    ]


def test_a_match_that_leaves_a_difference_changes_the_break(life: Life) -> None:
    life.publish([("a", "late", 100)], {"a": "broken"})
    life.publish([("a", "late", 3)], {"a": "broken"}, decisions={"match": ("in_force", "")})
    life.publish(
        [],
        {"a": "written_off"},
        decisions={"match": ("in_force", ""), "write_off": ("in_force", "")},
    )
    assert [event[2:4] for event in life.events()][1:] == [
        ("changed", "matched by Ann: Rounding, and a difference remains"),
        ("resolved", "written off by Ann: Rounding"),
    ]


def test_what_does_not_change_has_no_event(life: Life) -> None:
    life.publish([("a", "late", 100)], {"a": "broken"})
    life.publish([("a", "late", 100), ("b", "late", 5)], {"a": "broken", "b": "broken"})
    assert [event[:3] for event in life.events()] == [("a", 1, "opened"), ("b", 1, "opened")]


def test_an_earlier_edition_keeps_the_history_as_it_was(life: Life) -> None:
    life.publish([("a", "late", 100)], {"a": "broken"})
    first = life.editions.current_id()
    life.publish([], {"a": "matched"})
    with life.editions.connect(first) as edition:
        assert edition.execute(f"select count(*) from {TABLE}").fetchone() == (1,)
    with life.editions.connect() as edition, pytest.raises(duckdb.Error):
        edition.execute(f"delete from {TABLE}")

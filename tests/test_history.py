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

    def publish(self, breaks: list[tuple[str, str, int]], items: dict[str, str]) -> None:
        with connect() as warehouse:
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
            tables = ("fct_breaks", "fct_reconciliation_items", TABLE)
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

"""What changed between two editions: breaks that came, went and moved, and tables that differ."""

from __future__ import annotations

from dashboards import data
from dashboards.data import Row
from tieout.editions import Edition
from tieout.settings import Workspace

_BREAKS = """
select break_id, leg, break_type, reference, processor, value_minor, currency, business_date
from fct_breaks
"""


def changes(home: Workspace, older: Edition, newer: Edition) -> list[Row]:
    """Breaks that only one of two editions has, or that they value otherwise.

    Each with `change`: opened, resolved or changed, and `before_minor`; the most valuable first.
    """
    before = {row["break_id"]: row for row in data.rows(home, older.edition_id, _BREAKS, {})}
    after = {row["break_id"]: row for row in data.rows(home, newer.edition_id, _BREAKS, {})}
    found = [{**row, "change": "opened", "before_minor": 0} for row in _only(after, before)]
    found += [
        {**row, "change": "resolved", "before_minor": row["value_minor"], "value_minor": 0}
        for row in _only(before, after)
    ]
    found += [
        {**row, "change": "changed", "before_minor": before[key]["value_minor"]}
        for key, row in after.items()
        if key in before
        and (row["value_minor"], row["break_type"])
        != (before[key]["value_minor"], before[key]["break_type"])
    ]
    return sorted(
        found, key=lambda r: (-max(abs(r["value_minor"]), abs(r["before_minor"])), r["break_id"])
    )


def _only(these: dict[str, Row], those: dict[str, Row]) -> list[Row]:
    return [row for key, row in these.items() if key not in those]


def tables(older: Edition, newer: Edition) -> list[Row]:
    """Tables whose rows are not the same in two editions, with their numbers of rows."""
    names = sorted(older.tables.keys() | newer.tables.keys())
    found = []
    for name in names:
        before, after = older.tables.get(name), newer.tables.get(name)
        if (before and before.content_hash) != (after and after.content_hash):
            found.append(
                {
                    "table": name,
                    "rows_before": before.rows if before else 0,
                    "rows_after": after.rows if after else 0,
                }
            )
    return found

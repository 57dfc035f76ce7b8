"""Deadlines in business days: weekends, holidays, a processor's own calendar, a changed policy."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from assets import warehouse
from tests.dbt_legs.conftest import Ask, Row, build, line

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]

# Deadline, missing, netting, calendar: '*' counts every day, the others those of banks.
POLICIES = """
payout_bank,*,1970-01-01,9999-12-31,0,0,1,2,0,0,
payout_bank,adyen,1970-01-01,2026-04-30,0,0,1,3,0,0,target
payout_bank,adyen,2026-05-01,9999-12-31,0,0,2,4,0,0,target
payout_bank,stripe,1970-01-01,9999-12-31,0,0,1,2,0,0,federal_reserve
payout_bank,same_day,1970-01-01,9999-12-31,0,0,0,1,0,0,target
payout_bank,formerly,1970-01-01,2025-12-31,0,0,1,2,0,0,target
"""

# Of whom, paid on, in transit until, late until.
DEADLINES = {
    "Friday": ("adyen", "2025-11-07", "2025-11-10", "2025-11-12"),
    "Saturday": ("adyen", "2025-11-08", "2025-11-10", "2025-11-12"),
    "Easter": ("adyen", "2026-04-02", "2026-04-07", "2026-04-09"),
    "Good Friday": ("adyen", "2026-04-03", "2026-04-07", "2026-04-09"),
    "Christmas": ("adyen", "2025-12-24", "2025-12-29", "2025-12-31"),
    "not in Europe": ("adyen", "2025-11-26", "2025-11-27", "2025-12-01"),
    "Thanksgiving": ("stripe", "2025-11-26", "2025-11-28", "2025-12-01"),
    "Veterans": ("stripe", "2025-11-10", "2025-11-12", "2025-11-13"),
    "Easter in America": ("stripe", "2026-04-02", "2026-04-03", "2026-04-06"),
    "before the change": ("adyen", "2026-04-30", "2026-05-04", "2026-05-06"),
    "after the change": ("adyen", "2026-05-04", "2026-05-06", "2026-05-08"),
    "Friday of others": ("other", "2025-11-07", "2025-11-08", "2025-11-09"),
    "the same day": ("same_day", "2025-11-08", "2025-11-08", "2025-11-10"),
    "while it had its own": ("formerly", "2025-12-26", "2025-12-29", "2025-12-30"),
    "without its own": ("formerly", "2026-01-02", "2026-01-03", "2026-01-04"),
}


def payout(name: str, processor: str, day: str) -> Row:
    return line("payout", name, -1_000, day, processor=processor, payout_id=name, available_on=day)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    home = tmp_path_factory.mktemp("calendars")
    project = home / "dbt_project"
    ignored = shutil.ignore_patterns("target", "logs")
    shutil.copytree(warehouse.PROJECT.project_dir, project, ignore=ignored)
    seed = project / "seeds" / "policies.csv"
    kept = [row for row in seed.read_text().splitlines() if not row.startswith("payout_bank")]
    seed.write_text("\n".join(kept) + POLICIES)
    lines = [payout(name, of, day) for name, (of, day, *_) in DEADLINES.items()]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(warehouse, "PROJECT", SimpleNamespace(project_dir=project))
        return build(home / "w", {"settlement_lines": lines}, as_of="2026-05-05")


def test_deadlines_are_counted_in_the_days_of_the_calendar_that_holds(ask: Ask) -> None:
    sql = """
        select i.reference, i.processor, i.business_date, i.deadline, p.late_until
        from int_judged as i
        join int_policy_days as p
            on (i.leg, i.processor, i.business_date) = (p.leg, p.processor, p.day)
        where i.leg = 'payout_bank'
    """
    found = {name: (of, *map(str, days)) for name, of, *days in ask(sql)}
    assert found == DEADLINES


def test_the_day_decides_what_an_item_is(ask: Ask) -> None:
    sql = """
        select reference, coalesce(break_type, status) from fct_reconciliation_items
        where leg = 'payout_bank' and business_date >= '2026-04-01'
    """
    assert dict(ask(sql)) == {
        "Easter": "missing_in_bank",
        "Good Friday": "missing_in_bank",
        "Easter in America": "missing_in_bank",
        "before the change": "late",
        "after the change": "in_transit",
    }


def test_no_item_is_lost_or_doubled(ask: Ask) -> None:
    sql = "select count(*), count(distinct item_id) from int_judged where leg = 'payout_bank'"
    assert ask(sql) == [(len(DEADLINES), len(DEADLINES))]


def test_the_legs_show_their_calendar(ask: Ask) -> None:
    sql = "select deadline_days, calendar from rpt_legs where leg = 'payout_bank'"
    assert ask(sql) == [(1, None)]

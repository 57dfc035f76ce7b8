"""The holidays of the seed, computed a second time from their rules."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.easter import easter
from dateutil.rrule import MO, TH, YEARLY, rrule, weekday

SEEDS = Path(__file__).parents[1] / "dbt_project" / "seeds"
YEARS = range(2009, 2036)


def target(year: int) -> set[date]:
    """The closing days of TARGET, as its rules have them since 2002."""
    moving = {easter(year) - timedelta(2), easter(year) + timedelta(1)}
    return moving | {date(year, *day) for day in ((1, 1), (5, 1), (12, 25), (12, 26))}


def federal_reserve(year: int) -> set[date]:
    """Of the Federal Reserve: a holiday on a Sunday falls on Monday, on a Saturday stays."""
    nth: list[tuple[int, weekday]] = [
        (1, MO(3)),
        (2, MO(3)),
        (5, MO(-1)),
        (9, MO(1)),
        (10, MO(2)),
        (11, TH(4)),
    ]
    start = date(year, 1, 1)
    moving = {
        day.date()
        for month, on in nth
        for day in rrule(YEARLY, dtstart=start, count=1, bymonth=month, byweekday=on)
    }
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25)] + [(6, 19)] * (year >= 2021)
    days = {date(year, *day) for day in fixed}
    return moving | {day + timedelta(1) if day.isoweekday() == 7 else day for day in days}


@pytest.mark.parametrize("rule", [target, federal_reserve], ids=lambda rule: rule.__name__)
def test_the_holidays_are_what_their_rules_say(rule: object) -> None:
    assert callable(rule)
    with (SEEDS / "holidays.csv").open(newline="") as seed:
        rows = [row for row in csv.DictReader(seed) if row["calendar"] == rule.__name__]
    stated = [date.fromisoformat(row["holiday"]) for row in rows]
    assert stated == sorted(day for year in YEARS for day in rule(year))


def test_the_calendars_say_for_which_years_they_are_known() -> None:
    with (SEEDS / "calendars.csv").open(newline="") as seed:
        known = {
            row["calendar"]: (row["first_day"], row["last_day"]) for row in csv.DictReader(seed)
        }
    years = (f"{YEARS[0]}-01-01", f"{YEARS[-1]}-12-31")
    assert known == {"target": years, "federal_reserve": years}


def test_days_that_one_remembers() -> None:
    assert date(2013, 4, 1) in target(2013)
    assert date(2023, 1, 2) in federal_reserve(2023)
    assert date(2021, 6, 18) not in federal_reserve(2021)
    assert date(2024, 11, 28) in federal_reserve(2024)

"""What befell the company: the incidents of its life, as a table, and what each of them changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tieout.simulator.draws import Bits, Draws, Ints
from tieout.simulator.months import Month
from tieout.simulator.schedule import DAY, day_number, seconds


@dataclass(frozen=True)
class Incident:
    """One incident, from its first day to its last; what is not given stays as it always is.

    Volume is of whole months, a day's share of its month's volume. Delayed captures are settled so
    many days later than usual. A region's payments carry another name from the first moment on.
    """

    name: str
    first: date
    last: date
    volume_times: int = 1
    day_times: int = 1  # of what the other days of the month have on average
    delayed_percent: int = 0
    delay_days: tuple[int, int] = (0, 0)
    disputes_times: int = 1
    region: tuple[str, str] | None = None  # as it was called, as it is called now

    def covers(self, month: Month) -> bool:
        """Whether all of the month lies in the incident."""
        return self.first <= month.first_day and month.last_day <= self.last

    def during(self, at: Ints) -> Ints:
        """The positions of the moments that lie in the incident."""
        return np.flatnonzero((at >= seconds(self.first)) & (at < seconds(self.last) + DAY))


INCIDENTS = (
    Incident(
        "black_friday_overload",
        first=date(2013, 11, 29),
        last=date(2013, 11, 29),
        day_times=50,
        delayed_percent=30,
        delay_days=(2, 5),
    ),
    # Payments of European merchants carry another region from this day on.
    Incident("data_residency", first=date(2018, 5, 25), last=date.max, region=("europe", "eu")),
    Incident("payment_surge", first=date(2020, 3, 1), last=date(2020, 3, 31), volume_times=4),
    Incident("exposure_shock", first=date(2022, 6, 1), last=date(2022, 6, 30), disputes_times=6),
)


def volume_times(incidents: Sequence[Incident], month: Month) -> int:
    """How many times its phase's volume a month has."""
    times = 1
    for incident in incidents:
        times *= incident.volume_times if incident.covers(month) else 1
    return times


def disputes_times(incidents: Sequence[Incident], month: Month) -> int:
    """How many times as often as usual the payments of a month are disputed."""
    times = 1
    for incident in incidents:
        times *= incident.disputes_times if incident.covers(month) else 1
    return times


def busy_days(incidents: Sequence[Incident], month: Month) -> dict[int, int]:
    """The busy days of a month, and how many times the volume of the others they have."""
    first, last = day_number(month.first_day), day_number(month.last_day)
    return {
        day - first + 1: incident.day_times
        for incident in incidents
        if incident.day_times != 1
        for day in range(
            max(first, day_number(incident.first)), min(last, day_number(incident.last)) + 1
        )
    }


def delays(incidents: Sequence[Incident], draws: Draws, index: Bits, at: Ints) -> Ints:
    """By how many days the settlement of captures is delayed; nothing outside of an incident."""
    days = np.zeros(len(index), np.int64)
    for incident in incidents:
        if incident.delayed_percent:
            rows = incident.during(at)
            hit = draws.chance(f"{incident.name}.hit", index[rows], incident.delayed_percent * 100)
            later = draws.between(f"{incident.name}.days", index[rows], *incident.delay_days)
            days[rows] = np.where(hit, later, days[rows])
    return days


def regions(
    incidents: Sequence[Incident], region: Ints, at: Ints, known: tuple[str, ...]
) -> tuple[Ints, tuple[str, ...]]:
    """The region of each payment made at these moments, and the names that the codes stand for."""
    code, called = region.copy(), known
    for incident in incidents:
        if incident.region:
            old, new = incident.region
            rows = incident.during(at)
            code[rows[code[rows] == called.index(old)]] = len(called)
            called = (*called, new)
    return code, called

"""When things happen: business days, payout days, report days and the hours of a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np

from tieout.simulator.draws import Ints
from tieout.simulator.months import Month

DAY = 86_400
EPOCH = date(1970, 1, 1)

# The processors report twice or three times a month and always on its last day. So the files of a
# long simulation stay few, and nothing but the last days is in transit when a month ends.
STRIPE_REPORT_DAYS = (10, 20, 31)
ADYEN_CLOSING_DAYS = (15, 31)

STRIPE_AVAILABLE_DAYS = 2
ADYEN_SETTLED_DAYS = 1

# Refunds and disputes of a month's payments happen at the latest so many days after its end: the
# month after it then holds the whole tail of a month that stands alone.
TAIL_DAYS = 2

# No error is planted in what happened in the last days: whether a record that is missing there is
# an error or only late depends on the reader's deadlines.
QUIET_DAYS = 10

# How busy each hour of the day (UTC) and each day of the week is.
_HOURS = (4, 3, 3, 3, 3, 4, 5, 7, 8, 9, 9, 10, 11, 12, 13, 14, 14, 13, 13, 12, 11, 9, 7, 5)
_WEEKDAYS = (10, 10, 10, 11, 12, 9, 8)
_FINE = 1 << 20  # so that a million payments still fall on different moments


def day_number(day: date) -> int:
    """Days since 1970, which is how Arrow stores a date."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day of a number of `day_number`."""
    return EPOCH + timedelta(days=int(number))


def seconds(day: date) -> int:
    """The first second of a day, UTC, since 1970."""
    return day_number(day) * DAY


def is_business_day(day: date) -> bool:
    """Weekdays without the fixed closing days that banks share."""
    return day.weekday() < 5 and (day.month, day.day) not in {(1, 1), (5, 1), (12, 25), (12, 26)}


def business_day(day: date) -> date:
    """The day itself, or the first business day after it."""
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def business_day_after(day: date) -> date:
    """The first business day after a day."""
    return business_day(day + timedelta(days=1))


def stripe_payout_days(days: Ints) -> Ints:
    """For days since 1970, the day on which what became available then is paid out."""
    if not len(days):
        return days
    first = int(days.min())
    table = [day_number(business_day(day_of(d))) for d in range(first, int(days.max()) + 1)]
    return np.array(table, np.int64)[days - first]


def closing_days(days: Ints, of_month: tuple[int, ...]) -> Ints:
    """For days since 1970, the first closing day of a month's closing days on or after them."""
    if not len(days):
        return days
    first = int(days.min())
    table = [
        day_number(closing_day(day_of(d), of_month)) for d in range(first, int(days.max()) + 1)
    ]
    return np.array(table, np.int64)[days - first]


def closing_day(day: date, of_month: tuple[int, ...]) -> date:
    """The first closing day on or after a day; 31 stands for the last day of the month."""
    last = Month.of(day).last_day
    closing = min(number for number in of_month if number >= day.day)
    return min(day.replace(day=min(closing, last.day)), last)


def moments(month: Month, count: int, jitter: Ints, busy: Mapping[int, int]) -> Ints:
    """Increasing moments (seconds since 1970) of a month, denser where people are awake.

    `jitter` is a random number below 2**32 for each of the `count` moments; `busy` says which days
    have how many times as many moments as the other days have on average.
    """
    hours = [day * hour for day in _day_weights(month, busy) for hour in _HOURS]
    weights = np.array(hours, np.int64) * _FINE
    ends = np.cumsum(weights)
    total = int(ends[-1])
    step = total // count
    # The low bits of the jitter are dropped first: with few moments the step is so large that
    # the product would not fit in 64 bits.
    place = np.arange(count, dtype=np.int64) * total // count + ((jitter >> 12) * step >> 20)
    hour = np.searchsorted(ends, place, side="right").astype(np.int64)
    within = (place - (ends - weights)[hour]) * 3600 // weights[hour]
    moment: Ints = seconds(month.first_day) + hour * 3600 + within
    return moment


def _day_weights(month: Month, busy: Mapping[int, int]) -> list[int]:
    days = range(1, month.last_day.day + 1)
    weights = {day: _WEEKDAYS[month.first_day.replace(day=day).weekday()] for day in days}
    others = [weight for day, weight in weights.items() if day not in busy]
    for day, times in busy.items():
        weights[day] = times * sum(others) // len(others)
    return list(weights.values())


@cache
def _summer(year: int) -> tuple[int, int]:
    """Central European summer time of a year: from and to, in seconds since 1970."""
    ends = []
    for month in (Month(year, 3), Month(year, 10)):
        day = month.last_day
        sunday = day - timedelta(days=(day.weekday() + 1) % 7)
        moment = datetime(sunday.year, sunday.month, sunday.day, 1, tzinfo=UTC)
        ends.append(int(moment.timestamp()))
    return ends[0], ends[1]


def central_european_offset(moment: Ints) -> Ints:
    """Seconds that clocks in Amsterdam are ahead of UTC at each moment: one hour or two."""
    offset = np.full(len(moment), 3600, np.int64)
    if len(moment):
        years = range(day_of(moment.min() // DAY).year, day_of(moment.max() // DAY).year + 1)
        for start, end in map(_summer, years):
            offset[(moment >= start) & (moment < end)] = 7200
    return offset

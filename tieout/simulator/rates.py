"""Exchange rates as the European Central Bank publishes them: units of a currency for one euro."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

from tieout.money import exponent
from tieout.simulator.draws import Draws
from tieout.simulator.months import FIRST_YEAR
from tieout.simulator.schedule import day_number, is_business_day

_ANCHOR = date(FIRST_YEAR - 1, 12, 1)  # the first month needs a rate of before its first day

# Where the rate of a currency wanders around, in units of its last published decimal.
_CENTRES = {
    "USD": (1_1800, 4),
    "JPY": (132_50, 2),
    "GBP": (86000, 5),
    "CHF": (1_0600, 4),
    "CAD": (1_4500, 4),
    "AUD": (1_5500, 4),
    "SEK": (10_1000, 4),
    "KRW": (1380_50, 2),
}
_PULL = 250  # a rate loses a 250th of its distance from the centre each day
_DAILY = 2000  # and moves by up to ten 2000ths of itself at random


class Rates:
    """The daily rates from `first` to `last`; the same whatever the window.

    Every rate is walked from one anchor day, so a window only decides what is published.
    """

    def __init__(self, draws: Draws, first: date, last: date) -> None:
        self.first = first
        days = [_ANCHOR + timedelta(days=d) for d in range((last - _ANCHOR).days + 1)]
        self.days = [day for day in days if is_business_day(day)]
        index = np.array([day_number(day) for day in self.days], np.uint64)
        self.units = {}
        for currency, (centre, _) in _CENTRES.items():
            steps = draws.between(f"rate.{currency}", index, -10, 10).tolist()
            rate, walk = centre, []
            for step in steps:
                rate += rate * step // _DAILY + (centre - rate) // _PULL
                walk.append(rate)
            self.units[currency] = walk

    def per_euro(self, currency: str, day: date) -> Fraction:
        """Units of the currency for one euro: of that day, or the last published before it."""
        if currency == "EUR":
            return Fraction(1)
        position = bisect_right(self.days, day) - 1
        return Fraction(self.units[currency][position], 10 ** _CENTRES[currency][1])

    def in_dollars(self, minor: int, currency: str, day: date) -> Fraction:
        """An amount in minor units as minor units of the US dollar, exactly."""
        dollars = self.per_euro("USD", day) / self.per_euro(currency, day)
        return minor * dollars * Fraction(100, 10 ** exponent(currency))

    def csv(self) -> bytes:
        """The file in the format of eurofxref-hist.csv: newest first, each line ends in a comma."""
        return "".join(self._lines()).encode()

    def _lines(self) -> Iterable[str]:
        yield f"Date,{','.join(_CENTRES)},\n"
        for position in range(len(self.days) - 1, -1, -1):
            if self.days[position] < self.first:
                break
            texts = (
                str(Decimal(self.units[currency][position]).scaleb(-places))
                for currency, (_, places) in _CENTRES.items()
            )
            yield f"{self.days[position]},{','.join(texts)},\n"

"""Exchange rates as the European Central Bank publishes them: units of a currency for one euro."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

from tieout.money import exponent
from tieout.simulator.draws import Draws
from tieout.simulator.months import FIRST_YEAR
from tieout.simulator.schedule import day_number, is_business_day

_ANCHOR = date(FIRST_YEAR - 1, 12, 1)  # the first month needs a rate of before its first day

# Where the rate of a currency wanders around, in units of its last published decimal. The last
# ones are not published by the central bank: treasury keeps them itself.
_CENTRES = {
    "USD": (1_1800, 4),
    "JPY": (132_50, 2),
    "GBP": (86000, 5),
    "CHF": (1_0600, 4),
    "CAD": (1_4500, 4),
    "AUD": (1_5500, 4),
    "SEK": (10_1000, 4),
    "KRW": (1380_50, 2),
    "KWD": (36100, 5),
}
_TREASURY = ("KWD",)
_PUBLISHED = tuple(currency for currency in _CENTRES if currency not in _TREASURY)
_PULL = 250  # a rate loses a 250th of its distance from the centre each day
_DAILY = 2000  # and moves by up to ten 2000ths of itself at random


def _half_away(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


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

    def in_whole_cents(self, minor: int, currency: str, day: date) -> int:
        """An amount in cents as finance reports it: at the day's rate in billionths of a dollar,
        rounded half away from zero."""
        rate = _half_away(self.per_unit(currency, "USD", day) * 10**9)
        return _half_away(Fraction(minor * rate * 100, 10 ** (9 + exponent(currency))))

    def per_unit(self, currency: str, other: str, day: date) -> Fraction:
        """Units of the other currency for one unit of the currency."""
        return self.per_euro(other, day) / self.per_euro(currency, day)

    def csv(self) -> bytes:
        """The file in the format of eurofxref-hist.csv: newest first, each line ends in a comma."""
        lines = [f"Date,{','.join(_PUBLISHED)},\n"]
        lines += [f"{day},{','.join(texts)},\n" for day, texts in self._days(_PUBLISHED)]
        return "".join(lines).encode()

    def treasury_csv(self) -> bytes:
        """The rates that the central bank does not publish, as the company's own export."""
        lines = ["rate_date,base_currency,currency,rate\n"]
        for day, texts in self._days(_TREASURY):
            own = zip(_TREASURY, texts, strict=True)
            lines += [f"{day},EUR,{currency},{text}\n" for currency, text in own]
        return "".join(lines).encode()

    def _days(self, currencies: Iterable[str]) -> Iterator[tuple[date, list[str]]]:
        """The days of the window, newest first, with the rates of these currencies as texts."""
        for position in range(len(self.days) - 1, -1, -1):
            if self.days[position] < self.first:
                break
            yield (
                self.days[position],
                [
                    str(Decimal(self.units[currency][position]).scaleb(-_CENTRES[currency][1]))
                    for currency in currencies
                ],
            )

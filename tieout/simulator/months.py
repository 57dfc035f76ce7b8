"""The months a simulation covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_YEAR = 2009  # the company's first year: there is nothing to simulate before it
LAST_YEAR = 2099

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True, order=True)
class Month:
    """One calendar month."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= 12):
            raise ValueError(
                f"{self.year:04d}-{self.month:02d} is not a month between "
                f"{FIRST_YEAR}-01 and {LAST_YEAR}-12"
            )

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that a day belongs to."""
        return cls(day.year, day.month)

    @classmethod
    def from_ordinal(cls, ordinal: int) -> Month:
        """The month with this `ordinal`."""
        return cls(ordinal // 12, ordinal % 12 + 1)

    @property
    def ordinal(self) -> int:
        """Months since year zero, so that months can be counted and keyed by a number."""
        return self.year * 12 + self.month - 1

    @property
    def first_day(self) -> date:
        """The first of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last of the month."""
        return date(self.year + self.month // 12, self.month % 12 + 1, 1) - timedelta(days=1)

    @property
    def previous(self) -> Month | None:
        """The month before, or None before the company's first month."""
        ordinal = self.ordinal - 1
        return Month.from_ordinal(ordinal) if ordinal >= FIRST_YEAR * 12 else None

    @property
    def next(self) -> Month:
        """The month after."""
        return Month.from_ordinal(self.ordinal + 1)


# One month of each phase of the company's life.
DEMO_MONTHS = (
    Month(2011, 10),
    Month(2014, 10),
    Month(2017, 10),
    Month(2020, 10),
    Month(2023, 10),
    Month(2024, 10),
)


def parse_months(text: str) -> tuple[Month, ...]:
    """The months of a text such as ``2011-10..2011-12,2024-06``, in order and each once."""
    months: set[Month] = set()
    for part in text.split(","):
        months.update(_parse_part(part.strip()))
    return tuple(sorted(months))


def _parse_part(part: str) -> Iterator[Month]:
    first_text, dots, last_text = part.partition("..")
    first = _parse_month(first_text)
    last = _parse_month(last_text) if dots else first
    if last < first:
        raise ValueError(f"the range {part!r} ends before it begins")
    for ordinal in range(first.ordinal, last.ordinal + 1):
        yield Month.from_ordinal(ordinal)


def _parse_month(text: str) -> Month:
    found = _MONTH.fullmatch(text.strip())
    if not found:
        raise ValueError(
            f"{text!r} is not a month; write months as 2011-10, ranges as 2011-10..2011-12, "
            "and separate them with commas"
        )
    return Month(int(found[1]), int(found[2]))

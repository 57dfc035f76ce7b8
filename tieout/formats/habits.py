"""How a file writes its numbers and dates, told by the file itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.amounts import Marks
from tieout.formats.base import Finding

_SPACES = r"[0-9][ \x{a0}\x{2009}\x{202f}][0-9]{3}"
_DAY = r"^(?P<first>[0-9]{1,2})(?P<mark>[./-])(?P<second>[0-9]{1,2})[./-](?P<year>[0-9]{2,4})$"


class Habits:
    """What speaks for one way of writing and what for another, counted over the whole file.

    The more frequent way is taken. A value in the other way cannot be read by it, so it is
    quarantined and not misread. Where nothing speaks for either, `is_american` decides, and
    `because` says why: a decimal point and the month first, or a decimal comma and the day first.
    """

    def __init__(self, *, is_american: bool, because: str) -> None:
        self.is_american, self.because = is_american, because
        self._seen = Counter[str]()

    def add_amounts(self, text: pa.Array) -> None:
        """Count the marks in these amounts."""
        for name, pattern in (
            ("comma", r",[0-9]{1,2}\)?$"),
            ("point", r"\.[0-9]{1,2}\)?$"),
            ("space", _SPACES),
            ("apostrophe", r"[0-9]['\x{2019}][0-9]{3}"),
            ("undecided", r"^[^.,]*[.,][0-9]{3}\)?$"),
        ):
            found = pc.match_substring_regex(pc.utf8_trim_whitespace(text), pattern)
            self._seen[name] += pc.sum(found).as_py() or 0

    def add_days(self, text: pa.Array) -> None:
        """Count what these days can only be."""
        written = pc.utf8_trim_whitespace(text)
        for mark in "-/.":
            found = pc.match_substring_regex(written, rf"^[0-9]{{4}}\{mark}")
            self._seen[f"year {mark}"] += pc.sum(found).as_py() or 0
        parts = pc.extract_regex(written, _DAY).drop_null()
        first, second, mark, year = (
            pc.struct_field(parts, name) for name in ("first", "second", "mark", "year")
        )
        self._seen["days"] += len(parts)
        for name, value in (("day_first", first), ("month_first", second)):
            above = pc.greater(value.cast(pa.int8()), 12)
            self._seen[name] += pc.sum(above).as_py() or 0
        for value in pc.value_counts(mark).to_pylist():
            self._seen[f"mark {value['values']}"] += value["counts"]
        short = pc.less(pc.utf8_length(year), 4)
        self._seen["short"] += pc.sum(short).as_py() or 0

    @property
    def marks(self) -> Marks:
        """The decimal mark, and that between thousands."""
        comma, point = self._seen["comma"], self._seen["point"]
        decimal = "," if comma > point or (comma == point and not self.is_american) else "."
        thousands = "." if decimal == "," else ","
        if self._seen["space"]:
            thousands = " "
        elif self._seen["apostrophe"]:
            thousands = "'"
        return Marks(decimal, thousands)

    @property
    def day(self) -> str:
        """The `strptime` format of days."""
        seen = self._seen
        mark = max("-/.", key=lambda mark: seen[f"year {mark}"])
        if seen[f"year {mark}"] > seen["days"]:
            return f"%Y{mark}%m{mark}%d"
        mark = max("./-", key=lambda mark: seen[f"mark {mark}"])
        if seen["day_first"] == seen["month_first"]:
            day_first = not self.is_american or mark == "."
        else:
            day_first = seen["day_first"] > seen["month_first"]
        order = ("%d", "%m") if day_first else ("%m", "%d")
        return mark.join((*order, "%y" if seen["short"] > seen["days"] / 2 else "%Y"))

    def findings(self) -> Iterator[Finding]:
        """What was assumed, because nothing in the file shows it."""
        seen = self._seen
        if seen["days"] and not seen["mark ."] and seen["day_first"] == seen["month_first"]:
            order = "day before month" if self.day.startswith("%d") else "month before day"
            yield Finding(
                "date_order_assumed",
                f"no date shows whether the day or the month comes first; {order} was taken, "
                f"{self.because}",
            )
        if seen["undecided"] and seen["comma"] == seen["point"]:
            yield Finding(
                "decimal_mark_assumed",
                f"no amount shows which mark is the decimal one; {self.marks.decimal!r} was taken, "
                f"{self.because}",
            )

"""How an unknown delimited file is written: its delimiter, header, numbers and dates."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product

import pyarrow as pa

from tieout.formats.amounts import Marks, to_minor
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.delimited import header_names
from tieout.formats.times import OFFSETS, in_english
from tieout.mappings.reader import HEADER_LINES_MAX, text_lines

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 500
_DATES_MAX = 50
_SIGNS = ("€", "$", "£", "¥")
_DAYS = (
    "%d{0}%m{0}%Y",
    "%m{0}%d{0}%Y",
    "%d{0}%m{0}%y",
    "%m{0}%d{0}%y",
    "%Y{0}%m{0}%d",
    "%d{0}%b{0}%Y",
    "%b{0}%d,{0}%Y",
)
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %I:%M:%S %p%z")
FORMATS = (
    "%Y-%m-%d",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    *(f"{day.format(mark)}{clock}" for clock, mark, day in product(_CLOCKS, ".-/ ", _DAYS)),
)
_MARKS = ((".", ","), (",", "."), (",", " "), (".", "'"), (".", " "))
_ZONE = re.compile(rf" ?(?:{'|'.join(OFFSETS)})$")


@dataclass(frozen=True)
class Sheet:
    """The beginning of a delimited file: its names and some of its rows as text."""

    delimiter: str
    header_line: int | None
    names: list[str]
    rows: list[list[str]]
    repeated: str | None = None
    """What the first column is called, where the header has a name twice and the names are new."""

    def values(self, name: str) -> list[str]:
        """What a column holds, without what is empty."""
        place = self.names.index(name)
        return [row[place].strip() for row in self.rows if row[place].strip()]


def sheet(head: Head) -> Sheet:
    """The file as a sheet; `UnreadableFile` where no delimiter makes one of it."""
    lines = [line for line in text_lines(head) if "\0" not in line]
    if len(head.data) >= 1 << 16:
        lines = lines[:-1]  # cut off in its middle
    best: tuple[bool, int, int, str] | None = None
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in _rows(lines, delimiter) if len(row) > 1)
        for width, count in widths.items():
            # Most of the cells are those of the table, and a line alone is none.
            best = max(filter(None, (best, (count > 1, count * width, width, delimiter))))
    if best is None:
        raise UnreadableFile("no delimiter (comma, semicolon, tab, bar) makes columns of this file")
    *_, width, delimiter = best
    for number, line in enumerate(lines[:HEADER_LINES_MAX], start=1):
        row: list[str] = next(_rows([line], delimiter), [])
        if len(row) == width:
            rows = [row for row in _rows(lines[number:], delimiter) if len(row) == width]
            if any(_is_value(cell) for cell in row):
                names = [f"column_{place}" for place in range(1, width + 1)]
                return Sheet(delimiter, None, names, [row, *rows][:_SAMPLE_ROWS])
            names, seen = [], Counter[str]()
            for name in header_names(line, delimiter):
                seen[name] += 1
                names.append(f"{name} {seen[name]}" if seen[name] > 1 else name)
            repeated = row[0] if max(seen.values()) > 1 else None
            return Sheet(delimiter, number, names, rows[:_SAMPLE_ROWS], repeated)
    raise UnreadableFile(f"none of the first {HEADER_LINES_MAX} lines has {width} columns")


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each line that has any; a cell of several lines is not looked for."""
    for line in lines:
        with suppress(csv.Error):
            yield from csv.reader([line] if line.strip() else [], delimiter=delimiter)


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or a date, which no name of a column is."""
    return any(char.isdigit() for char in cell) and (
        bool(marks_of([cell])) or bool(formats_of([cell]))
    )


def marks_of(values: Sequence[str]) -> list[Marks]:
    """The ways in which all of these amounts can be read, one a decimal mark.

    Where there is one only, nothing was guessed. A mark between thousands is taken to be the other
    one of the two where nothing shows which it is, since the decimal mark is known by then.
    """
    signs = tuple(sign for sign in _SIGNS if any(sign in value for value in values))
    fitting: dict[str, Marks] = {}
    for decimal, thousands in _MARKS:
        marks = Marks(decimal, thousands, signs)
        read = to_minor(pa.array(values, pa.string()), pa.repeat("EUR", len(values)), marks)
        if values and read.minor.null_count == 0:
            fitting.setdefault(decimal, marks)
    return list(fitting.values())


def dates_among(values: Sequence[str]) -> list[str]:
    """Those that are days or times in one format, where most are; a footer may stand below them."""
    return list(_dates_among(tuple(values)))


@lru_cache(1 << 8)
def _dates_among(values: tuple[str, ...]) -> tuple[str, ...]:
    some = list(dict.fromkeys(values))[:_DATES_MAX]
    dates = [value for value in some if _is_date(value)]
    if 2 * len(dates) <= len(some):
        return ()
    found = values if len(dates) == len(some) else tuple(dates)
    return found if formats_of(found) else ()


@lru_cache(1 << 14)
def _is_date(text: str) -> bool:
    return any(map(str.isdigit, text)) and any(_is_in(text, format_) for format_ in FORMATS)


def formats_of(values: Sequence[str]) -> list[str]:
    """The `strptime` formats that all of these days or times can be read in."""
    distinct = sorted(set(values))
    return [
        format_
        for format_ in dict.fromkeys(FORMATS)
        if distinct and all(_is_in(t, format_) for t in distinct)
    ]


def _is_in(text: str, format_: str) -> bool:
    try:
        # Only whether it can be read; names of months and zones are in English, or in none.
        moment = datetime.strptime(_in_english(text), format_)  # noqa: DTZ007
    except ValueError:
        return False
    return 1990 <= moment.year <= 2100


@lru_cache(1 << 14)
def _in_english(text: str) -> str:
    """A time with the name of its month as Python knows it, and its zone as an offset."""
    return in_english(_ZONE.sub("+0000", text))

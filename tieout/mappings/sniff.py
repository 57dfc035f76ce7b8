"""How an unknown delimited file is written: its delimiter, header, numbers and dates."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import product

import pyarrow as pa

from tieout.formats.amounts import Marks, to_minor
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.delimited import header_names
from tieout.mappings.reader import HEADER_LINES_MAX, text_lines

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 500
_SIGNS = ("€", "$", "£", "¥")
_DAYS = (
    "%d{0}%m{0}%Y",
    "%m{0}%d{0}%Y",
    "%d{0}%m{0}%y",
    "%m{0}%d{0}%y",
    "%Y{0}%m{0}%d",
    "%d{0}%b{0}%Y",
)
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
FORMATS = (
    "%Y-%m-%d",
    "%Y%m%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    *(f"{day.format(mark)}{clock}" for clock, mark, day in product(_CLOCKS, ".-/ ", _DAYS)),
)
_MARKS = ((".", ","), (",", "."), (",", " "), (".", "'"), (".", " "))


@dataclass(frozen=True)
class Sheet:
    """The beginning of a delimited file: its names and some of its rows as text."""

    delimiter: str
    header_line: int | None
    names: list[str]
    rows: list[list[str]]

    def values(self, name: str) -> list[str]:
        """What a column holds, without what is empty."""
        place = self.names.index(name)
        return [row[place].strip() for row in self.rows if row[place].strip()]


def sheet(head: Head) -> Sheet:
    """The file as a sheet; `UnreadableFile` where no delimiter makes one of it."""
    lines = [line for line in text_lines(head) if "\0" not in line]
    if len(head.data) >= 1 << 16:
        lines = lines[:-1]  # cut off in its middle
    best: tuple[int, int, str] | None = None
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in _rows(lines, delimiter) if len(row) > 1)
        if widths:
            width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
            best = max(filter(None, (best, (count, width, delimiter))))
    if best is None:
        raise UnreadableFile("no delimiter (comma, semicolon, tab, bar) makes columns of this file")
    _, width, delimiter = best
    for number, line in enumerate(lines[:HEADER_LINES_MAX], start=1):
        row: list[str] = next(_rows([line], delimiter), [])
        if len(row) == width:
            rows = [row for row in _rows(lines[number:], delimiter) if len(row) == width]
            if any(_is_value(cell) for cell in row):
                names = [f"column_{place}" for place in range(1, width + 1)]
                return Sheet(delimiter, None, names, [row, *rows][:_SAMPLE_ROWS])
            return Sheet(delimiter, number, header_names(line, delimiter), rows[:_SAMPLE_ROWS])
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
        moment = datetime.strptime(text, format_)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return False
    return 1990 <= moment.year <= 2100

"""The records of BAI2: lines with a code and fields, put together to files, groups and accounts.

A file (01 … 99) holds groups (02 … 98), which hold accounts (03 … 49), which hold entries (16); a
line with the code 88 continues the record before it. Nothing here knows what a field means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_CODE = re.compile(r"(01|02|03|16|49|88|98|99)(?=[,/]|$)")
_OPENS = {"01": 0, "02": 1, "03": 2}
_CLOSES = {"99": 0, "98": 1, "49": 2}
_ENTRY_DEPTH = 3  # an entry stands in a file, a group and an account

_DEFAULT_WIDTH = 80
_STATED_WIDTH = re.compile(r"01(?:,[^,\n]*){5},\s*([1-9][0-9]{0,4})\s*[,/]")

_STRAYS = {
    "03": "an account (03) outside any group (02), so it has no date",
    "16": "an entry (16) outside any account (03)",
    "49": "the trailer of an account (49) without its header (03)",
    "88": "a continuation (88) of nothing",
    "98": "the trailer of a group (98) without its header (02)",
    "99": "the trailer of a file (99) without any group (02)",
}
_NO_RECORD = "no BAI2 record: the line begins with none of 01, 02, 03, 16, 49, 88, 98 and 99"


class Fields:
    """The fields of one record, taken from left to right over all its lines.

    The end of a line ends a field, so that a continuation begins with the next one. What is not
    there is empty.
    """

    def __init__(self, lines: list[str], width: int | None) -> None:
        self._bodies = [line[2:].removesuffix("/").removeprefix(",") for line in lines]
        self._full = [width is not None and len(line) >= width for line in lines]
        self._rest: str | None = None
        self._begun = 0

    def __bool__(self) -> bool:
        return self._rest is not None or self._begun < len(self._bodies)

    def next(self) -> str:
        """The next field, without the spaces around it."""
        if self._rest is None:
            if self._begun == len(self._bodies):
                return ""
            self._rest = self._bodies[self._begun]
            self._begun += 1
        found, comma, rest = self._rest.partition(",")
        self._rest = rest if comma else None
        return found.strip()

    def text(self) -> str:
        """All that is left, commas and slashes included: the free text that ends a record.

        A line that is filled to its last character is continued within the word, any other after
        a space.
        """
        text = self._rest or ""
        for at in range(self._begun, len(self._bodies)):
            text += ("" if at and self._full[at - 1] else " ") + self._bodies[at]
        self._rest, self._begun = None, len(self._bodies)
        return text.strip()


@dataclass(frozen=True)
class Record:
    """One record with its continuations; `code` is empty where the line has none."""

    code: str
    line: int
    """Its first line in the file."""
    number: int
    """The same, not counting empty lines, as control totals count."""
    lines: list[str]
    width: int | None

    @property
    def raw(self) -> str:
        """The record as it is written."""
        return "\n".join(self.lines)

    @property
    def last_number(self) -> int:
        """The number of its last line."""
        return self.number + len(self.lines) - 1

    @property
    def fields(self) -> Fields:
        """The fields after the record code."""
        return Fields(self.lines, self.width)


@dataclass
class Section:
    """A file, a group or an account: its header and trailer, where it has them, and what it holds.

    Only a file can lack its header, since a group needs nothing of it.
    """

    header: Record | None
    trailer: Record | None = None
    sections: list[Section] = field(default_factory=list)
    entries: list[Record] = field(default_factory=list)

    @property
    def first_number(self) -> int:
        """The number of its first line."""
        return self.header.number if self.header else self.sections[0].first_number


def split(text: str) -> list[Record]:
    """The records of a file in their order, every line that is not empty in exactly one."""
    width = _width(text)
    records: list[Record] = []
    for number, (line, content) in enumerate(_lines(text), start=1):
        found = _CODE.match(content)
        code = found[1] if found else ""
        if code == "88" and records:
            records[-1].lines.append(content)
        else:
            records.append(Record(code, line, number, [content], width))
    return records


def assemble(records: list[Record]) -> tuple[list[Section], list[tuple[Record, str]]]:
    """The files, and the records that belong nowhere, each with the reason.

    A header ends what is still open at its level or below: its trailer is missing.
    """
    files: list[Section] = []
    path: list[Section] = []  # the file, group and account that are open
    strays: list[tuple[Record, str]] = []
    for record in records:
        opens, closes = _OPENS.get(record.code), _CLOSES.get(record.code)
        if record.code == "02" and not path:
            files.append(Section(None))
            path = [files[-1]]
        if opens is not None and opens <= len(path):
            section = Section(record)
            del path[opens:]
            (path[-1].sections if path else files).append(section)
            path.append(section)
        elif closes is not None and closes < len(path):
            path[closes].trailer = record
            del path[closes:]
        elif record.code == "16" and len(path) == _ENTRY_DEPTH:
            path[-1].entries.append(record)
        else:
            strays.append((record, _STRAYS.get(record.code, _NO_RECORD)))
    return files, strays


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line that is not empty, with its number and without the spaces that fill it up."""
    for number, line in enumerate(text.split("\n"), start=1):
        if content := line.strip():
            yield number, content


def _width(text: str) -> int | None:
    """The length of a full line: what the file header states, else 80.

    None where a line is longer, so that no line of the file is known to be full.
    """
    stated = _STATED_WIDTH.match(text.lstrip())
    width = int(stated[1]) if stated else _DEFAULT_WIDTH
    longest = max((len(content) for _, content in _lines(text)), default=0)
    return width if longest <= width else None

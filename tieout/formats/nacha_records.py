"""The records of an ACH file: lines of 94 characters, put together to batches and entries.

A file (1 … 9) holds batches (5 … 8), which hold entries (6), each with its addenda (7). Nothing
here knows what an entry means for the company.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_WIDTH = 94
_PADDING = re.compile(r"9{94}")
_STRAYS = {
    "6": "an entry (6) outside any batch (5)",
    "7": "an addenda record (7) of no entry",
    "8": "the control record of a batch (8) without its header (5)",
    "9": "a second control record (9) of one file",
}
_NO_RECORD = "no record of an ACH file: it begins with none of 1, 5, 6, 7, 8 and 9"


@dataclass
class Record:
    """One record, filled up to its width."""

    line: int
    text: str

    def at(self, first: int, last: int) -> str:
        """The field from one position to another, both counted from 1, without spaces."""
        return self.text[first - 1 : last].strip()

    def number(self, first: int, last: int, what: str) -> int:
        """A field of digits; `ValueError` if it holds anything else."""
        text = self.at(first, last)
        if not re.fullmatch(r"[0-9]+", text):
            raise ValueError(f"the {what} {text!r} is not a number")
        return int(text)


@dataclass
class Entry:
    """An entry (6) with its addenda (7)."""

    record: Record
    addenda: list[Record] = field(default_factory=list)

    @property
    def raw(self) -> str:
        """The entry as it is written."""
        return "\n".join(record.text.rstrip() for record in (self.record, *self.addenda))

    @property
    def routing(self) -> int:
        """The first eight digits of the routing number, which the entry hash adds up."""
        return self.record.number(4, 11, "routing number")

    @property
    def minor(self) -> int:
        """The amount in cents, without sign."""
        return self.record.number(30, 39, "amount")

    @property
    def is_credit(self) -> bool:
        """Whether it counts among the credits: transaction codes 21 to 24, 31 to 34 and so on."""
        code = self.record.at(2, 3)
        if not re.fullmatch(r"[2-5][1-9]", code):
            raise ValueError(f"the transaction code {code!r} is not one of an entry")
        return code[1] in "1234"

    def addendum(self, *types: str) -> Record | None:
        """The first addenda record of these types."""
        return next((a for a in self.addenda if a.at(2, 3) in types), None)


@dataclass
class Batch:
    """A batch: its header (5), its entries, and its control record (8) where it has one."""

    header: Record
    entries: list[Entry] = field(default_factory=list)
    control: Record | None = None


@dataclass
class File:
    """A file: its header (1), its batches, and its control record (9) where it has one."""

    header: Record | None = None
    batches: list[Batch] = field(default_factory=list)
    control: Record | None = None
    padding: int = 0
    strays: list[tuple[Record, str]] = field(default_factory=list)

    @property
    def entries(self) -> list[Entry]:
        """All entries, batch by batch."""
        return [entry for batch in self.batches for entry in batch.entries]

    @property
    def records(self) -> int:
        """How many records it has, blocks being filled up with padding."""
        batches = sum(1 + (batch.control is not None) for batch in self.batches)
        entries = sum(1 + len(entry.addenda) for entry in self.entries)
        ends = (self.header is not None) + (self.control is not None)
        return batches + entries + ends + self.padding + len(self.strays)


def split(text: str) -> list[Record]:
    """Every record with its line; a file without line ends is cut every 94 characters."""
    return [Record(number, piece.ljust(_WIDTH)) for number, piece in _pieces(text)]


def assemble(records: list[Record]) -> list[File]:
    """The files with their batches and entries, and what belongs nowhere, each with the reason."""
    files: list[File] = []
    batch: Batch | None = None
    for record in records:
        kind = record.text[0]
        if kind == "1" or not files:
            files.append(File())
            batch = None
        file = files[-1]
        if kind == "1":
            file.header = record
        elif _PADDING.fullmatch(record.text) and file.control:
            file.padding += 1
        elif kind == "5":
            batch = Batch(record)
            file.batches.append(batch)
        elif kind == "6" and batch:
            batch.entries.append(Entry(record))
        elif kind == "7" and batch and batch.entries:
            batch.entries[-1].addenda.append(record)
        elif kind == "8" and batch:
            batch.control, batch = record, None
        elif kind == "9" and file.control is None:
            file.control, batch = record, None
        else:
            file.strays.append((record, _STRAYS.get(kind, _NO_RECORD)))
    return files


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.rstrip()
        for start in range(0, len(content), _WIDTH):
            if piece := content[start : start + _WIDTH].rstrip():
                yield number, piece

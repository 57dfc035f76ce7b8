"""Delimited records that say in their first field what they are, with several widths in one file.

Most records are of one kind, the body. The others stand around it: headers, footers, totals.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.amounts import flat
from tieout.formats.base import Quarantined, Records, Structural
from tieout.formats.delimited import TextFile, text_columns
from tieout.formats.draft import Block, json_objects
from tieout.formats.lines import Dialect, split


@dataclass(frozen=True)
class Around:
    """A record that is none of the body."""

    line: int
    text: str
    cells: list[str]

    @property
    def tag(self) -> str:
        """What the record says it is."""
        return self.cells[0]

    def cell(self, place: int) -> str:
        """The field at a place, counted from 0; empty where the record is shorter."""
        return self.cells[place].strip() if place < len(self.cells) else ""


class Tagged:
    """The records of a file whose body has the tag `body` and the columns `names`.

    Without a `body`, whatever has none of the tags `around` belongs to it.

    The first column is the tag, and columns that are not `known` go to `extra`. What has one of the
    tags `around` is handed over as it is, and counts as structural unless its tag is one of `own`,
    of which the reader makes rows itself; all else is quarantined.
    """

    def __init__(
        self,
        text: TextFile,
        delimiter: str,
        body: str | None,
        names: list[str],
        around: Collection[str],
        known: Callable[[str], bool],
        own: Collection[str] = (),
    ) -> None:
        self.text, self.delimiter, self.body = text, delimiter, body
        self.names, self.around, self.own = names, frozenset(around), frozenset(own)
        self.extra = [name for name in names[1:] if not known(name)]

    def blocks(self) -> Iterator[tuple[Block, list[Around]]]:
        """The body, block by block, with the records around it that stand in the same block."""
        dialect = Dialect(ord(self.delimiter), ord(self.text.newline), len(self.names))
        for part in split(self.text.blocks(), dialect):
            table = text_columns(part, self.names)
            is_body = self._is_body(flat(table[self.names[0]]))
            body = is_body.to_numpy(zero_copy_only=False)
            good = np.flatnonzero(part.good)
            odd = good[~body]
            strays = [*zip(part.line[odd].tolist(), part.text(odd), [""] * len(odd), strict=True)]
            around, refused = self._sort([*part.faults(), *strays])
            structural = sum(record.tag not in self.own for record in around)
            rows, table = good[body], table.filter(is_body)
            block = Block(
                table,
                pa.array(part.line[rows]),
                json_objects(
                    {name: flat(table[name]) for name in self.extra},
                    pa.nulls(len(rows), pa.string()),
                ),
                part.originals(rows),
                (
                    Records(len(part.line)),
                    Structural(int(part.blank.sum()) + structural),
                    Quarantined.many(refused),
                ),
            )
            yield block, around

    def _is_body(self, tags: pa.Array) -> pa.Array:
        if self.body is None:
            return pc.invert(pc.is_in(tags, pa.array(self.around, pa.string())))
        return pc.equal(tags, self.body).fill_null(False)

    def _sort(
        self, strays: list[tuple[int, str, str]]
    ) -> tuple[list[Around], list[tuple[int, str, str]]]:
        """The records around the body, and those that are neither, with the reason."""
        around, refused = [], []
        for line, text, reason in sorted(strays):
            cells = cells_of(text, self.delimiter)
            if cells and cells[0] in self.around:
                around.append(Around(line, text, cells))
                continue
            if cells and self.body is not None and cells[0] != self.body:
                tags = ", ".join(sorted({*self.around, self.body}))
                reason = f"the record is a {cells[0]!r}, which is none of {tags}"
            refused.append((line, text, reason))
        return around, refused


def first_cells(text: TextFile, tag: str, delimiter: str) -> list[str] | None:
    """The fields of the first record with this tag; None where there is none."""
    return next(tagged_cells(text, tag, delimiter), None)


def tagged_cells(text: TextFile, tag: str, delimiter: str) -> Iterator[list[str]]:
    """The fields of each record with this tag."""
    begins = re.compile(rf'^"?{re.escape(tag)}"?{re.escape(delimiter)}.*$'.encode(), re.MULTILINE)
    for part in split(text.blocks(), Dialect(None, ord(text.newline), 1)):
        for found in begins.finditer(part.data.replace(b"\r", b"\n")):
            if cells := cells_of(found[0].decode(), delimiter):
                yield cells


def cells_of(text: str, delimiter: str) -> list[str]:
    """The fields of one record; none where its quotes are not in order."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []

"""The reader that a mapping describes: one more way from a delimited file to canonical rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import BANK_LINES
from tieout.formats.base import Head, Part, Report, Rows, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, Delimited, Layout, header_names
from tieout.mappings.balances import statement_parts
from tieout.mappings.columns import drafted
from tieout.mappings.model import MappingFile
from tieout.mappings.totals import StatedTotals

HEADER_LINES_MAX = 100  # a preamble is short; no header is looked for below this


class Mapped:
    """Reads the delimited files that one mapping describes."""

    def __init__(self, name: str, mapping: MappingFile, version: int) -> None:
        self.mapping, self.version = mapping, version
        self.format, self.source = f"mapped_{name}", mapping.source
        self.title = mapping.title

    def recognises(self, head: Head) -> bool:
        """A header with all the columns of the mapping; a file without one is never recognised."""
        return not self.mapping.header_names and self._header_line(head) is not None

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Rows of the mapping's table, and the totals that the file states."""
        wanted = self.mapping.source_columns()
        totals, reports, held = StatedTotals(self.mapping), set[str](), []
        with path.open("rb") as file:
            sheet = Delimited(
                file,
                required=wanted,
                known=wanted.__contains__,
                block_bytes=block_bytes,
                layout=self._layout(Head.of(path, path.name)),
            )
            yield from sheet.preamble()
            for whole in sheet.blocks():
                block, others = totals.take(whole)
                yield from others
                rows, remarks = drafted(block, self.mapping).accept()
                yield from remarks
                totals.add(rows)
                if self.mapping.of_table is BANK_LINES:
                    held.append(rows)
                else:
                    if self.mapping.supersedes:
                        reports.update(pc.unique(rows["report_id"]).to_pylist())
                    yield Rows(self.mapping.of_table, rows)
        if held:
            yield from statement_parts(pa.concat_tables(held), self.mapping)
        yield from totals.parts()
        if reports:
            yield Report("+".join(sorted(reports)))

    def _layout(self, head: Head) -> Layout:
        """The mapping's layout, with the line of the header looked for where it is not said."""
        layout = self.mapping.layout
        if layout.names or layout.header_line:
            return layout
        line = self._header_line(head)
        if line is None:
            names = ", ".join(sorted(self.mapping.source_columns()))
            raise UnreadableFile(
                f"none of the first {HEADER_LINES_MAX} lines is a header with the columns that "
                f"the mapping names: {names}"
            )
        return layout._replace(header_line=line)

    def _header_line(self, head: Head) -> int | None:
        layout = self.mapping.layout
        lines = text_lines(head, layout.encoding)[:HEADER_LINES_MAX]
        said = layout.header_line
        wanted = self.mapping.source_columns()
        for number, line in enumerate(lines, start=1):
            if (said is None or number == said) and wanted <= _names(line, layout.delimiter):
                return number
        return None


def text_lines(head: Head, encoding: str | None = None) -> list[str]:
    """The lines of a head, as `Delimited` counts them."""
    text = head.data.decode(encoding, errors="replace") if encoding else head.text
    newline = "\r" if "\r" in text and "\n" not in text else "\n"
    return [line.rstrip("\r") for line in text.split(newline)]


def _names(line: str, delimiter: str) -> set[str]:
    try:
        return set(header_names(line, delimiter))
    except UnreadableFile:
        return set()

"""Delimited text: from the bytes of a file to blocks of text columns, with nothing lost."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from tieout.formats.amounts import flat
from tieout.formats.base import (
    HEAD_BYTES,
    Finding,
    Head,
    Part,
    Quarantined,
    Records,
    Structural,
    UnreadableFile,
)
from tieout.formats.draft import Block, json_objects
from tieout.formats.lines import RECORD_BYTES_MAX, Dialect, Flags, Ints, Split, split

BLOCK_BYTES = 16 << 20
_PARSER_BYTES = 4 * RECORD_BYTES_MAX  # the parser's own blocks must hold any one record


class TextFile:
    """A text file whatever its encoding: UTF-8, UTF-16 with a byte order mark, else Latin-1."""

    def __init__(self, file: BinaryIO, block_bytes: int = BLOCK_BYTES) -> None:
        self._file, self._block_bytes = file, block_bytes
        self.encoding = self._detect()
        head = next(self.blocks(HEAD_BYTES), b"")
        # Lines end in a carriage return alone only where the file begins without line feeds.
        self.newline = b"\r" if b"\r" in head and b"\n" not in head else b"\n"

    def findings(self) -> Iterator[Finding]:
        """What there is to say of the encoding."""
        if self.encoding == "latin-1":
            yield Finding("encoding_latin1", "the file is not valid UTF-8; it was read as Latin-1")

    def blocks(self, block_bytes: int | None = None) -> Iterator[bytes]:
        """The text from its beginning as UTF-8 without a byte order mark."""
        file, encoding = self._file, self.encoding
        file.seek(0)
        if encoding != "utf-16" and file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for piece in iter(partial(file.read, block_bytes or self._block_bytes), b""):
                yield piece if encoding == "utf-8" else decoder.decode(piece).encode()
            yield decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            raise UnreadableFile(f"the file is not the UTF-16 it says it is: {error}") from error

    def _detect(self) -> str:
        self._file.seek(0)
        if self._file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        self._file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for piece in iter(partial(self._file.read, BLOCK_BYTES), b""):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8"


class Delimited:
    """A delimited file with a header; its blocks can be read once.

    Columns are known by the names in the header alone. What is not `known` goes to `extra`, and
    is reported unless its name fits the pattern `free`. Raises `UnreadableFile` where the header
    repeats a name or lacks one that is `required`.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        required: Collection[str],
        known: Callable[[str], bool],
        free: str = "(?!)",
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._text = TextFile(file, block_bytes)
        self._blocks = self._text.blocks()
        self._lines_before, header, self._rest = self._read_header()
        self.names = header_names(header)
        if repeated := [name for name, count in Counter(self.names).items() if count > 1]:
            raise UnreadableFile(f"the header names twice: {', '.join(repeated)}")
        if missing := sorted(set(required) - set(self.names)):
            raise UnreadableFile(f"the header lacks: {', '.join(missing)}")
        self._extra = [name for name in self.names if not known(name)]
        self._unknown = [name for name in self._extra if not re.fullmatch(free, name)]

    def preamble(self) -> Iterator[Part]:
        """The header as a structural record, and what there is to say of the file as a whole."""
        header_line = self._lines_before + 1
        yield Records(header_line)
        yield Structural(header_line)
        yield from self._text.findings()
        if self._unknown:
            names = ", ".join(self._unknown)
            yield Finding("unknown_columns", f"columns kept in extra: {names}", header_line)

    def blocks(self) -> Iterator[Block]:
        """The records after the header."""
        dialect = Dialect(ord(","), ord(self._text.newline), len(self.names))
        for part in split(chain([self._rest], self._blocks), dialect, self._lines_before + 2):
            good = np.flatnonzero(part.good)
            table = self._parse(part)
            yield Block(
                table,
                pa.array(part.line[good]),
                json_objects(
                    {name: flat(table[name]) for name in self._extra},
                    pa.nulls(len(good), pa.string()),
                ),
                partial(_originals, part, good),
                (
                    Records(len(part.line)),
                    Structural(int(part.blank.sum())),
                    Quarantined.many(list(part.faults())),
                ),
            )

    def _read_header(self) -> tuple[int, str, bytes]:
        """How many lines come before the header, the header, and the bytes read beyond it."""
        head = body = b""
        for block in self._blocks:
            head += block
            body = head.lstrip(b"\r\n")
            if self._text.newline in body or len(head) > RECORD_BYTES_MAX:
                break
        header, _, rest = body.partition(self._text.newline)
        if not header or len(head) - len(rest) > RECORD_BYTES_MAX:
            raise UnreadableFile("the file does not begin with a header line")
        before = head[: len(head) - len(body)].count(self._text.newline)
        return before, header.decode(), rest

    def _parse(self, part: Split) -> pa.Table:
        """The good records as text columns, as many as the splitting counted."""
        good, data = part.good, np.frombuffer(part.data, dtype=np.uint8)
        if not good.all():
            data = data[np.repeat(good, part.next_start - part.start)]
        kinds = dict.fromkeys(self.names, pa.string())
        if not good.any():
            return pa.schema(kinds.items()).empty_table()
        try:
            table = pacsv.read_csv(
                pa.BufferReader(pa.py_buffer(data)),
                pacsv.ReadOptions(column_names=self.names, block_size=_PARSER_BYTES),
                pacsv.ParseOptions(newlines_in_values=part.is_multiline),
                pacsv.ConvertOptions(
                    column_types=kinds, null_values=[""], strings_can_be_null=True, check_utf8=False
                ),
            )
        except pa.ArrowInvalid as error:
            raise UnreadableFile(f"the parser disagrees with the splitting: {error}") from error
        if table.num_rows != good.sum():
            raise UnreadableFile(
                f"the parser disagrees with the splitting: {table.num_rows} rows from "
                f"{good.sum()} records"
            )
        return table


def _originals(part: Split, records: Ints, chosen: Flags) -> list[str]:
    return part.text(records[chosen])


def names_in(head: Head) -> set[str]:
    """The column names in the head of a file; none if it does not begin with a header."""
    try:
        return set(header_names(head.first_line))
    except UnreadableFile:
        return set()


def header_names(line: str) -> list[str]:
    """The column names in a header line; one that is empty is named after its place."""
    try:
        names = next(csv.reader([line.rstrip("\r\n")], strict=True), [])
    except csv.Error as error:
        raise UnreadableFile(f"the header cannot be read: {error}") from error
    return [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]

"""Delimited text: from the bytes of a file to blocks of text columns, with nothing lost."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO, NamedTuple

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
    control_bytes,
    narrow_encoding,
    wide_encoding,
)
from tieout.formats.draft import Block, json_objects
from tieout.formats.lines import RECORD_BYTES_MAX, Dialect, Split, split

BLOCK_BYTES = 16 << 20
_PIECE_BYTES = 1 << 18  # what is read to be looked at once stays in the processor's cache
_PARSER_BYTES = 4 * RECORD_BYTES_MAX  # the parser's own blocks must hold any one record


class TextFile:
    """A text file whatever its encoding: UTF-8, UTF-16, else cp1252 or Latin-1.

    `encoding` says it where the bytes cannot.
    """

    def __init__(
        self, file: BinaryIO, block_bytes: int = BLOCK_BYTES, encoding: str | None = None
    ) -> None:
        self._file, self._block_bytes = file, block_bytes
        self.encoding = encoding or self._detect()
        head = next(self.blocks(HEAD_BYTES), b"")
        # Lines end in a carriage return alone only where the file begins without line feeds.
        self.newline = b"\r" if b"\r" in head and b"\n" not in head else b"\n"

    def findings(self) -> Iterator[Finding]:
        """What there is to say of the encoding."""
        if self.encoding == "latin-1":
            yield Finding("encoding_latin1", "the file is not valid UTF-8; it was read as Latin-1")
        elif self.encoding == "cp1252":
            message = "the file is not valid UTF-8; it was read as Windows' Latin-1 (cp1252)"
            yield Finding("encoding_cp1252", message)

    def blocks(self, block_bytes: int | None = None) -> Iterator[bytes]:
        """The text from its beginning as UTF-8 without a byte order mark."""
        file, encoding = self._file, self.encoding
        file.seek(0)
        if encoding != "utf-8" or file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for piece in iter(partial(file.read, block_bytes or self._block_bytes), b""):
                yield piece if encoding == "utf-8" else decoder.decode(piece).encode()
            yield decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            raise UnreadableFile(
                f"the file is not the {encoding} it seems to be: {error}"
            ) from error

    def _detect(self) -> str:
        self._file.seek(0)
        if wide := wide_encoding(self._file.read(HEAD_BYTES)):
            return wide
        self._file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        pieces = iter(partial(self._file.read, _PIECE_BYTES), b"")
        if all(_decodes(decoder, piece) for piece in pieces) and _decodes(decoder, b"", final=True):
            return "utf-8"
        self._file.seek(0)
        pieces = iter(partial(self._file.read, BLOCK_BYTES), b"")
        return narrow_encoding(bytes(set().union(*(set(control_bytes(piece)) for piece in pieces))))


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    if piece.isascii() and not decoder.getstate()[0] and not final:
        return True  # nothing is open from before, and nothing here needs decoding
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True


class Layout(NamedTuple):
    """How a delimited file is written, where it is not as most are.

    `names` are those of a file without a header, or instead of those in `header_line`. That is
    where the header stands, counted from 1; without it, it is the first line that is not empty.
    What stands above is structural.
    """

    delimiter: str = ","
    header_line: int | None = None
    names: tuple[str, ...] = ()
    encoding: str | None = None


class Delimited:
    """A delimited file with a header; its blocks can be read once.

    Columns are known by the names in the header alone. What is not `known` goes to `extra`, and
    is reported unless its name fits the pattern `free`. Raises `UnreadableFile` where the header
    repeats a name or lacks one that is `required`. What else is to be known of the file, `layout`
    says.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        required: Collection[str],
        known: Callable[[str], bool],
        free: str = "(?!)",
        block_bytes: int = BLOCK_BYTES,
        layout: Layout = Layout(),
    ) -> None:
        self._text = TextFile(file, block_bytes, layout.encoding)
        self._blocks, self._delimiter = self._text.blocks(), layout.delimiter
        self._structural, self._rest, self.names = 0, b"", list(layout.names)
        if layout.header_line or not layout.names:
            header = self._read_header(layout.header_line)
            self.names = self.names or header_names(header, layout.delimiter)
        if repeated := [name for name, count in Counter(self.names).items() if count > 1]:
            raise UnreadableFile(f"the header names twice: {', '.join(repeated)}")
        if missing := sorted(set(required) - set(self.names)):
            raise UnreadableFile(f"the header lacks: {', '.join(missing)}")
        self._extra = [name for name in self.names if not known(name)]
        self._unknown = [name for name in self._extra if not re.fullmatch(free, name)]

    def preamble(self) -> Iterator[Part]:
        """The header as a structural record, and what there is to say of the file as a whole."""
        yield Records(self._structural)
        yield Structural(self._structural)
        yield from self._text.findings()
        if self._unknown:
            names = ", ".join(self._unknown)
            yield Finding("unknown_columns", f"columns kept in extra: {names}", self._structural)

    def blocks(self) -> Iterator[Block]:
        """The records after the header."""
        dialect = Dialect(ord(self._delimiter), ord(self._text.newline), len(self.names))
        for part in split(chain([self._rest], self._blocks), dialect, self._structural + 1):
            good = np.flatnonzero(part.good)
            table = text_columns(part, self.names)
            yield Block(
                table,
                pa.array(part.line[good]),
                json_objects(
                    {name: flat(table[name]) for name in self._extra},
                    pa.nulls(len(good), pa.string()),
                ),
                part.originals(good),
                (
                    Records(len(part.line)),
                    Structural(int(part.blank.sum())),
                    Quarantined.many(list(part.faults())),
                ),
            )

    def _read_header(self, at: int | None) -> str:
        """The header: line `at`, or the first that is not empty; it and all above are structural.

        The bytes that were read beyond it are kept for the blocks.
        """
        newline, rest, lines = self._text.newline, b"", 0
        for block in chain(self._blocks, [None]):
            rest += block or b""
            while (end := rest.find(newline)) >= 0 or (block is None and rest):
                line, rest = (rest[:end], rest[end + 1 :]) if end >= 0 else (rest, b"")
                lines += 1
                if len(line) > RECORD_BYTES_MAX:
                    raise UnreadableFile(f"line {lines} is too long to be a header")
                if lines == at or (at is None and line.strip(b"\r\n")):
                    self._structural, self._rest = lines, rest
                    return line.decode()
            if len(rest) > RECORD_BYTES_MAX:
                break
        raise UnreadableFile("the file does not begin with a header line")


def text_columns(part: Split, names: list[str]) -> pa.Table:
    """The good records of a block as text columns, as many as the splitting counted."""
    good, data = part.good, np.frombuffer(part.data, dtype=np.uint8)
    if not good.all():
        data = data[np.repeat(good, part.next_start - part.start)]
    kinds = dict.fromkeys(names, pa.string())
    if not good.any():
        return pa.schema(kinds.items()).empty_table()
    delimiter = chr(part.dialect.delimiter or 0)
    try:
        table = pacsv.read_csv(
            pa.BufferReader(pa.py_buffer(data)),
            pacsv.ReadOptions(
                use_threads=len(data) > _PARSER_BYTES,
                column_names=names,
                block_size=_PARSER_BYTES,
            ),
            pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=part.is_multiline),
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
    return table.combine_chunks()


def names_in(head: Head, delimiter: str = ",") -> set[str]:
    """The column names in the head of a file; none if it does not begin with a header."""
    try:
        return set(header_names(head.first_line, delimiter))
    except UnreadableFile:
        return set()


def header_names(line: str, delimiter: str = ",") -> list[str]:
    """The column names in a header line; one that is empty is named after its place."""
    try:
        names = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise UnreadableFile(f"the header cannot be read: {error}") from error
    return [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]

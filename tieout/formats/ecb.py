"""Reference rates of the European Central Bank, daily or with their history since 1999."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import FX_RATES
from tieout.formats.base import HEAD_BYTES, Head, Part, Rows, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft

_DATE, _CURRENCY = "Date", re.compile("[A-Z]{3}")
_DATE_FORMATS = ("%Y-%m-%d", "%d %B %Y")
_ZIP = b"PK\x03\x04"
# Of a file in an archive: all we need is how long its name and its extra field are.
_LOCAL_HEADER = struct.Struct("<26xHH")
# The history of 27 years is 2 MB; what unpacks to more than this is something else.
_MEMBER_BYTES_MAX = 64 << 20


class EcbReferenceRates:
    """Reads the euro reference rates, as CSV or as the zip file they are published in."""

    format: ClassVar[str] = "ecb_reference_rates"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "ecb"
    title: ClassVar[str] = "ECB euro reference rates (CSV or zip)"

    def recognises(self, head: Head) -> bool:
        """A date and nothing but currency codes in the header, euro not among them."""
        if head.data.startswith(_ZIP):
            head = Head(head.name, _beginning_of_member(head.data))
        names = names_in(head)
        currencies = set(filter(_CURRENCY.fullmatch, names))
        others = {name for name in names - currencies if not name.startswith("column_")}
        return others == {_DATE} and "USD" in currencies and "EUR" not in currencies

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """One row for each rate; a line without any rate is quarantined."""
        with path.open("rb") as file:
            text = _unzipped(file)
            sheet = Delimited(text, required={_DATE}, known=_is_known, block_bytes=block_bytes)
            if not any(map(_CURRENCY.fullmatch, sheet.names)):
                raise UnreadableFile("the header names no currency")
            yield from sheet.preamble()
            for block in sheet.blocks():
                yield from _rates(block)


def _is_known(name: str) -> bool:
    # The header ends in a comma, so its last column has no name of its own.
    return name == _DATE or bool(_CURRENCY.fullmatch(name)) or name.startswith("column_")


def _rates(block: Block) -> Iterator[Part]:
    draft = Draft(FX_RATES, block)
    draft.need(_DATE)
    draft["rate_date"] = draft.date(_DATE, *_DATE_FORMATS)
    currencies = [name for name in block.table.column_names if _CURRENCY.fullmatch(name)]
    has_none = pa.repeat(True, len(draft))
    for name in currencies:
        rates = draft[name] = draft.rate(name, missing="N/A")
        draft.reject(pc.less_equal(rates, 0), f"{name}: a rate is above zero")
        has_none = pc.and_(has_none, pc.is_null(rates))
    draft.reject(has_none, "the line has no rate")
    for name in set(block.table.column_names) - {_DATE, *currencies}:
        stray = pc.utf8_trim_whitespace(draft.text(name))
        draft.reject(pc.not_equal(stray, ""), "{!r} stands under no currency", stray)
    rows, others = draft.accept()
    yield Rows(FX_RATES, _long(rows, currencies))
    yield from others


def _long(rows: pa.Table, currencies: list[str]) -> pa.Table:
    """One row for each rate of each day."""
    columns = []
    for name in currencies:
        rated = rows.filter(pc.is_valid(rows[name]))
        columns.append(
            rated.select(["rate_date", "source_line", "extra"])
            .append_column("rate", rated[name])
            .append_column("currency", pa.repeat(name, len(rated)))
            .append_column("base_currency", pa.repeat("EUR", len(rated)))
        )
    return pa.concat_tables(columns)


def _unzipped(file: BinaryIO) -> BinaryIO:
    """The file itself, or the one file inside it if it is a zip archive."""
    if file.read(len(_ZIP)) != _ZIP:
        return file
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise UnreadableFile(f"the zip archive holds {len(members)} files instead of one")
            with archive.open(members[0]) as member:
                data = member.read(_MEMBER_BYTES_MAX + 1)
    # A damaged archive shows itself in any of these ways.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise UnreadableFile(f"the zip archive is damaged or encrypted: {error}") from error
    if len(data) > _MEMBER_BYTES_MAX:
        raise UnreadableFile(f"the zip archive unpacks to more than {_MEMBER_BYTES_MAX:,} bytes")
    return io.BytesIO(data)


def _beginning_of_member(archive: bytes) -> bytes:
    """What the first file of a zip archive begins with, from the beginning of the archive."""
    header = archive[: _LOCAL_HEADER.size]
    if len(header) < _LOCAL_HEADER.size:
        return b""
    name_length, extra_length = _LOCAL_HEADER.unpack(header)
    start = _LOCAL_HEADER.size + name_length + extra_length
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(archive[start:], HEAD_BYTES)
    except zlib.error:
        return b""

"""The good files that are damaged: the fixtures, and some that are made where there is none."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tieout.contracts import BUSINESS_TABLES, Table
from tieout.formats import READERS, recognise
from tieout.formats.base import Head, Reader, UnreadableFile
from tieout.formats.own import WORDS
from tieout.mappings import load_all

FIXTURES = Path(__file__).parents[1] / "fixtures"
FIRST_MOMENT = datetime.fromisoformat("2026-01-01")


@cache
def readers() -> dict[str, Reader]:
    """Every reader by its format, and those of the mappings among the fixtures."""
    return {reader.format: reader for reader in (*READERS, *load_all(FIXTURES / "mapped"))}


@cache
def seeds() -> dict[str, tuple[bytes, ...]]:
    """Good files of each format: the fixtures, and some that are made where there is none."""
    found: dict[str, list[bytes]] = {name: [] for name in readers()}
    for path in sorted(FIXTURES.rglob("*.*")):
        if path.parent.name == "mapped":
            if path.suffix != ".yaml":
                found[f"mapped_{path.stem}"].append(path.read_bytes())
        else:
            with suppress(UnreadableFile):
                found[recognise(Head.of(path, path.name)).format].append(path.read_bytes())
    for name, data in found.items():
        if name.startswith("own_"):
            data += _own_files(BUSINESS_TABLES[name.removeprefix("own_")])
    members = [data[0] for name, data in sorted(found.items()) if data][:4]
    found["gzip_file"] = [gzip.compress(members[0], mtime=0)]
    found["zip_archive"] = [_zipped(members)]
    found["xlsx_workbook"] = [_workbook()]
    return {name: tuple(data) for name, data in found.items()}


def _own_files(table: Table) -> Iterator[bytes]:
    """Three records of a table in each of the forms in which its own files come."""
    rows = [{field.name: _value(field, number) for field in table.columns} for number in range(3)]
    names = table.columns.names
    lines = [",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)]
    yield "\n".join(lines).encode()
    yield "\n".join(json.dumps(row) for row in rows).encode()
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    yield sink.getvalue()


def _value(field: pa.Field, number: int) -> str | int:
    if field.name in WORDS:
        return WORDS[field.name][number % len(WORDS[field.name])]
    if field.name.endswith("currency"):
        return ("EUR", "JPY", "KWD")[number]
    if pa.types.is_integer(field.type):
        return 100 + number
    if pa.types.is_timestamp(field.type):
        return f"2026-01-0{number + 1}T10:00:00Z"
    if pa.types.is_date(field.type):
        return f"2026-01-0{number + 1}"
    return f"{number + 1}.5" if pa.types.is_decimal(field.type) else f"{field.name}-{number}"


def _zipped(members: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(members):
            archive.writestr(zipfile.ZipInfo(f"{number}.csv"), data)
    return buffer.getvalue()


def _workbook() -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    # Made at a fixed moment, so that the same seed makes the same inputs.
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": FIRST_MOMENT})
        for name in ("One", "Two"):
            sheet = book.add_worksheet(name)
            for at, row in enumerate((["id", "amount"], ["007", 1.5], [8, 12345678901234567890])):
                sheet.write_row(at, 0, row)
    return buffer.getvalue()

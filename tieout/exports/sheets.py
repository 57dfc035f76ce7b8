"""A selection as CSV or as an Excel workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
from pyarrow import csv

from tieout.exports.files import Unwritable
from tieout.exports.tables import Selection

_BATCH_ROWS = 50_000
_SHEET_BATCH_ROWS = 2_000  # a sheet takes some twenty times as long, and tells as often
_SHEET_ROWS = 1_048_576  # what a sheet holds, its header included
_EXACT_DIGITS = 15  # what a cell holds of a number
Rows = Callable[[int], None]


def write_csv(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    target: Path | IO[bytes],
    progress: Rows | None = None,
) -> int:
    """Writes the rows in UTF-8, money as exact decimals; returns how many there are."""
    reader = connection.execute(selection.sql).to_arrow_reader(_BATCH_ROWS)
    schema = pa.schema([_plain(field) for field in reader.schema])
    rows = 0
    with csv.CSVWriter(target, schema) as writer:
        for batch in reader:
            writer.write_batch(batch.cast(schema))
            rows += len(batch)
            if progress:
                progress(rows)
    return rows


def write_xlsx(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    target: Path,
    progress: Rows | None = None,
) -> int:
    """Writes a workbook with one sheet: money and counts are numbers, dates are dates.

    A number with more digits than a cell holds exactly is written as text. More rows than a sheet
    holds are refused before anything is written.
    """
    import xlsxwriter

    if selection.rows >= _SHEET_ROWS:
        raise Unwritable(
            f"{selection.rows:,} rows do not fit on a sheet, which holds {_SHEET_ROWS - 1:,}; "
            "choose a shorter period, or export CSV"
        )
    cursor = connection.execute(selection.sql)
    columns = [str(column[0]) for column in cursor.description or []]
    # Left alone where anything goes wrong: closing a workbook would first pack all its rows.
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "constant_memory": True,
            "default_date_format": "yyyy-mm-dd",
            # Ids and references are texts, whatever they look like.
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "tmpdir": folder,
        }
        book = xlsxwriter.Workbook(str(target), options)
        sheet = book.add_worksheet(selection.table[:31])
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
        formats = {
            places: book.add_format({"num_format": f"#,##0{'.' + '0' * places if places else ''}"})
            for places in range(5)
        }
        row = 0
        while found := cursor.fetchmany(_SHEET_BATCH_ROWS):
            for values in found:
                row += 1
                for place, (column, value) in enumerate(zip(columns, values, strict=True)):
                    if column in selection.money and value is not None:
                        places = len(value.partition(".")[2])
                        if len(value.strip("-").replace(".", "").lstrip("0")) > _EXACT_DIGITS:
                            sheet.write_string(row, place, value)
                        else:
                            sheet.write_number(row, place, Decimal(value), formats.get(places))
                    elif value is not None:
                        sheet.write(row, place, value)
            if progress:
                progress(row)
        sheet.autofilter(0, 0, max(row, 1), len(columns) - 1)
        book.close()
    return selection.rows


def _plain(field: pa.Field) -> pa.Field:
    """Engine types that CSV has no word for become text."""
    if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
        return field.with_type(pa.string())
    if pa.types.is_nested(field.type) or pa.types.is_decimal(field.type):
        return field.with_type(pa.string())
    return field


SHEETS = {"csv": write_csv, "xlsx": write_xlsx}

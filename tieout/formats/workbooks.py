"""Spreadsheets (xlsx): each sheet is read as if it had been saved as CSV, without the damage.

Numbers come as they were typed, to the 15 digits a spreadsheet keeps; days as ISO 8601 writes
them. What a spreadsheet has already destroyed cannot be brought back, so it is pointed at.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import python_calamine

from tieout.formats.base import Finding, Head, Part, UnreadableFile
from tieout.formats.containers import Member, accounted, archive_kind

# Above this a spreadsheet has lost digits, and a sum of money is none.
_EXACT_MAX = 10**15
_CELLS_MAX = 100_000_000
_PACKED_RATIO_MAX, _FREE_BYTES = 200, 64 << 20


class Workbook:
    """Reads xlsx workbooks, sheet by sheet."""

    format: ClassVar[str] = "xlsx_workbook"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "workbook"
    title: ClassVar[str] = "Spreadsheet (xlsx): its sheets are read like CSV files"

    def recognises(self, head: Head) -> bool:
        """A document of office software that has a workbook in it."""
        return "xl/workbook.xml" in (office_names(head) or ())

    def read(self, path: Path) -> Iterator[Part]:
        """What became of the sheets."""
        yield from accounted(self, path)

    def unpack(self, path: Path, name: str, folder: Path) -> Iterator[Member]:
        """Each sheet as CSV, with the row numbers of the sheet."""
        _check_size(path)
        try:
            with python_calamine.CalamineWorkbook.from_path(str(path)) as workbook:
                for place, sheet in enumerate(workbook.sheets_metadata, start=1):
                    if sheet.typ != python_calamine.SheetTypeEnum.WorkSheet:
                        yield Member(place, sheet.name)
                    else:
                        yield _as_csv(workbook, place, sheet.name, folder)
        # The parser raises errors of its own, and those of what it parses with.
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise UnreadableFile(f"the workbook is damaged or encrypted: {error}") from error


# A damaged zip archive or member shows itself in any of these ways.
DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError)


def office_names(head: Head) -> list[str] | None:
    """What an office document (xlsx, docx, ods) holds; None for what is none."""
    if archive_kind(head) != "zip":
        return None
    try:
        with zipfile.ZipFile(head.path or io.BytesIO(head.data)) as archive:
            names = archive.namelist()
    except DAMAGE:
        return None
    return names if {"[Content_Types].xml", "mimetype"} & set(names) else None


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except DAMAGE as error:
        raise UnreadableFile(f"the workbook is damaged: {error}") from error
    if unpacked > max(_FREE_BYTES, _PACKED_RATIO_MAX * path.stat().st_size):
        raise UnreadableFile(f"the workbook unpacks to {unpacked:,} bytes: this is no report")


def _as_csv(
    workbook: python_calamine.CalamineWorkbook, place: int, name: str, folder: Path
) -> Member:
    sheet = workbook.get_sheet_by_name(name)
    if sheet.height * sheet.width > _CELLS_MAX:
        return Member(place, name, reason=f"the sheet spans {sheet.height * sheet.width:,} cells")
    rows = sheet.to_python(skip_empty_area=False)
    target = folder / str(place)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in rows:
            # A row without any cell is an empty line, as in other files.
            writer.writerow(map(_text, row) if any(cell != "" for cell in row) else [])
    return Member(place, f"{name}.csv", target, findings=tuple(_lost_zeros(name, rows)))


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if abs(cell) >= _EXACT_MAX:
            return f"{cell:.14E}"
        return f"{Decimal(f'{cell:.15g}'):f}"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def _lost_zeros(sheet: str, rows: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    """Numbers in a column whose texts begin with zeros: they have lost theirs."""
    texts: dict[int, int] = defaultdict(int)
    numbers: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell.startswith("0") and cell.isdigit():
                texts[column] = max(texts[column], len(cell))
            elif isinstance(cell, float) and cell.is_integer() and 0 <= cell < _EXACT_MAX:
                numbers[column].append((number, str(int(cell))))
    for column, length in texts.items():
        short = [(number, text) for number, text in numbers[column] if len(text) < length]
        if short:
            number, text = short[0]
            yield Finding(
                "leading_zeros_lost",
                f"{sheet}, column {column + 1}: {len(short)} numbers, the first of them {text}, "
                "stand among texts that begin with zeros, so they have lost theirs",
                number,
            )

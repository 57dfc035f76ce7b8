"""Tables as CSV and Excel that a spreadsheet opens as what they say, and runs nothing of."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import streamlit as st

from dashboards import data, identity
from dashboards.components import running
from dashboards.components.money import count
from dashboards.context import Context
from dashboards.work import tell
from tieout.exports import BOOKS, SHEETS
from tieout.money import exponent

# A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EXACT_DIGITS = 15  # what a cell holds of a number
# Some seconds of writing at most; with more rows, somebody may want to cancel.
_ROWS_AT_ONCE = {"csv": 50_000, "xlsx": 5_000}
_TOLD_ROWS = 1_000
_KINDS = {
    "csv": ("CSV", "text/csv"),
    "xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
Table = Iterable[Sequence[object]]


@dataclass(frozen=True)
class File:
    """What a button gives: its name, how it is written, and how many rows it has at most.

    `of` tells apart what files of the same button are made of, such as filters.
    """

    kind: str
    name: str
    write: Callable[[Path], object]
    rows: int = 0
    of: object = None

    @property
    def is_long(self) -> bool:
        """Whether making it takes so long that somebody may want to cancel it."""
        return self.rows > _ROWS_AT_ONCE[self.kind]


@dataclass(frozen=True)
class _Made:
    """A file that waits to be saved; it goes with its folder when nobody holds it any more."""

    folder: tempfile.TemporaryDirectory[str]
    path: Path

    def read(self) -> bytes:
        """All of the file."""
        return self.path.read_bytes()


def buttons(
    context: Context,
    name: str,
    columns: Sequence[str],
    rows: Callable[[], Table],
    *,
    help: str,
    size: int = 0,
    of: object = None,
) -> None:
    """A table as CSV and as Excel; each file is made only when its button is pressed.

    `size` is how many rows there are, and `of` tells apart which; see `File`.
    """
    csv_button(context, f"{name}.csv", lambda: as_csv(columns, rows()), help=help, size=size, of=of)
    file = File(
        "xlsx",
        f"{name}.xlsx",
        lambda path: path.write_bytes(as_excel(columns, rows())),
        size,
        of,
    )
    _button(context, file, "Excel", key="export_excel", help=help)


def csv_button(
    context: Context,
    name: str,
    make: Callable[[], str],
    *,
    help: str,
    size: int = 0,
    of: object = None,
) -> None:
    """A button that makes its file only when it is pressed."""
    file = File(
        "csv",
        name,
        lambda path: path.write_text(make(), encoding="utf-8-sig", newline=""),
        size,
        of,
    )
    _button(context, file, "Export CSV", key="export", help=help)


def _button(context: Context, file: File, label: str, *, key: str, help: str) -> None:
    """One click for what is made at once; what takes long is made beside the page, then saved."""
    if not file.is_long:
        _save(
            label,
            file,
            identity.carried(context.home, partial(_bytes, file)),
            key=key,
            help=help,
        )
        return
    what = (context.edition.edition_id, context.scope, file.name, file.of)
    work = running.found(context.home, key, what)
    if work is not None and work.is_running:
        running.progress(key, work, f"Writing {_KINDS[file.kind][0]}")
    elif work is not None and work.error is None:
        made: _Made = work.result
        size = made.path.stat().st_size / 1_000_000
        _save(
            f"Save {_KINDS[file.kind][0]}, {size:,.1f} MB",
            file,
            made.read,
            key=f"{key}_made",
            help=help,
        )
    else:
        st.button(
            label,
            icon=":material/download:",
            key=f"{key}_begin",
            help=help,
            on_click=running.start,
            args=(context.home, key, what, partial(_make, file)),
        )
        if work is not None:
            st.markdown(f":material/cancel: {running.told(key, work)}", width="content")


def _save(label: str, file: File, content: Callable[[], bytes], *, key: str, help: str) -> None:
    st.download_button(
        label,
        data=content,
        file_name=file.name,
        mime=_KINDS[file.kind][1],
        icon=":material/download:",
        on_click="ignore",
        key=key,
        help=help,
    )


def _make(file: File) -> _Made:
    """Write the file into a folder of its own, which goes where anything goes wrong."""
    folder = tempfile.TemporaryDirectory(prefix="tieout-")
    path = Path(folder.name) / file.name
    try:
        tell(0, of=file.rows)
        file.write(path)
    except BaseException:
        folder.cleanup()
        raise
    return _Made(folder, path)


def _bytes(file: File) -> bytes:
    return _make(file).read()


def major(minor: object, currency: str | None) -> Decimal | None:
    """An amount for a cell: exact, in major units."""
    if minor is None or currency is None:
        return None
    return Decimal(int(str(minor))).scaleb(-exponent(currency))


def table_buttons(context: Context, table: str, *kinds: str) -> None:
    """The published table behind a page, for its period and currency, in each of `SHEETS`."""
    if table not in context.edition.tables:
        return
    scope, edition = context.scope, context.edition
    rows = edition.tables[table].rows
    for kind in kinds or tuple(SHEETS):
        write = partial(
            data.export, context.home, edition, table, scope.month, scope.currency, kind
        )
        file = File(kind, f"tieout-{table}-{edition.edition_id[:6]}.{kind}", write, rows)
        _button(
            context,
            file,
            f"Export {_KINDS[kind][0]}",
            key=f"export_{table}_{kind}",
            help=f"The rows of `{table}` in this period and currency, of {count(rows)} in the "
            "edition; amounts are exact decimals.",
        )


def book_buttons(context: Context) -> None:
    """The ledger of the period, in all currencies, as files of plain-text accounting."""
    for kind in BOOKS:
        st.download_button(
            kind,
            data=identity.carried(
                context.home,
                partial(data.books, context.home, context.edition, context.scope.month, kind),
            ),
            file_name=f"tieout-{context.edition.edition_id[:6]}.{kind}",
            mime="text/plain",
            icon=":material/menu_book:",
            on_click="ignore",
            key=f"export_{kind}",
            help=f"The ledger of the period for {kind}, in all currencies, with its balances "
            "asserted so that the other program proves them again.",
        )


def as_csv(columns: Sequence[str], rows: Table) -> str:
    """The rows with a header; numbers stay numbers, text that looks like a formula is text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in _told(rows))
    return out.getvalue()


def as_excel(columns: Sequence[str], rows: Table) -> bytes:
    """A workbook of one sheet; a number that a cell cannot hold exactly is text."""
    import xlsxwriter

    out = io.BytesIO()
    options = {
        "in_memory": True,
        "default_date_format": "yyyy-mm-dd",
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    # Left alone where it is stopped: closing a workbook would first pack all its rows.
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet("Tieout")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
    formats = {
        places: book.add_format({"num_format": f"#,##0{'.' + '0' * places if places else ''}"})
        for places in range(5)
    }
    for number, row in enumerate(_told(rows), start=1):
        for place, value in enumerate(row):
            if isinstance(value, Decimal) and len(value.as_tuple().digits) <= _EXACT_DIGITS:
                places = -int(value.as_tuple().exponent)
                sheet.write_number(number, place, value, formats.get(places))
            elif isinstance(value, (bool, int, float, date)):
                sheet.write(number, place, value)
            elif value is not None:
                sheet.write_string(number, place, str(value))
    book.close()
    return out.getvalue()


def _told(rows: Table) -> Iterator[Sequence[object]]:
    """The rows, telling now and then how many went by."""
    for number, row in enumerate(rows, start=1):
        if number % _TOLD_ROWS == 0:
            tell(number)
        yield row


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value

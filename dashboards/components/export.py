"""Tables as CSV and Excel that a spreadsheet opens as what they say, and runs nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

import streamlit as st

from dashboards import data
from dashboards.components.money import count
from dashboards.context import Context
from tieout.exports import BOOKS, SHEETS
from tieout.money import exponent

# A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EXACT_DIGITS = 15  # what a cell holds of a number
_KINDS = {
    "csv": ("CSV", "text/csv"),
    "xlsx": ("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
Table = Iterable[Sequence[object]]


def buttons(name: str, columns: Sequence[str], rows: Callable[[], Table], *, help: str) -> None:
    """A table as CSV and as Excel; each file is made only when its button is pressed."""
    csv_button(f"{name}.csv", lambda: as_csv(columns, rows()), help=help)
    st.download_button(
        "Excel",
        data=lambda: as_excel(columns, rows()),
        file_name=f"{name}.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        icon=":material/download:",
        on_click="ignore",
        key="export_excel",
        help=help,
    )


def csv_button(name: str, make: Callable[[], str], *, help: str) -> None:
    """A button that makes its file only when it is pressed."""
    st.download_button(
        "Export CSV",
        data=lambda: make().encode("utf-8-sig"),
        file_name=name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="export",
        help=help,
    )


def major(minor: object, currency: str | None) -> Decimal | None:
    """An amount for a cell: exact, in major units."""
    if minor is None or currency is None:
        return None
    return Decimal(int(str(minor))).scaleb(-exponent(currency))


def table_buttons(context: Context, table: str, *kinds: str) -> None:
    """The published table behind a page, for its period and currency, in each of `SHEETS`."""
    if table not in context.edition.tables:
        return
    scope, identity = context.scope, context.edition.edition_id
    rows = count(context.edition.tables[table].rows)
    for kind in kinds or tuple(SHEETS):
        st.download_button(
            f"Export {_KINDS[kind][0]}",
            data=partial(
                data.export,
                context.home,
                context.edition,
                table,
                scope.month,
                scope.currency,
                kind,
            ),
            file_name=f"tieout-{table}-{identity[:6]}.{kind}",
            mime=_KINDS[kind][1],
            icon=":material/download:",
            on_click="ignore",
            key=f"export_{table}_{kind}",
            help=f"The rows of `{table}` in this period and currency, of {rows} in the edition; "
            "amounts are exact decimals.",
        )


def book_buttons(context: Context) -> None:
    """The ledger of the period, in all currencies, as files of plain-text accounting."""
    for kind in BOOKS:
        st.download_button(
            kind,
            data=partial(data.books, context.home, context.edition, context.scope.month, kind),
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
    writer.writerows([_cell(value) for value in row] for row in rows)
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
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("Tieout")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
        formats = {
            places: book.add_format({"num_format": f"#,##0{'.' + '0' * places if places else ''}"})
            for places in range(5)
        }
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                if isinstance(value, Decimal) and len(value.as_tuple().digits) <= _EXACT_DIGITS:
                    places = -int(value.as_tuple().exponent)
                    sheet.write_number(number, place, value, formats.get(places))
                elif isinstance(value, (bool, int, float, date)):
                    sheet.write(number, place, value)
                elif value is not None:
                    sheet.write_string(number, place, str(value))
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value

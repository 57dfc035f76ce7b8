"""Tables as CSV that a spreadsheet opens as what they say, and runs nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import streamlit as st

# A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows with a header; numbers stay numbers, text that looks like a formula is text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value

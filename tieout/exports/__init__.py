"""What leaves the platform: published tables for spreadsheets, and the ledger as books."""

from __future__ import annotations

from tieout.exports.books import BOOKS, Books, write_books
from tieout.exports.files import Unwritable
from tieout.exports.sheets import SHEETS, write_csv, write_xlsx
from tieout.exports.tables import Period, Selection, named, select_table

__all__ = [
    "BOOKS",
    "SHEETS",
    "Books",
    "Period",
    "Selection",
    "Unwritable",
    "named",
    "select_table",
    "write_books",
    "write_csv",
    "write_xlsx",
]

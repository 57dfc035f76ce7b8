"""`tieout export`: published tables for spreadsheets, and the ledger as books."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.options import Home
from pipelines.progress import progress_bar
from pipelines.reports import err
from tieout.editions import Editions
from tieout.settings import ConfigurationError, Workspace

_SUFFIXES = {".csv": "csv", ".xlsx": "xlsx", ".beancount": "beancount", ".journal": "hledger"}
_LEDGER = "books"


class ExportFormat(StrEnum):
    """What an export is written as."""

    csv = "csv"
    xlsx = "xlsx"
    beancount = "beancount"
    hledger = "hledger"


def export(
    home: Home,
    what: Annotated[
        str,
        typer.Argument(
            help="trial-balance, general-ledger, income-statement, cash, fx-effects, breaks, … or "
            "any published table; books: the whole ledger for beancount or hledger."
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="The file; its ending says the format: .csv, .xlsx, .beancount, .journal. "
            "Without it, to the terminal.",
        ),
    ] = None,
    format_: Annotated[
        ExportFormat | None, typer.Option("--format", help="The format, whatever the ending.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="The first month, 2024-01.")] = None,
    until: Annotated[str | None, typer.Option(help="The last month.")] = None,
    edition: Annotated[
        str | None, typer.Option(help="An edition's id or its beginning; the current by default.")
    ] = None,
) -> None:
    """Export a statement, a table or the books of a period, money in major units."""
    from tieout.exports import (
        BOOKS,
        SHEETS,
        Books,
        Period,
        select_table,
        write_books,
        write_csv,
    )
    from tieout.exports.files import written

    kind = _kind(what, file, format_)
    period = Period.parse(since, until)
    editions = Editions(Workspace.open(home).editions)
    chosen = editions.get(edition)
    with editions.connect(chosen.edition_id) as connection:
        if kind in BOOKS:
            text = write_books(Books.read(connection, chosen.edition_id, period), kind)
            if file is None:
                sys.stdout.write(text)
                return
            with written(file) as path:
                path.write_text(text, encoding="utf-8")
            err.print(f"Wrote {escape(str(file))}: {text.count(chr(10)):,} lines")
            return
        selection = select_table(connection, what, period, chosen.reporting_currency)
        if file is None:
            write_csv(connection, selection, sys.stdout.buffer)
            return
        with progress_bar(err) as bar, written(file) as path:
            task = bar.add_task("exporting", total=None, detail="")
            count = SHEETS[kind](
                connection,
                selection,
                path,
                lambda rows: bar.update(task, completed=rows, detail=f"{rows:,} rows"),
            )
    err.print(f"Wrote {escape(str(file))}: {count:,} rows of edition {chosen.edition_id}")


def _kind(what: str, file: Path | None, format_: ExportFormat | None) -> str:
    """The format that is meant; `ConfigurationError` where what is asked for has no such."""
    ending = file.suffix.lower() if file else ""
    kind = format_.value if format_ else _SUFFIXES.get(ending, "")
    is_books = what == _LEDGER
    if not kind and file is not None:
        endings = ", ".join(_SUFFIXES)
        raise ConfigurationError(f"{file} does not say a format; end it in {endings}, or --format")
    kind = kind or ("beancount" if is_books else "csv")
    if is_books != (kind in ("beancount", "hledger")):
        raise ConfigurationError(
            "books are written as beancount or hledger (tieout export books --out x.beancount); "
            "tables as csv or xlsx"
        )
    if kind == "xlsx" and file is None:
        raise ConfigurationError("a workbook needs a file; name one with --out")
    return kind

"""`tieout metric`: a figure by its name, with its definition, its SQL and its records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table

from pipelines.options import Format, Home
from pipelines.reports import err, out, print_csv, print_json
from tieout.editions import Edition, Editions
from tieout.money import exponent, format_minor
from tieout.settings import Workspace

if TYPE_CHECKING:
    from tieout.metrics import Answer, Catalogue, Metric, Row


def metric(
    name: Annotated[
        str | None, typer.Argument(help="A metric; without one, the list of all.")
    ] = None,
    home: Home = ...,  # type: ignore[assignment]
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="What to cut it by: month, processor, … (several with commas)."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="processor = stripe; currency in (USD, EUR); joined by and."),
    ] = None,
    grain: Annotated[
        str | None, typer.Option("--grain", help="day, week, month, quarter or year.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help="The first day, 2024-01-01.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="The last day.")] = None,
    edition: Annotated[
        str | None, typer.Option("--edition", help="An edition; the current one without it.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also the definition, the SQL and the records.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="table, csv or json.")] = Format.table,
) -> None:
    """Ask for a metric by its name: the same figure as in the dashboards and in SQL."""
    from tieout.metrics import Catalogue, Condition, Question, ask

    workspace = Workspace.open(home)
    catalogue = Catalogue(workspace.definitions)
    if name is None:
        _print_list(catalogue)
        return
    editions = Editions(workspace.editions)
    chosen = editions.get(edition)
    question = Question(
        metric=name,
        by=tuple(part.strip() for text in by or () for part in text.split(",") if part.strip()),
        where=tuple(condition for text in where or () for condition in Condition.parse(text)),
        grain=grain,
        since=_day(since),
        until=_day(until),
    )
    with editions.connect(chosen.edition_id) as connection:
        answer = ask(connection, catalogue, question)
    if output is Format.table:
        _print_table(answer, chosen)
    else:
        columns = [*answer.columns, *_names(answer.metric), "value", "records"]
        (print_csv if output is Format.csv else print_json)(columns, _flat(answer))
    if explain and output is Format.table:
        _print_explanation(answer, chosen, catalogue)


def _day(text: str | None) -> date | None:
    from tieout.metrics import Unanswerable

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Unanswerable(f"{text!r} is no day; write it like 2024-01-31") from None


def _names(asked: Metric) -> tuple[str, ...]:
    """What a ratio is made of; nothing where the value is the figure itself."""
    return asked.parts if len(asked.parts) > 1 else ()


def _flat(answer: Answer) -> list[tuple[object, ...]]:
    return [
        (*row.keys, *(row.parts if _names(answer.metric) else ()), _plain(row), row.records)
        for row in answer.rows
    ]


def _plain(row: Row) -> str | None:
    return None if row.value is None else f"{row.value:f}"


def shown(asked: Metric, value: Decimal | None, currency: str) -> str:
    """A figure in its unit, for people: half away from zero at its last shown place."""
    if value is None:
        return "–"
    match asked.unit:
        case "money":
            return format_minor(int(value), currency)
        case "bps":
            return f"{value:,.2f} bps"
        case "percent":
            return f"{value:,.3f}%"
        case "per_million":
            return f"{value:,.{exponent(currency)}f} {currency} per 1M"
        case "per_payment":
            places = exponent(currency)
            return f"{value.scaleb(-places):,.{places + 2}f} {currency} each"
        case "days":
            return f"{int(value):,} days"
    return f"{int(value):,}"


def _print_table(answer: Answer, edition: Edition) -> None:
    if not answer.rows:
        err.print("No record of this edition meets the conditions.")
        return
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for column in answer.columns:
        table.add_column(column)
    for part in (*_names(answer.metric), answer.metric.name):
        table.add_column(part, justify="right")
    table.add_column("records", justify="right")
    for row in answer.rows:
        parts = row.parts if _names(answer.metric) else ()
        figures = [shown_part(part) for part in parts]
        value = shown(answer.metric, row.value, edition.reporting_currency)
        table.add_row(*map(escape, row.keys), *figures, value, f"{row.records:,}")
    out.print(table)


def shown_part(minor: int) -> str:
    """A numerator or denominator as it is stored: minor units or a count."""
    return f"{minor:,}"


def _print_explanation(answer: Answer, edition: Edition, catalogue: Catalogue) -> None:
    asked = answer.metric
    cuts = ", ".join((*catalogue.grains(asked), *catalogue.dimensions(asked)))
    lines = [
        f"[bold]{escape(asked.label)}[/] ({asked.unit})",
        escape(asked.description),
        f"= {escape(asked.formula)}",
        *([f"for example {escape(asked.example)}"] if asked.example else []),
        f"can be cut by {cuts}",
        f"{sum(row.records for row in answer.rows):,} records behind it ({asked.records})",
        f"edition {edition.edition_id}, as of {edition.as_of}",
    ]
    out.print(Panel("\n".join(lines), expand=False))
    out.print(Syntax(answer.sql, "sql", background_color="default", word_wrap=True))


def _print_list(catalogue: Catalogue) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("metric", "unit", "what it is"):
        table.add_column(column)
    for found in catalogue:
        table.add_row(found.name, found.unit, escape(found.description))
    out.print(table)

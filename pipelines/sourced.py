"""`tieout source`: which formats are read, what would be read of a file, and drafts of mappings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pipelines.reports import out, print_json
from tieout.contracts import QUARANTINE
from tieout.formats.base import Head
from tieout.money import format_minor
from tieout.settings import ConfigurationError, FileRule, Workspace

source = typer.Typer(
    help="The files of sources: what is read, what would be read, and formats of your own.",
    no_args_is_help=True,
)

_SHOWN_MAX = 10
_File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, show_default=False)
]
_MaybeHome = Annotated[
    Path | None,
    typer.Option("--home", envvar="TIEOUT_HOME", help="A workspace, for its rules and mappings."),
]


@source.command(name="list")
def list_formats(
    home: _MaybeHome = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a format.")] = False,
) -> None:
    """Every format that is read, by the name it has in configuration."""
    from tieout.formats import READERS

    mapped = Workspace.open(home).mapped() if home else ()
    rows = [(reader.format, reader.title, reader.source) for reader in (*READERS, *mapped)]
    if json_:
        print_json(["format", "title", "source"], rows)
        return
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("format", "what it is"):
        table.add_column(name, overflow="fold")
    for format_, title, _ in rows:
        table.add_row(format_, escape(title))
    out.print(table)


@source.command(name="try")
def try_file(
    file: _File,
    home: _MaybeHome = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Read it by this mapping, whatever it looks like.")
    ] = None,
    format_: Annotated[str | None, typer.Option("--format", help="Read it as this format.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="So many rows of each table.")] = 3,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Show what would be read of a file and what would not. Nothing is written.

    The exit code is 1 where nothing can be read.
    """
    from tieout.formats import by_format
    from tieout.mappings import BadMapping, load
    from tieout.preview import preview

    workspace = Workspace.open(home) if home else None
    mapped = list(workspace.mapped()) if workspace else []
    rules = workspace.settings().file_rules if workspace else ()
    try:
        if mapping:
            reader = load(mapping)
            mapped = [*(one for one in mapped if one.format != reader.format), reader]
            format_ = reader.format
        if format_:
            source_ = by_format(format_, mapped).source
            rule = FileRule.model_construct(files="*", format=format_, source=source_)
            rules = (rule, *rules)
    except (BadMapping, ValueError) as error:
        raise ConfigurationError(str(error)) from None
    found = preview(file, _origin(file, workspace), rules, mapped, rows)
    for one in found:
        if json_:
            print(json.dumps(_as_dict(one), default=str, ensure_ascii=False))
        else:
            _print(one)
    if all(one.account.reason for one in found):
        raise typer.Exit(1)


@source.command()
def guess(
    file: _File,
    name: Annotated[
        str | None, typer.Option(help="What to call the mapping; after the file by default.")
    ] = None,
    member: Annotated[
        str | None, typer.Option(help="Of an archive or workbook: which member or sheet.")
    ] = None,
) -> None:
    """Draft a mapping for a delimited file, to be put into mappings/<name>.yaml.

    What the file does not show is marked as unsure.
    """
    from tieout.formats.base import UnreadableFile
    from tieout.mappings.guess import guess as draft

    called = name or re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_")
    if not called[:1].isalpha():
        called = f"file_{called}".strip("_")
    try:
        print(draft(_head(file, member), called), end="")
    except UnreadableFile as error:
        raise ConfigurationError(f"{file}: {error}") from None


def _head(file: Path, member: str | None) -> Head:
    """The beginning of a file, or of the one member of a container."""
    from tieout.formats import as_container

    head = Head.of(file, file.name)
    container = as_container(head)
    if container is None:
        return head
    with TemporaryDirectory(prefix="tieout-") as folder:
        members = [m for m in container.unpack(file, file.name, Path(folder)) if m.path]
        chosen = [m for m in members if member in (None, m.name, m.name.removesuffix(".csv"))]
        if len(chosen) != 1 or chosen[0].path is None:
            names = ", ".join(m.name for m in members)
            raise ConfigurationError(f"{file} holds {names}: say which with --member")
        return Head.of(chosen[0].path, chosen[0].name)


def _origin(file: Path, workspace: Workspace | None) -> str:
    """What the file is called, as rules know it: below the inbox, by its path there."""
    path = file.resolve()
    if workspace and path.is_relative_to(workspace.inbox):
        return path.relative_to(workspace.inbox).as_posix()
    return file.name


def _as_dict(one: Any) -> dict[str, Any]:
    account = one.account
    return {
        "origin": account.delivery.origin,
        "format": account.format,
        "source": account.source,
        "status": account.status,
        "reason": account.reason,
        "records": account.records,
        "canonical_records": account.lines,
        "quarantined_records": account.quarantined,
        "structural_records": account.structural,
        "report_id": account.report and account.report.report_id,
        "control_totals": [
            {**total.__dict__, "difference": total.computed - total.stated}
            for total in account.control_totals
        ],
        "findings": [finding.__dict__ for finding in account.findings],
        "rows": one.rows,
        "quarantine": [{name: row[name] for name in QUARANTINE.names[1:]} for row in one.refused],
    }


def _print(one: Any) -> None:
    account = one.account
    what = account.format or "not read"
    out.print(f"[bold]{escape(account.delivery.origin)}[/]  {escape(what)}")
    if account.reason:
        out.print(f"  [red]nothing can be read:[/] {escape(account.reason)}\n")
        return
    out.print(
        f"  {account.records:,} records = {account.lines:,} read + {account.quarantined:,} "
        f"quarantined + {account.structural:,} structural"
    )
    for table, rows in one.rows.items():
        _print_rows(f"{table} ({account.rows[table]:,} rows)", rows)
    _print_refused(one)
    for total in account.control_totals[:_SHOWN_MAX]:
        _say(f"{_mark(total)} {total.name} of {total.scope}: {_compared(total)}")
    _say_more(len(account.control_totals))
    for finding in account.findings[:_SHOWN_MAX]:
        line = f"line {finding.line}: " if finding.line else ""
        _say(f"! {line}{finding.message} ({finding.code})")
    _say_more(len(account.findings))
    out.print()


def _print_refused(one: Any) -> None:
    for row in one.refused:
        _say(f"✗ line {row['source_line']}: {row['reason']}")
        if row["raw_text"]:
            _say(f"    {row['raw_text'][:200]}")
    if one.account.quarantined > len(one.refused):
        _say(f"… and {one.account.quarantined - len(one.refused):,} more refused")


def _print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    """Rows side by side, since a canonical row is too wide for one line of a terminal."""
    names = [n for n in rows[0] if n != "source_line" and any(row[n] is not None for row in rows)]
    table = Table(title=escape(title), title_justify="left", header_style="bold", box=None)
    table.add_column("line")
    for row in rows:
        table.add_column(str(row["source_line"]), overflow="fold")
    for name in names:
        cells = ("" if row[name] is None else escape(str(row[name])) for row in rows)
        table.add_row(f"[dim]{escape(name)}[/]", *cells)
    out.print(table)


def _compared(total: Any) -> str:
    def said(value: int) -> str:
        return format_minor(value, total.currency) if total.currency else f"{value:,}"

    difference = total.computed - total.stated
    verdict = "the same" if not difference else f"the difference is {said(difference)}"
    return f"stated {said(total.stated)}, computed {said(total.computed)}: {verdict}"


def _mark(total: Any) -> str:
    return "✓" if total.computed == total.stated else "✗"


def _say(text: str) -> None:
    out.print(f"  {escape(text)}", highlight=False)


def _say_more(count: int) -> None:
    if count > _SHOWN_MAX:
        _say(f"… and {count - _SHOWN_MAX:,} more")

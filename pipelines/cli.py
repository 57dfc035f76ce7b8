"""The `tieout` command."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.failure import RunFailed
from pipelines.progress import progress_bar
from tieout import __version__
from tieout.editions import Editions, NoEdition, NotReadOnly, select
from tieout.figures import Headline, headline, rate
from tieout.money import format_minor
from tieout.settings import ConfigurationError, Workspace, today

app = typer.Typer(
    help="Tieout: every cent, tied out. Lands, reconciles and publishes a company's money records.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
# Into a file or a pipe a line is never folded: another program may read it.
out = Console(width=None if sys.stdout.isatty() else 10_000)
err = Console(stderr=True)

_NOTES_MAX = 3

Home = Annotated[
    Path,
    typer.Option(
        "--home", envvar="TIEOUT_HOME", help="The workspace.", file_okay=False, show_default=False
    ),
]


class Format(StrEnum):
    """How `tieout sql` prints its result."""

    table = "table"
    csv = "csv"
    json = "json"


def main() -> None:
    """Run the command; what a user can mend is an error of one line and exit code 2."""
    try:
        app()
    except (ConfigurationError, NoEdition, NotReadOnly) as error:
        err.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(2)
    except RunFailed as failure:
        err.print(f"[red]The run failed in {escape(failure.step)}; nothing was published.[/]")
        err.print(escape(failure.reason))
        err.print(f"[dim]run {failure.run_id}; see it with: tieout dagster --home …[/]")
        sys.exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    out.print(__version__)


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="The folder to make the workspace in.")],
    currency: Annotated[str, typer.Option(help="The reporting currency.")] = "USD",
    as_of: Annotated[
        str, typer.Option(help='The day open items are judged from: "today", "latest" or a date.')
    ] = "today",
) -> None:
    """Make a workspace: its configuration, an inbox and a data folder."""
    workspace = Workspace.create(directory, reporting_currency=currency, as_of=as_of)
    out.print(f"Workspace [bold]{escape(str(workspace.home))}[/]")
    out.print(f"  configuration  {workspace.config.name}")
    out.print(f"  drop files in  {workspace.inbox.name}/")
    out.print(f"Then run: tieout run --home {escape(str(directory))}")


@app.command()
def run(
    home: Home,
    day: Annotated[
        str | None, typer.Option(help="The arrival day, YYYY-MM-DD; today (UTC) by default.")
    ] = None,
) -> None:
    """Land what is new, reconcile it and publish an edition."""
    from pipelines.run import run_daily

    workspace = Workspace.open(home)
    workspace.settings()
    try:
        arrival_day = date.fromisoformat(day) if day else today()
    except ValueError:
        raise ConfigurationError(f"--day {day!r} is not a date; write YYYY-MM-DD") from None
    published = run_daily(workspace, arrival_day, err)
    what = "Published edition" if published["is_new"] else "Nothing changed: still edition"
    out.print(f"{what} [bold]{published['edition']}[/], as of {published['as_of']}")
    _print_headline(workspace)


def _print_headline(workspace: Workspace) -> None:
    editions = Editions(workspace.editions)
    edition = editions.get()
    with editions.connect() as connection:
        figures = headline(connection, edition)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for label, value in _headline_rows(figures):
        table.add_row(label, value)
    out.print(table)


def _headline_rows(f: Headline) -> list[tuple[str, str]]:
    def money(minor: int) -> str:
        return format_minor(minor, f.reporting_currency)

    cost = f.cost_per_million_minor
    return [
        ("Records in", f"{f.records:,} from {f.files:,} files, {f.quarantined:,} quarantined"),
        (
            "Match rate",
            f"{rate(f.items_matched, f.items_in_scope, 3)} of {f.items_in_scope:,} items, "
            f"{rate(f.value_matched_minor, f.value_in_scope_minor, 3)} by value",
        ),
        ("In transit", money(f.value_in_transit_minor)),
        ("Breaks", f"{f.breaks:,} open, {money(f.breaks_minor)}"),
        ("Revenue", f"{money(f.gross_revenue_minor)} gross, {money(f.net_revenue_minor)} net"),
        ("Cost per 1M", "–" if cost is None else f"{money(cost)} per 1M of volume"),
        (
            "Success rate",
            f"{rate(f.authorised_attempts, f.valid_attempts, 3)} "
            f"of {f.valid_attempts:,} valid attempts",
        ),
    ]


@app.command()
def status(
    home: Home,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
) -> None:
    """Every file of the current edition: what was read, what was not, what does not add up."""
    workspace = Workspace.open(home)
    editions = Editions(workspace.editions)
    edition = editions.get()
    with editions.connect() as connection:
        columns, rows = select(connection, STATUS_SQL)
    if json_:
        for row in rows:
            print(json.dumps(dict(zip(columns, row, strict=True)), default=str))
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("records", "canonical", "quarantined", "structural"):
        table.add_column(name, justify="right")
    table.add_column("file")
    for origin, format_, records, canonical, quarantined, structural, *rest in rows:
        counts = (f"{n:,}" for n in (records, canonical, quarantined, structural))
        said = "".join(f"\n  {escape(note)}" for note in _notes(*rest))
        table.add_row(*counts, f"{escape(origin)} [dim]{format_ or ''}{said}[/]")
    out.print(table)
    out.print(
        f"Edition [bold]{edition.edition_id}[/] as of {edition.as_of}, "
        f"published {edition.published_at}: {len(rows)} files, "
        f"{sum(r[2] for r in rows):,} records = {sum(r[3] for r in rows):,} canonical "
        f"+ {sum(r[4] for r in rows):,} quarantined + {sum(r[5] for r in rows):,} structural"
    )


STATUS_SQL = """
with origins as (
  select sha256, min(origin) as origin, count(distinct origin) as origins
  from deliveries group by sha256
),
totals as (
  select source_file_sha256, count(*) as control_totals,
    list(name || ' of ' || scope || ': stated ' || stated || ', computed ' || computed
      || ', difference ' || difference || coalesce(' ' || currency, '') order by scope, name)
      filter (where difference <> 0) as failed_totals
  from rpt_control_totals group by 1
),
findings as (
  select source_file_sha256,
    list(coalesce('line ' || source_line || ': ', '') || message || ' (' || code || ')'
      order by source_line nulls first, code) as findings
  from rpt_findings group by 1
)
select o.origin, f.format, f.records, f.canonical_records, f.quarantined_records,
  f.structural_records, f.status, f.reason, f.superseded_by,
  coalesce(t.control_totals, 0) as control_totals,
  coalesce(t.failed_totals, []) as failed_control_totals,
  coalesce(n.findings, []) as findings, o.origins, f.source_file_sha256
from rpt_source_files f
left join origins o on f.source_file_sha256 = o.sha256
left join totals t using (source_file_sha256)
left join findings n using (source_file_sha256)
order by o.origin
"""


def _notes(
    _status: str,
    reason: str | None,
    superseded_by: str | None,
    control_totals: int,
    failed: list[str],
    findings: list[str],
    *_: object,
) -> list[str]:
    notes = [f"unreadable: {reason}"] if reason else []
    if superseded_by:
        notes.append(f"superseded by {superseded_by[:12]}")
    if control_totals:
        notes.append(f"{control_totals - len(failed)} of {control_totals} control totals hold")
    for lines in (failed, findings):
        notes += lines[:_NOTES_MAX]
        if len(lines) > _NOTES_MAX:
            notes.append(f"… and {len(lines) - _NOTES_MAX} more")
    return notes


@app.command()
def sql(
    home: Home,
    query: Annotated[str, typer.Argument(help="One SELECT over the published tables.")],
    format_: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    edition: Annotated[
        str | None, typer.Option(help="An edition's id or its beginning; the current by default.")
    ] = None,
) -> None:
    """Query a published edition, read-only. List its tables with: show tables."""
    import duckdb

    editions = Editions(Workspace.open(home).editions)
    try:
        with editions.connect(edition) as connection:
            columns, rows = select(connection, query)
    except duckdb.Error as error:
        raise ConfigurationError(str(error)) from None
    if format_ is Format.json:
        for row in rows:
            print(json.dumps(dict(zip(columns, row, strict=True)), default=str))
    elif format_ is Format.csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows(rows)
    else:
        table = Table(header_style="bold")
        for name in columns:
            table.add_column(escape(name), overflow="fold")
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        out.print(table)
        out.print(f"[dim]{len(rows):,} rows[/]")


def _cell(value: Any) -> str:
    return "[dim]null[/]" if value is None else escape(str(value))


@app.command()
def simulate(
    home: Home,
    months: Annotated[
        str | None,
        typer.Option(help='Which months, such as "2013-10..2013-12,2024-06". [one of each phase]'),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = 7,
    scale: Annotated[
        str, typer.Option(help="Times the company's real volume and cost, such as 1/1000 or 0.5.")
    ] = "1",
    payments_per_month: Annotated[
        int | None,
        typer.Option(help="At most so many payments stand for a month. [the phase's sample]"),
    ] = None,
    error_rate: Annotated[
        str | None,
        typer.Option(help="Planted errors a captured payment, such as 0.001; 0 plants none."),
    ] = None,
) -> None:
    """Write the files of a made-up payments company into the inbox, and the truth beside it.

    The company lives through six phases from $1M a month to $1T a year. Its errors are planted,
    and truth/ says which; a run never reads that folder.
    """
    from tieout.simulator import DEMO_MONTHS, ErrorRates, parse_months
    from tieout.simulator import simulate as write_company

    workspace = Workspace(home)
    if not workspace.config.exists():
        workspace = Workspace.create(home, reporting_currency="USD", as_of="latest")
        err.print(f"Made the workspace {escape(str(home))}")
    if any(workspace.inbox.iterdir()):
        raise ConfigurationError(
            f"{workspace.inbox} is not empty; simulate into a workspace of its own"
        )
    try:
        chosen = parse_months(months) if months else DEMO_MONTHS
        errors = None if error_rate is None else ErrorRates.per_payment(Fraction(error_rate))
        with progress_bar(err) as progress:
            task = progress.add_task("simulating", total=None, detail="")
            summary = write_company(
                workspace.inbox,
                workspace.home / "truth",
                months=chosen,
                seed=seed,
                scale=Fraction(scale),
                payments_per_month=payments_per_month,
                errors=errors,
                progress=lambda what, done, total: progress.update(
                    task, detail=what, completed=done, total=total
                ),
            )
    except (ValueError, ZeroDivisionError) as error:
        raise ConfigurationError(str(error)) from None
    out.print(
        f"Simulated {len(summary.months)} months: {sum(summary.rows.values()):,} records in "
        f"{summary.files} files, {sum(summary.errors.values()):,} planted cases"
    )


@app.command(name="score")
def score_command(
    home: Home,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """How right a run was: its breaks against what `tieout simulate` planted."""
    from tieout.score import NoTruth, score

    workspace = Workspace.open(home)
    editions = Editions(workspace.editions)
    edition = editions.get()
    try:
        with editions.connect() as connection:
            report = score(connection, edition.edition_id, workspace.home / "truth")
    except NoTruth as error:
        raise ConfigurationError(str(error)) from None
    if json_:
        print(json.dumps(report.as_dict(), indent=1))
        return
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("leg", "planted case", "must be"):
        table.add_column(name)
    for name in ("planted", "found", "wrong type", "missed", "false", "money mismatched"):
        table.add_column(name, justify="right")
    for s in report.scores:
        counts = (s.planted, s.found, s.misclassified, s.missed, s.false_breaks, s.mismatched_minor)
        table.add_row(s.leg, s.error_type, s.expected, *(f"{count:,}" for count in counts))
    out.print(table)
    found, all_broken = report.detected, report.detected + report.false_breaks
    out.print(
        f"Recall [bold]{rate(found, report.planted, 3)}[/] ({found:,} of {report.planted:,} "
        f"planted errors), precision [bold]{rate(found, all_broken, 3)}[/] "
        f"({report.false_breaks:,} false)"
    )


@app.command()
def dashboard(
    home: Home,
    port: Annotated[int, typer.Option(help="The port to serve on, on this machine only.")] = 8501,
) -> None:
    """Serve the dashboards for this machine, until interrupted."""
    workspace = Workspace.open(home)
    Editions(workspace.editions).get()
    folder = Path(__file__).parents[1] / "dashboards"
    command = [sys.executable, "-m", "streamlit", "run", str(folder / "app.py")]
    command += ["--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    out.print(f"Dashboards: [bold]http://127.0.0.1:{port}[/]  (stop with Ctrl+C)")
    environment = {**os.environ, "TIEOUT_HOME": str(workspace.home)}
    raise typer.Exit(_serve(command, environment, folder))


@app.command()
def dagster(
    home: Home,
    port: Annotated[int, typer.Option(help="The port to serve on, on this machine only.")] = 3000,
) -> None:
    """Serve Dagster's own pages (assets, runs, schedules) for the workspace."""
    from pipelines.run import prepare_instance

    workspace = Workspace.open(home)
    workspace.settings()
    prepare_instance(workspace)
    command = [str(Path(sys.executable).parent / "dagster"), "dev", "-m", "pipelines.definitions"]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    out.print(f"Dagster: [bold]http://127.0.0.1:{port}[/]  (stop with Ctrl+C)")
    environment = {**os.environ, "TIEOUT_HOME": str(workspace.home)}
    raise typer.Exit(_serve(command, environment, Path(__file__).parents[1]))


def _serve(command: list[str], environment: dict[str, str], folder: Path) -> int:
    try:
        return subprocess.run(command, env=environment, cwd=folder, check=False).returncode
    except KeyboardInterrupt:
        return 0

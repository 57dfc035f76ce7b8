"""The `tieout` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import date
from fractions import Fraction
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.markup import escape

from pipelines.decided import decide
from pipelines.explained import print_answer
from pipelines.exported import export
from pipelines.failure import RunFailed
from pipelines.measured import metric
from pipelines.options import Format, Home
from pipelines.progress import progress_bar
from pipelines.reports import (
    STATUS_SQL,
    err,
    out,
    print_csv,
    print_error_types,
    print_headline,
    print_json,
    print_score,
    print_status,
    print_table,
)
from pipelines.sourced import source
from tieout import __version__
from tieout.decisions.record import DecisionRefused
from tieout.editions import Editions, NoEdition, NotReadOnly, select
from tieout.exports.files import Unwritable
from tieout.figures import headline
from tieout.landing import InboxUnreadable
from tieout.metrics.question import Unanswerable
from tieout.settings import FIRST_DAY, ConfigurationError, Workspace, today

app = typer.Typer(
    help="Tieout: every cent, tied out. Lands, reconciles and publishes a company's money records.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

app.add_typer(decide, name="decide")
app.add_typer(source, name="source")
app.command()(metric)
app.command()(export)


# What a user can mend; the message says how.
REFUSALS = (
    ConfigurationError,
    DecisionRefused,
    InboxUnreadable,
    NoEdition,
    NotReadOnly,
    Unanswerable,
    Unwritable,
)


def main() -> None:
    """Run the command; what a user can mend is an error of one line and exit code 2."""
    try:
        app()
    except REFUSALS as error:
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
    out.print(f"Then run: tieout run --home {escape(quote(str(directory)))}")


@app.command()
def run(
    home: Home,
    day: Annotated[
        str | None, typer.Option(help="The arrival day, YYYY-MM-DD; today (UTC) by default.")
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Run even where nothing has changed.")
    ] = False,
) -> None:
    """Land what is new, reconcile it and publish an edition."""
    from pipelines.run import run_daily

    workspace = Workspace.open(home)
    workspace.settings()
    try:
        arrival_day = date.fromisoformat(day) if day else today()
    except ValueError:
        raise ConfigurationError(f"--day {day!r} is not a date; write YYYY-MM-DD") from None
    if not FIRST_DAY <= arrival_day <= today():
        raise ConfigurationError(
            f"--day {arrival_day} is no day on which files can have arrived: "
            f"from {FIRST_DAY} to today, {today()} (UTC)"
        )
    published = run_daily(workspace, arrival_day, err, rebuild=rebuild)
    what = "Published edition" if published["is_new"] else "Nothing changed: still edition"
    out.print(f"{what} [bold]{published['edition']}[/], as of {published['as_of']}")
    editions = Editions(workspace.editions)
    with editions.connect() as connection:
        print_headline(headline(connection, editions.get()))


@app.command()
def status(
    home: Home,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
) -> None:
    """Every file of the current edition: what was read, what was not, what does not add up.

    Of a file with several control totals the first that fails is shown; --json has them all.
    """
    workspace = Workspace.open(home)
    editions = Editions(workspace.editions)
    edition = editions.get()
    with editions.connect() as connection:
        columns, rows = select(connection, STATUS_SQL)
    if json_ or format_ is Format.json:
        print_json(columns, rows)
    elif format_ is Format.csv:
        print_csv(columns, rows)
    else:
        print_status(edition, rows)


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
    {Format.table: print_table, Format.json: print_json, Format.csv: print_csv}[format_](
        columns, rows
    )


@app.command()
def explain(
    home: Home,
    id_: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A payment, reference, payout, journal, bank line, report, item or file.",
        ),
    ],
    edition: Annotated[
        str | None, typer.Option(help="An edition's id or its beginning; the current by default.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object with everything.")] = False,
) -> None:
    """Tell the story of one record or file: what it is, its legs, its original lines.

    The exit code is 2 where no single story can be told.
    """
    from tieout.canonical import Canonical
    from tieout.explain import Store, Story, as_json
    from tieout.explain import explain as tell
    from tieout.landing import Landing

    workspace = Workspace.open(home)
    editions = Editions(workspace.editions)
    manifest = editions.get(edition)
    canonical, landing = Canonical(workspace.canonical), Landing(workspace.landing)
    with (
        editions.connect(manifest.edition_id) as connection,
        closing(Store(manifest, connection, canonical, landing)) as store,
    ):
        answer = tell(store, id_)
    if json_:
        print(json.dumps(as_json(answer), indent=1, ensure_ascii=False))
    else:
        print_answer(answer)
    if not isinstance(answer, Story):
        raise typer.Exit(2)


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
    error: Annotated[
        list[str] | None,
        typer.Option(
            help="The rate of one error type, such as settlement_fee_wrong=1/1000; may be repeated."
        ),
    ] = None,
    list_errors: Annotated[
        bool, typer.Option("--list-errors", help="Print the error types and their rates, and stop.")
    ] = False,
    columnar: Annotated[
        bool, typer.Option("--columnar", help="Processors' lines as Parquet: fast, for benchmarks.")
    ] = False,
    processes: Annotated[
        int, typer.Option(min=1, help="Work in so many processes; the files are the same.")
    ] = 1,
) -> None:
    """Write the files of a made-up payments company into the inbox, and the truth beside it.

    The company lives through six phases from $1M a month to $1T a year. Its errors are planted,
    and truth/ says which; a run never reads that folder.
    """
    from tieout.simulator import DEMO_MONTHS, ErrorRates, parse_months
    from tieout.simulator import simulate as write_company

    if list_errors:
        print_error_types()
        return
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
        errors = ErrorRates()
        if error_rate is not None:
            errors = ErrorRates.per_payment(Fraction(error_rate))
        errors = errors.changed(dict(map(_error_type_and_rate, error or ())))
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
                columnar=columnar,
                processes=processes,
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


def _error_type_and_rate(text: str) -> tuple[str, Fraction]:
    name, equals, rate = text.partition("=")
    if not equals:
        raise ValueError(f"--error {text!r} has no rate; write it as error_type=1/1000")
    return name.strip(), Fraction(rate.strip())


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
    print_score(report)


@app.command()
def controls(
    home: Home,
    trials: Annotated[
        int, typer.Option(min=1, max=100, help="Planted errors a control, at most.")
    ] = 5,
    seed: Annotated[int, typer.Option(help="The same seed tries the same records.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Plant known errors in a shadow of the latest day, and see whether they are noticed.

    The edition and the workspace's data stay as they are; the result is added to
    data/controls.jsonl. The exit code is 1 when an error was missed, or when something broke that
    nobody planted.
    """
    from pipelines.controlled import print_controls, run_controls

    done = run_controls(Workspace.open(home), err, seed=seed, trials=trials)
    if json_:
        print(json.dumps(done.as_dict(), indent=1))
    else:
        print_controls(done)
    if not done.passed:
        raise typer.Exit(1)


@app.command()
def dashboard(
    home: Home,
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8501,
    address: Annotated[
        str, typer.Option(help="The address to serve on; another one needs sign-in.")
    ] = "127.0.0.1",
) -> None:
    """Serve the dashboards, until interrupted: for this machine, or for who signs in."""
    from dashboards.serving import serve

    workspace = Workspace.open(home)
    out.print(f"Dashboards: [bold]http://{address}:{port}[/]  (stop with Ctrl+C)")
    raise typer.Exit(serve(workspace, address, port))


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

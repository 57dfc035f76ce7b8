"""Negative controls in production: plan, plant, build, judge, record; and print what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.inputs import fingerprint
from pipelines.failure import RunFailed
from pipelines.progress import progress_bar
from pipelines.reports import out
from pipelines.run import exclusive
from tieout import __version__
from tieout.canonical import Canonical
from tieout.controls import (
    CONTROLS,
    Build,
    Control,
    ControlsRun,
    Plan,
    Result,
    Trial,
    append,
    baseline_of,
    judge,
    make_plan,
    plant,
    take_stock,
)
from tieout.controls.trials import HORIZON_DAYS
from tieout.editions import Edition, Editions, content_hash
from tieout.engine import connect
from tieout.figures import rate
from tieout.landing import Progress
from tieout.settings import ConfigurationError, Workspace

RECORD = "controls.jsonl"
_COLLATERAL_MAX = 10


def run_controls(workspace: Workspace, console: Console, *, seed: int, trials: int) -> ControlsRun:
    """Try every control on a shadow of the current edition, and record the result.

    Nothing but the record is written. `ConfigurationError` where there is nothing to try it on.
    """
    edition = Editions(workspace.editions).get()
    with exclusive(workspace):
        run = _run(workspace, edition, console, seed=seed, trials=trials)
        append(workspace.data / RECORD, run)
    return run


def _run(
    workspace: Workspace, edition: Edition, console: Console, *, seed: int, trials: int
) -> ControlsRun:
    started = time.monotonic()
    with progress_bar(console) as progress:
        task = progress.add_task("controls", total=None, detail="choosing records")

        def report(what: str, number: int, total: int) -> None:
            progress.update(task, detail=what, completed=number, total=total or None)

        with _baseline(workspace, edition) as baseline:
            plan = make_plan(baseline, trials=trials, seed=seed, controls=CONTROLS)
            if not plan.builds:
                raise ConfigurationError(
                    f"no control can be planted: nothing that was matched in the {HORIZON_DAYS} "
                    f"days before {edition.as_of} is past its deadline"
                )
            results: dict[str, Result] = {}
            collateral: list[str] = []
            for build in plan.builds:
                where = f"controls {build.number + 1}/{len(plan.builds)}"
                progress.update(task, description=where)
                judged, unexplained = _try(workspace, edition, baseline, build, report)
                results |= judged
                collateral += unexplained
    return ControlsRun(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        edition=edition.edition_id,
        as_of=edition.as_of,
        tieout_version=__version__,
        seed=seed,
        trials_wanted=trials,
        builds=len(plan.builds),
        seconds=round(time.monotonic() - started, 1),
        results=_in_order(plan, results),
        collateral=tuple(collateral),
    )


@contextmanager
def _baseline(workspace: Workspace, edition: Edition) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read-only, if the edition was published from it and from what there is now.

    Otherwise what has changed since would show in the shadow, and nobody would have planted it.
    """
    changed = ConfigurationError(
        "the files, the configuration, the day or the platform itself have changed since edition "
        f"{edition.edition_id} was published; first run: tieout run"
    )
    note = workspace.data / "inputs.json"
    published = {"edition": edition.edition_id, "inputs": fingerprint(workspace)}
    if not note.exists() or json.loads(note.read_text(encoding="utf-8")) != published:
        raise changed
    try:
        connection = connect(workspace.warehouse, read_only=True)
    except duckdb.Error as error:
        raise ConfigurationError(
            f"{workspace.warehouse} cannot be read: {error}; run: tieout run --rebuild"
        ) from None
    with connection:
        if content_hash(connection, "main.fct_breaks") != edition.tables["fct_breaks"].content_hash:
            raise changed
        take_stock(connection, Canonical(workspace.canonical))
        yield connection


def _try(
    workspace: Workspace,
    edition: Edition,
    baseline: duckdb.DuckDBPyConnection,
    build: Build,
    report: Progress,
) -> tuple[dict[str, Result], tuple[str, ...]]:
    """One shadow build: the results of its controls by name, and what nobody planted."""
    # Dagster and dbt take seconds to import.
    from assets.shadow import ShadowFailed, shadow_warehouse

    started = time.monotonic()
    before = baseline_of(baseline, build)
    try:
        with shadow_warehouse(
            workspace,
            lambda canonical: plant(baseline, build, canonical),
            as_of=edition.as_of,
            reporting_currency=edition.reporting_currency,
            report=report,
        ) as shadow:
            verdict = judge(shadow, before, build)
    except ShadowFailed as error:
        raise RunFailed("the shadow of the controls", str(error), "–") from None
    seconds = round(time.monotonic() - started, 1)
    results = {}
    for control in build.controls:
        tried = tuple(
            Trial(choice.candidate, choice.day.isoformat(), verdict.has(choice))
            for choice in build.choices
            if choice.control is control
        )
        results[control.name] = _result(control, tried, verdict.also[control.name], seconds)
    return results, verdict.collateral


def _result(
    control: Control, trials: tuple[Trial, ...], also: tuple[str, ...], seconds: float
) -> Result:
    return Result(control.name, control.imitates, control.leg, control.types, trials, also, seconds)


def _in_order(plan: Plan, results: dict[str, Result]) -> tuple[Result, ...]:
    lacking = {
        c.name: Result(c.name, c.imitates, c.leg, c.types, not_applicable=c.needs)
        for c in plan.not_applicable
    }
    return tuple((results | lacking)[control.name] for control in CONTROLS)


def print_controls(run: ControlsRun) -> None:
    """A row a control, then what was missed, what nobody planted, and the total."""
    table = Table(header_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("control", "imitates"):
        table.add_column(name)
    for name in ("trials", "detected", "rate"):
        table.add_column(name, justify="right")
    table.add_column("must be noticed as")
    table.add_column("seconds", justify="right")
    for r in run.results:
        must = f"{r.leg}: {' or '.join(r.types)}"
        if r.not_applicable:
            table.add_row(
                r.control, r.imitates, "–", "–", "–", f"not applicable: {r.not_applicable}"
            )
            continue
        counts = (f"{len(r.trials):,}", f"{r.detected:,}", rate(r.detected, len(r.trials), 0))
        table.add_row(
            r.control, r.imitates, *counts, must, f"{r.seconds:.1f}",
            style="red" if r.is_missed else "",
        )  # fmt: skip
    out.print(table)
    for r in run.results:
        for trial in r.trials:
            if not trial.detected:
                out.print(f"[red]missed[/] {r.control}: {trial.candidate} of {trial.day}")
    for what in run.collateral[:_COLLATERAL_MAX]:
        out.print(f"[red]nobody planted[/] {escape(what)}")
    if len(run.collateral) > _COLLATERAL_MAX:
        out.print(f"… and {len(run.collateral) - _COLLATERAL_MAX} more")
    lacking = sum(r.not_applicable is not None for r in run.results)
    out.print(
        f"Edition [bold]{run.edition}[/] as of {run.as_of}: {run.detected} of {run.trials} planted "
        f"errors detected by {len(run.results) - lacking} controls, {lacking} not applicable, "
        f"{len(run.collateral)} breaks that nobody planted; shadow builds: {run.builds}, "
        f"{run.seconds:.1f} s, seed {run.seed}"
    )

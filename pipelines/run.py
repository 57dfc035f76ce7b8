"""One run of the daily job in this process, with its progress on the terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from rich.console import Console

from assets.inputs import unchanged_edition
from pipelines.failure import RunFailed
from pipelines.progress import progress_bar
from tieout.editions import Editions
from tieout.settings import ConfigurationError, Workspace

if TYPE_CHECKING:
    import dagster as dg

# One writer of the warehouse at a time, in `dagster dev` too; no telemetry, no sign-up form.
INSTANCE = """\
telemetry: {enabled: false}
nux: {enabled: false}
concurrency: {pools: {granularity: op, default_limit: 1}}
event_log_storage: {module: assets.event_log, class: EventLog}
"""


def prepare_instance(workspace: Workspace) -> None:
    """Give the workspace its Dagster home and make this process use it."""
    workspace.dagster_home.mkdir(parents=True, exist_ok=True)
    config = workspace.dagster_home / "dagster.yaml"
    if not config.exists():
        config.write_text(INSTANCE, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(workspace.dagster_home)


@contextmanager
def exclusive(workspace: Workspace) -> Iterator[None]:
    """Only one run of a workspace at a time; a second one is refused at once."""
    lock = FileLock(workspace.data / "run.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ConfigurationError(
            f"another run is writing {workspace.home}; wait until it has ended"
        ) from None
    try:
        yield
    finally:
        lock.release()


def run_daily(
    workspace: Workspace, day: date, console: Console, *, rebuild: bool = False
) -> dict[str, object]:
    """Run the daily job for one arrival day; returns the metadata of the published edition.

    Where nothing has changed since the current edition was published, there is nothing to do, and
    Dagster is not even loaded; `rebuild` runs all the same.
    """
    unchanged = None if rebuild else unchanged_edition(workspace)
    if unchanged:
        edition = Editions(workspace.editions).get(unchanged)
        return {"edition": unchanged, "is_new": False, "as_of": edition.as_of}
    return _run(workspace, day, console)


def _run(workspace: Workspace, day: date, console: Console) -> dict[str, object]:
    import dagster as dg

    prepare_instance(workspace)
    log = workspace.data / "run.log"
    with exclusive(workspace), progress_bar(console) as progress:
        task = progress.add_task("starting", total=None, detail="loading Dagster and dbt")
        from assets.resources import watching
        from pipelines.definitions import build_definitions

        def show(stage: str, what: str, number: int, total: int) -> None:
            progress.update(
                task, description=stage, detail=what, completed=number, total=total or None
            )

        with (
            watching(show),
            log.open("w", encoding="utf-8") as file,
            redirect_stdout(file),
            dg.DagsterInstance.get() as instance,
        ):
            job = build_definitions(workspace.home).resolve_job_def("daily")
            result = job.execute_in_process(
                instance=instance,
                partition_key=day.isoformat(),
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
    if not result.success:
        raise _failure(result)
    (made,) = result.asset_materializations_for_node("editions__current")
    return {key: value.value for key, value in made.metadata.items()}


def _failure(result: dg.ExecuteInProcessResult) -> RunFailed:
    """Where a run stopped and why: the failed checks where there are any, else the error."""
    import dagster as dg

    failed = [
        f"{check.asset_key.to_user_string()}: {'; '.join(_said(check))}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    steps = [event for event in result.all_events if event.is_step_failure]
    step = steps[0].step_key if steps else None
    error = steps[0].step_failure_data.error if steps else None
    while error is not None and error.cause is not None:
        error = error.cause
    reason = "\n".join(failed) or (error.message.strip() if error else "no reason was given")
    if error and error.cls_name == dg.DagsterExecutionInterruptedError.__name__:
        reason = "it was interrupted; the next run does what is left"
    return RunFailed(step or "start", reason, result.run_id)


def _said(check: dg.AssetCheckEvaluation) -> list[str]:
    """What a failed check says: the expectations that failed, or dbt's message."""
    values = [
        check.metadata[k].value for k in ("failed", "errors", "message") if k in check.metadata
    ]
    lines = [line for value in values for line in (value if isinstance(value, list) else [value])]
    return [check.check_name, *map(str, lines)]

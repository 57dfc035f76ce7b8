"""What happens when a run ends: it is noted in the log of runs, and a failure is told."""

import json
import os
import urllib.request
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from assets.resources import WorkspaceResource
from tieout.runs import Run, RunLog, Step


@dg.failure_hook(required_resource_keys={"workspace"})
def notify_failure(context: dg.HookContext) -> None:
    """Post the failure to the webhook that the configuration names; without one, do nothing.

    The message names the step, the run and the error's first line, and no data.
    """
    workspace: WorkspaceResource = context.resources.workspace
    variable = workspace.settings.failure_webhook_env
    address = variable and os.environ.get(variable)
    if not address:
        return
    error = str(context.op_exception or "").strip().splitlines()
    text = " ".join([f"Tieout: step {context.op.name} of run {context.run_id} failed.", *error[:1]])
    request = urllib.request.Request(
        address,
        data=json.dumps({"text": text[:1000]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except OSError as failure:
        context.log.error(f"the failure could not be reported to {variable}: {failure}")


@dg.success_hook(required_resource_keys={"workspace"})
def note_success(context: dg.HookContext) -> None:
    """Note the run when its last step, the edition, is done."""
    if context.op.name == "editions__current":
        _note(context, failed_step=None)


@dg.failure_hook(required_resource_keys={"workspace"})
def note_failure(context: dg.HookContext) -> None:
    """Note the run with the step that failed and the first lines of why."""
    _note(context, failed_step=context.op.name)


def _note(context: dg.HookContext, failed_step: str | None) -> None:
    workspace: WorkspaceResource = context.resources.workspace
    now = datetime.now(UTC)
    found = context.instance.get_run_step_stats(context.run_id)
    steps = sorted((s for s in found if s.start_time), key=lambda step: step.start_time or 0)
    started = datetime.fromtimestamp(steps[0].start_time or 0, UTC) if steps else now
    run = context.instance.get_run_by_id(context.run_id)
    reason = str(context.op_exception or "").strip()[:2000] or None
    RunLog(workspace.workspace.runs).append(
        Run(
            run_id=context.run_id,
            job=run.job_name if run else context.job_name,
            arrival_day=run.tags.get("dagster/partition", "") if run else "",
            started_at=started.isoformat(timespec="seconds"),
            seconds=round((now - started).total_seconds(), 1),
            steps=tuple(_step(step, context.op.name, failed_step, now) for step in steps),
            failed_step=failed_step,
            reason=reason if failed_step else None,
        )
    )


def _step(step: Any, last: str, failed_step: str | None, now: datetime) -> Step:
    # The hook of a step runs before the step's own end is stored.
    ended = step.end_time or (now.timestamp() if step.step_key == last else None)
    seconds = round(ended - (step.start_time or ended), 1) if ended else None
    return Step(step.step_key, seconds, step.step_key != failed_step)

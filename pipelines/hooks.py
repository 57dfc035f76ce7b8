"""Telling somebody when a run fails."""

import json
import os
import urllib.request

import dagster as dg

from assets.resources import WorkspaceResource


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

"""What runs together, and when: the daily run, re-reading, the schedule and the inbox sensor."""

import hashlib
import time

import dagster as dg

from assets.common import ARRIVAL_DAYS
from assets.inputs import unchanged_edition
from assets.resources import WorkspaceResource
from pipelines.hooks import note_failure, note_success, notify_failure
from tieout.landing import inbox_files, size_and_time
from tieout.settings import today

# A file that is younger than this may still be on its way into the inbox.
SETTLE_SECONDS = 10

daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all(),
    partitions_def=ARRIVAL_DAYS,
    hooks={notify_failure, note_failure, note_success},
    description="Land, read, check, reconcile and publish what is new.",
)

reread = dg.define_asset_job(
    "reread",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("landing"),
    partitions_def=ARRIVAL_DAYS,
    hooks={notify_failure, note_failure, note_success},
    config={"ops": {"canonical_tables": {"config": {"again": True}}}},
    description="Read the files of an arrival day again (a backfill over days), land nothing new.",
)


@dg.schedule(job=daily, cron_schedule="0 5 * * *", execution_timezone="UTC")
def every_morning(
    context: dg.ScheduleEvaluationContext, workspace: WorkspaceResource
) -> dg.RunRequest | dg.SkipReason:
    """Every morning at 05:00 UTC, for the day that has begun."""
    if unchanged_edition(workspace.workspace):
        return dg.SkipReason("nothing has changed since the current edition was published")
    day = context.scheduled_execution_time.date().isoformat()
    return dg.RunRequest(run_key=day, partition_key=day)


@dg.sensor(job=daily, minimum_interval_seconds=30)
def inbox(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource
) -> dg.RunRequest | dg.SkipReason:
    """Run when files have arrived in the inbox and have settled."""
    root = workspace.workspace.inbox
    known = {(d.origin, d.size_and_time) for d in workspace.landing.deliveries()}
    new = [
        (path.relative_to(root).as_posix(), size_and_time(path), path.stat().st_mtime)
        for path in inbox_files(root)
    ]
    new = [entry for entry in new if entry[:2] not in known]
    if not new:
        return dg.SkipReason("nothing new in the inbox")
    if max(entry[2] for entry in new) > time.time() - SETTLE_SECONDS:
        return dg.SkipReason("files are still arriving")
    key = hashlib.sha256(repr(sorted(entry[:2] for entry in new)).encode()).hexdigest()
    return dg.RunRequest(run_key=key, partition_key=today().isoformat())

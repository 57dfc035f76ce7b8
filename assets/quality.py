"""The checks on what comes in, blocking what follows: nothing is lost, and expectations hold."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import dagster as dg

from assets.common import day_of
from assets.resources import WorkspaceResource, reporter
from tieout.contracts import BUSINESS_TABLES

SPECS = [
    dg.AssetCheckSpec(
        "every_landed_file_is_accounted_for",
        asset=["canonical", "source_files"],
        blocking=True,
        description="All that has ever landed has its row in source_files.",
    ),
    *(
        dg.AssetCheckSpec(
            "expectations",
            asset=["canonical", name],
            blocking=True,
            description="The Great Expectations suite of the table holds for the rows of the day,"
            " and of files that were read since all suites held last.",
        )
        for name in BUSINESS_TABLES
    ),
]


@dg.multi_asset_check(name="expectations", specs=SPECS)
def expectations(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> Iterator[dg.AssetCheckResult]:
    """Look for lost files, then run all suites once; what fails stops the run before dbt."""
    yield _lost_files(workspace)
    report = reporter("checking")
    report("loading Great Expectations", 0, 1)
    # Nothing about a company's data leaves its machine. It is read when the library is imported.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    from expectations.validation import validate  # takes seconds, so only where it is used

    days = _days_to_check(workspace, day_of(context))
    outcome, docs = validate(
        workspace.canonical, workspace.workspace.quality, days, list(BUSINESS_TABLES)
    )
    told = {name: asdict(checked) for name, checked in outcome.items()}
    path = workspace.workspace.expectations
    path.write_text(json.dumps({"day": day_of(context).isoformat(), "tables": told}), "utf-8")
    if not any(checked.failed or checked.errors for checked in outcome.values()):
        workspace.workspace.expectations_held.touch()
    for name, checked in outcome.items():
        clean = not (checked.failed or checked.errors)
        yield dg.AssetCheckResult(
            asset_key=["canonical", name],
            check_name="expectations",
            passed=clean and not checked.warned,
            severity=dg.AssetCheckSeverity.WARN if clean else dg.AssetCheckSeverity.ERROR,
            metadata={
                "rows": checked.rows,
                "failed": checked.failed,
                "warned": checked.warned,
                "errors": checked.errors,
                "data_docs": dg.MetadataValue.url(docs),
            },
        )


def _lost_files(workspace: WorkspaceResource) -> dg.AssetCheckResult:
    known = workspace.canonical.accounts()
    landed = workspace.landing.contents()
    lost = [f"{d.origin} of {d.arrival_day}" for d in landed if d.sha256 not in known]
    return dg.AssetCheckResult(
        asset_key=["canonical", "source_files"],
        check_name="every_landed_file_is_accounted_for",
        passed=not lost,
        metadata={"rows": len(landed), "failed": lost},
    )


def _days_to_check(workspace: WorkspaceResource, day: date) -> list[date]:
    """The day of the run, and those of rows that were written since all expectations held last.

    So what a run of yesterday did not come to check, or found wrong, is checked today. A file that
    is tried again in every run and never read writes no rows, and asks for nothing.
    """
    held = workspace.workspace.expectations_held
    since = held.stat().st_mtime_ns if held.exists() else 0
    folders = {
        path.parent.name
        for table in BUSINESS_TABLES
        for path in (workspace.canonical.root / table).glob("*/*.parquet")
        if path.stat().st_mtime_ns >= since
    }
    return sorted({day, *(date.fromisoformat(name.partition("=")[2]) for name in folders)})

"""The checks on what comes in: Great Expectations on the day's rows, blocking what follows."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from assets.common import day_of
from assets.resources import WorkspaceResource, reporter
from tieout.contracts import BUSINESS_TABLES

SPECS = [
    dg.AssetCheckSpec(
        "expectations",
        asset=["canonical", name],
        blocking=True,
        description="The Great Expectations suite of the table holds for the day's rows.",
    )
    for name in BUSINESS_TABLES
]


@dg.multi_asset_check(name="expectations", specs=SPECS)
def expectations(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> Iterator[dg.AssetCheckResult]:
    """Run all suites once; a critical expectation that fails stops the run before dbt."""
    report = reporter("checking")
    report("loading Great Expectations", 0, 1)
    # Nothing about a company's data leaves its machine. It is read when the library is imported.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    from expectations.validation import validate  # takes seconds, so only where it is used

    outcome, docs = validate(
        workspace.canonical, workspace.workspace.quality, day_of(context), list(BUSINESS_TABLES)
    )
    told = {name: asdict(checked) for name, checked in outcome.items()}
    path = workspace.workspace.expectations
    path.write_text(json.dumps({"day": day_of(context).isoformat(), "tables": told}), "utf-8")
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

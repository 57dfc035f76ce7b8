"""Stage 1, landing: the bytes as they were received, under their SHA-256."""

import dagster as dg

from assets.common import ARRIVAL_DAYS, FRESHNESS, OWNERS, day_of
from assets.resources import WorkspaceResource, reporter
from tieout.database import extract
from tieout.settings import ConfigurationError


@dg.asset(
    key=["landing", "inbox_files"],
    group_name="landing",
    partitions_def=ARRIVAL_DAYS,
    kinds={"file"},
    owners=OWNERS,
    freshness_policy=FRESHNESS,
    description="Files dropped into the inbox, byte for byte. Grain: one content (SHA-256).",
)
def inbox_files(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> dg.MaterializeResult[None]:
    """Land every new or changed file of the inbox under the run's arrival day."""
    landed = workspace.landing.land_inbox(
        workspace.workspace.inbox, day_of(context), reporter("landing")
    )
    return dg.MaterializeResult(
        metadata={
            "files": len(landed),
            "bytes": sum(delivery.bytes for delivery in landed),
            "origins": [delivery.origin for delivery in landed[:100]],
        }
    )


@dg.asset(
    key=["landing", "database_extracts"],
    group_name="landing",
    partitions_def=ARRIVAL_DAYS,
    kinds={"postgres"},
    owners=OWNERS,
    # A database may be away for a moment; the extract starts from what was ingested, so trying
    # again neither misses nor doubles a row.
    retry_policy=dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL),
    description="What is new in the company's own databases. Grain: one extract of one table.",
)
def database_extracts(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> dg.MaterializeResult[None]:
    """Land the new rows of each configured table as Parquet extracts."""
    landed = []
    canonical = workspace.canonical
    canonical.ensure_schemas()
    for database in workspace.settings.databases:
        try:
            landed += extract(database, workspace.landing, canonical, day_of(context))
        except ConfigurationError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata={"extracts": len(landed), "bytes": sum(delivery.bytes for delivery in landed)}
    )

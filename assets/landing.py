"""Stage 1, landing: the bytes as they were received, under their SHA-256."""

import dagster as dg

from assets.common import ARRIVAL_DAYS, FRESHNESS, OWNERS, day_of
from assets.resources import WorkspaceResource, reporter
from tieout.database import extract
from tieout.decisions.landing import land_decisions
from tieout.decisions.store import DecisionStore
from tieout.settings import ConfigurationError
from tieout.stores import fetch

ONE_WRITER = "landing"  # whose log of deliveries is written by one at a time


@dg.asset(
    key=["landing", "inbox_files"],
    group_name="landing",
    partitions_def=ARRIVAL_DAYS,
    pool=ONE_WRITER,
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
    pool=ONE_WRITER,
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


@dg.asset(
    key=["landing", "stored_files"],
    group_name="landing",
    partitions_def=ARRIVAL_DAYS,
    pool=ONE_WRITER,
    kinds={"file"},
    owners=OWNERS,
    # A store may be away for a moment; what was landed is known again, so trying again is safe.
    retry_policy=dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL),
    description="New and changed files of object storage. Grain: one content (SHA-256).",
)
def stored_files(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> dg.MaterializeResult[None]:
    """Land what is new in the configured stores."""
    landed = []
    for store in workspace.settings.stores:
        try:
            landed += fetch(store, workspace.landing, day_of(context))
        except ConfigurationError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata={"files": len(landed), "bytes": sum(delivery.bytes for delivery in landed)}
    )


@dg.asset(
    key=["landing", "decisions"],
    group_name="landing",
    partitions_def=ARRIVAL_DAYS,
    pool=ONE_WRITER,
    kinds={"sqlite"},
    owners=["team:finance-operations"],
    description="What people have decided since the last run. Grain: one file of new decisions.",
)
def decisions(
    context: dg.AssetExecutionContext, workspace: WorkspaceResource
) -> dg.MaterializeResult[None]:
    """Land the decisions that were not landed yet; where none is new, nothing is landed."""
    try:
        store = DecisionStore.of(workspace.workspace)
        landed = land_decisions(store, workspace.landing, day_of(context))
    except ConfigurationError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    return dg.MaterializeResult(
        metadata={"files": len(landed), "bytes": sum(delivery.bytes for delivery in landed)}
    )

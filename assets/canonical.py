"""Stage 2, canonical: typed rows with their lineage, and what could not be read."""

from collections.abc import Iterator

import dagster as dg

from assets.common import ARRIVAL_DAYS, FRESHNESS, OWNERS, column_schema, day_of
from assets.landing import database_extracts, decisions, inbox_files, stored_files
from assets.resources import WorkspaceResource, reporter
from tieout.contracts import ALL_SCHEMAS, BUSINESS_TABLES
from tieout.ingest import ingest

GRAINS = {
    **{name: table.grain for name, table in BUSINESS_TABLES.items()},
    "source_files": "one landed file, with what became of its records",
    "control_totals": "one total that a file states of itself, with the same total computed",
    "findings": "something in a file that a person should know",
    "quarantine": "one record that could not be read, with its text and the reason",
}

SPECS = [
    dg.AssetSpec(
        ["canonical", name],
        group_name="canonical",
        kinds={"parquet"},
        owners=OWNERS,
        deps=[inbox_files, stored_files, database_extracts, decisions],
        freshness_policy=FRESHNESS if name == "source_files" else None,
        description=f"Grain: {GRAINS[name]}. Written once per landed file; never edited.",
        metadata={"dagster/column_schema": column_schema(schema)},
    )
    for name, schema in ALL_SCHEMAS.items()
]


class Config(dg.Config):
    """`again`: read every file that arrived on the day again, though nothing has changed."""

    again: bool = False


@dg.multi_asset(name="canonical_tables", specs=SPECS, partitions_def=ARRIVAL_DAYS)
def canonical_tables(
    context: dg.AssetExecutionContext, config: Config, workspace: WorkspaceResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Read all that landed and was not read yet; every record of each file is accounted for.

    Files of earlier days are among them where a run was cut off, or where a reader, a rule or a
    mapping has changed since.
    """
    accounts = ingest(
        workspace.landing,
        workspace.canonical,
        workspace.settings.file_rules,
        mapped=workspace.workspace.mapped(),
        again=day_of(context) if config.again else None,
        progress=reporter("reading"),
    )
    for account in accounts:
        if account.reason:
            context.log.warning(f"{account.delivery.origin}: {account.reason}")
    for name in ALL_SCHEMAS:
        own_row = len(accounts) if name == "source_files" else 0
        rows = sum(account.rows[name] for account in accounts) + own_row
        yield dg.MaterializeResult(
            asset_key=["canonical", name],
            metadata={"dagster/partition_row_count": rows, "files": len(accounts)},
        )

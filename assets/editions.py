"""Stage 7, editions: what finance reads, published outside the warehouse."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import dagster as dg
import pyarrow as pa

from assets.common import FRESHNESS
from assets.inputs import remember
from assets.resources import WorkspaceResource, reporter
from tieout import __version__
from tieout.engine import connect
from tieout.history import TABLE, break_history
from tieout.landing import Landing


def build_edition(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset that publishes the marts; it does not run when a check upstream failed."""

    @dg.asset(
        key=["editions", "current"],
        group_name="editions",
        deps=list(marts),
        kinds={"deltalake"},
        owners=["team:finance-operations"],
        pool="warehouse",
        freshness_policy=FRESHNESS,
        description="What is published: an immutable version of every mart. Grain: one edition.",
    )
    def edition(
        context: dg.AssetExecutionContext, workspace: WorkspaceResource
    ) -> dg.MaterializeResult[None]:
        """Publish; when nothing changed, the edition stays the one that it is."""
        with connect(workspace.workspace.warehouse, read_only=True) as warehouse:
            # Rows have no order in an edition; keeping one would hold a table in memory.
            warehouse.execute("set preserve_insertion_order = false")
            deliveries = _deliveries(workspace.landing)
            warehouse.register("deliveries", deliveries)
            ((as_of, currency, records),) = warehouse.execute(
                "select as_of, reporting_currency,"
                " (select coalesce(sum(records), 0) from main.rpt_source_files)"
                " from main.int_as_of"
            ).fetchall()
            # Known is what had arrived, on whatever day the run is made.
            arrived = [date.fromisoformat(day) for day in deliveries["arrival_day"].to_pylist()]
            known_on = max(arrived, default=as_of)
            history = break_history(warehouse, workspace.editions, known_on, as_of)
            warehouse.register(TABLE, history)
            published, is_new = workspace.editions.publish(
                warehouse,
                {key.path[-1]: f"main.{key.path[-1]}" for key in marts}
                | {"deliveries": "deliveries", TABLE: TABLE},
                as_of=as_of.isoformat(),
                reporting_currency=currency,
                tieout_version=__version__,
                records=int(records),
                progress=reporter("publishing"),
            )
        remember(workspace.workspace, published.edition_id)
        return dg.MaterializeResult(
            metadata={
                "edition": published.edition_id,
                "is_new": is_new,
                "as_of": published.as_of,
                "rows": sum(table.rows for table in published.tables.values()),
            }
        )

    return edition


def _deliveries(landing: Landing) -> pa.Table:
    """Every arrival of every file: which content, from where, when."""
    kinds = {"bytes": pa.int64()}
    names = ("sha256", "bytes", "origin", "received_at", "arrival_day")
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
    rows = [asdict(delivery) for delivery in landing.deliveries()]
    return pa.Table.from_pylist(rows, schema=schema)

"""What assets of all stages share: partitions, owners, schemas as metadata."""

from datetime import date, timedelta

import dagster as dg
import pyarrow as pa

from tieout.settings import FIRST_DAY

OWNERS = ["team:data-engineering"]

# Files come every day; one missed day is a warning, two are a failure.
FRESHNESS = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=48), warn_window=timedelta(hours=26)
)


# One partition a day of arrival, today included. It begins before any workspace was made, so
# that every day can be re-read.
ARRIVAL_DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), end_offset=1)


def day_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> date:
    """The arrival day that a run is about."""
    return date.fromisoformat(context.partition_key)


def column_schema(schema: pa.Schema) -> dg.TableSchema:
    """An Arrow schema as Dagster shows it."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                field.name,
                str(field.type),
                constraints=dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in schema
        ]
    )

"""Running the suites over the canonical rows of some arrival days, and building Data Docs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import duckdb_engine
import great_expectations as gx
import pyarrow.parquet as pq
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier
from sqlalchemy import Engine, event
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from expectations.common import suite
from tieout.canonical import Canonical
from tieout.engine import connect

# So few rows are copied: a view over many small files opens all of them for each expectation.
_COPIED_ROWS = 100_000


@dataclass(frozen=True)
class CheckedTable:
    """What the expectations of one table say of the rows that were checked."""

    rows: int
    failed: list[str]
    warned: list[str]
    errors: list[str]


@event.listens_for(Engine, "connect")
def _hide_progress_of_duckdb(connection: Any, _record: Any) -> None:
    """DuckDB's own progress bar would stand among what a command prints."""
    if isinstance(connection, duckdb_engine.ConnectionWrapper):
        connection.execute("set enable_progress_bar = false")


@event.listens_for(Engine, "after_cursor_execute")
def _buffer_duckdb_results(
    connection: Any, cursor: Any, _statement: Any, _parameters: Any, context: Any, _many: Any
) -> None:
    """Keep a result beyond its connection.

    Great Expectations closes the connection before it fetches, and DuckDB's driver then drops
    the result: every expectation would fail with a hidden `list index out of range`.
    """
    if connection.dialect.name == "duckdb" and cursor.description is not None:
        context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
            cursor, initial_buffer=cursor.fetchall()
        )


def validate(
    canonical: Canonical, quality: Path, days: Sequence[date], tables: list[str]
) -> tuple[dict[str, CheckedTable], str]:
    """Check the days' rows of each table; returns the outcome by table and the Data Docs' address.

    Expectations run inside DuckDB, pushed down; a table without rows on those days passes.
    """
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    quality.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=quality) as folder:
        # A name of its own, since the connections of an earlier check in this process may linger.
        database = Path(folder) / f"{uuid4().hex}.duckdb"
        counts = _make_tables(canonical, database, days, tables)
        return _validate(quality, database, counts)


def _validate(
    quality: Path, database: Path, counts: dict[str, int]
) -> tuple[dict[str, CheckedTable], str]:
    context = gx.get_context(mode="ephemeral", project_config=_project(quality))
    source = context.data_sources.add_or_update_sql(
        "canonical", connection_string=f"duckdb:///{database}"
    )
    definitions = [
        context.validation_definitions.add_or_update(
            gx.ValidationDefinition(
                name=name,
                data=source.add_table_asset(name, table_name=name).add_batch_definition_whole_table(
                    "day"
                ),
                suite=context.suites.add_or_update(suite(name)),
            )
        )
        for name, rows in counts.items()
        if rows
    ]
    outcome = {name: CheckedTable(rows, [], [], []) for name, rows in counts.items()}
    pages: list[Any] = [ExpectationSuiteIdentifier(definition.name) for definition in definitions]
    if definitions:
        day = context.checkpoints.add_or_update(
            gx.Checkpoint(name="day", validation_definitions=definitions)
        )
        for page, result in day.run().run_results.items():
            name = page.expectation_suite_identifier.name
            outcome[name] = _judge(result, counts[name])
            pages.append(page)
    # The pages of earlier runs stay as they are: to make all of them anew would take longer with
    # every run.
    sites = context.build_data_docs(resource_identifiers=pages)
    return outcome, next(iter(sites.values()))


def _project(quality: Path) -> DataContextConfig:
    """Results and Data Docs are files; suites are code, so that nothing else is kept."""
    defaults = InMemoryStoreBackendDefaults(init_temp_docs_sites=True)

    def folder(name: str) -> dict[str, str]:
        path = str(quality / name)
        return {"class_name": "TupleFilesystemStoreBackend", "base_directory": path}

    defaults.stores[defaults.validation_results_store_name]["store_backend"] = folder("results")
    defaults.data_docs_sites["local_site"]["store_backend"] = folder("data_docs")
    return DataContextConfig(
        store_backend_defaults=defaults,
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _make_tables(
    canonical: Canonical, database: Path, days: Sequence[date], tables: list[str]
) -> dict[str, int]:
    counts = {}
    with connect(database) as connection:
        for name in tables:
            folders = [canonical.root / name / f"arrival_day={day}" for day in days]
            files = [path for folder in folders for path in sorted(folder.glob("*.parquet"))]
            counts[name] = sum(pq.read_metadata(path).num_rows for path in files)
            if counts[name]:
                names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
                kind = "table" if counts[name] <= _COPIED_ROWS else "view"
                connection.execute(f"create {kind} {name} as from read_parquet([{names}])")
    return counts


def _judge(result: Any, rows: int) -> CheckedTable:
    failed: list[str] = []
    warned: list[str] = []
    errors: list[str] = []
    for one in result.results:
        config = one.expectation_config
        said = config.description or f"{config.type} {config.kwargs.get('column', '')}".strip()
        # An expectation that could not be evaluated is a fault of the check, not of the data.
        if one.exception_info.get("raised_exception"):
            errors.append(f"{said}: {one.exception_info.get('exception_message')}")
        elif not one.success:
            count = one.result.get("unexpected_count", one.result.get("observed_value"))
            target = warned if str(config.severity).lower().endswith("warning") else failed
            target.append(f"{said} ({count} rows)")
    return CheckedTable(rows, failed, warned, errors)

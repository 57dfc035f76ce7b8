"""Stages 3 to 6, the warehouse: dbt models from staging to marts, their tests as checks."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from assets.manifest import parsed
from assets.resources import WorkspaceResource, reporter
from tieout.engine import connect
from tieout.landing import Progress

PROJECT = DbtProject(
    project_dir=Path(__file__).parents[1] / "dbt_project", packaged_project_dir=None
)

# A view is not counted: that would be to run it.
_ROWS = "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes as the road names its stages."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """``canonical/<table>`` for a source, ``<group>/<model>`` for what dbt builds."""
        name = dbt_resource_props["name"]
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(["canonical", name])
        return dg.AssetKey([self.get_group_name(dbt_resource_props), name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The stage of the road: the folder of the model."""
        if dbt_resource_props["resource_type"] == "seed":
            return "policy"
        return str(dbt_resource_props["fqn"][1])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Who answers for a model."""
        if dbt_resource_props.get("fqn", [None, None])[1] in ("reconciliation", "marts"):
            return ["team:finance-operations"]
        return ["team:data-engineering"]


def use_workspace(workspace: WorkspaceResource) -> None:
    """Tell dbt where the workspace is; its profile and sources read these two variables."""
    os.environ["TIEOUT_WAREHOUSE"] = str(workspace.workspace.warehouse)
    os.environ["TIEOUT_CANONICAL"] = str(workspace.workspace.canonical)


def build_warehouse(manifest: Path) -> dg.AssetsDefinition:
    """The dbt models as assets, from a parsed manifest."""

    @dbt_assets(
        manifest=manifest,
        project=PROJECT,
        name="warehouse",
        dagster_dbt_translator=Translator(),
        # One writer: a read-write DuckDB locks every other process out.
        pool="warehouse",
    )
    def warehouse(
        context: dg.AssetExecutionContext, workspace: WorkspaceResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        """Build every model and test; a failed test fails what depends on its model."""
        use_workspace(workspace)
        results = build_models(workspace, reporter("reconciling"))
        shutil.copyfile(
            manifest.with_name("semantic_manifest.json"), workspace.workspace.definitions
        )
        checks = {key.name: key for key in context.selected_asset_check_keys}
        with connect(workspace.workspace.warehouse, read_only=True) as connection:
            rows = dict(connection.execute(_ROWS).fetchall())
            for name in _parquet_tables(results):
                ((rows[name],),) = connection.execute(f"select count(*) from {name}").fetchall()
        for result in results:
            yield from _events(result, checks, rows)
        failed = [f"{r.node.name}: {r.message}" for r in results if r.status in ("fail", "error")]
        if failed:
            raise dg.Failure("\n".join(failed), allow_retries=False)

    return warehouse


def build_models(workspace: WorkspaceResource, report: Progress, *, test: bool = True) -> list[Any]:
    """Build every model, and `test` it; dbt's results.

    In this process: starting another one costs seconds.
    """
    report("loading dbt", 0, 1)
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    done = 0

    def count(event: Any) -> None:
        nonlocal done
        if event.info.name == "NodeFinished":
            done += 1
            report(event.data.node_info.node_name, done, 0)

    settings = workspace.settings
    as_of = settings.as_of_date()
    variables = {
        "reporting_currency": settings.reporting_currency,
        "as_of": as_of.isoformat() if as_of else "latest",
    }
    folder = str(PROJECT.project_dir)
    # Seeds of an older version have other columns, so they are made anew like all else.
    command = ["build", "--full-refresh", "--exclude-resource-type", "unit_test"]
    command += [] if test else ["--exclude-resource-type", "test"]
    command += ["--project-dir", folder, "--profiles-dir", folder]
    command += ["--vars", json.dumps(variables), "--log-level-file", "none"]
    # What dbt keeps between commands belongs to the workspace: runs of two do not meet in it.
    command += ["--target-path", str(workspace.workspace.data / "dbt")]
    # Its own report on a run is read by nobody, and took a tenth of a small one.
    command += ["--no-write-json"]
    try:
        runner = dbtRunner(manifest=parsed(PROJECT.project_dir), callbacks=[count])
        outcome = runner.invoke(command)
    finally:
        # dbt keeps its connection for the next command, and with it the lock on the file.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if outcome.exception is not None:
        raise outcome.exception
    results: list[Any] = list(cast(RunExecutionResult, outcome.result).results)
    return results


def _parquet_tables(results: list[Any]) -> Iterator[str]:
    """The tables that are files, which know how many rows they have."""
    for result in results:
        node = result.node
        if node.config.get("file_format") == "parquet" and result.status == "success":
            yield f"{node.schema}.{node.alias}"


def _events(
    result: Any, checks: Mapping[str, dg.AssetCheckKey], rows: Mapping[str, int]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """What one dbt result means to Dagster: a check, or a model, with its rows if it has any."""
    node = result.node
    seconds = {"seconds": round(result.execution_time, 3)}
    if node.resource_type == "test":
        if node.name in checks and result.status != "skipped":
            key = checks[node.name]
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=result.status == "pass",
                severity=dg.AssetCheckSeverity.ERROR
                if node.config.severity.lower() == "error"
                else dg.AssetCheckSeverity.WARN,
                metadata={"rows": result.failures or 0, "message": result.message or "", **seconds},
            )
    elif result.status == "success" and node.resource_type in ("model", "seed"):
        name = f"{node.schema}.{node.alias}"
        counted = {"dagster/row_count": rows[name]} if name in rows else {}
        yield dg.MaterializeResult(
            asset_key=Translator().get_asset_key(node.to_dict()), metadata={**counted, **seconds}
        )

"""The code location that Dagster loads: ``dagster dev`` with TIEOUT_HOME set to a workspace."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from assets.canonical import canonical_tables
from assets.editions import build_edition
from assets.landing import database_extracts, decisions, inbox_files, stored_files
from assets.manifest import manifest
from assets.quality import expectations
from assets.resources import WorkspaceResource
from assets.warehouse import build_warehouse, use_workspace
from pipelines.jobs import daily, every_morning, inbox, reread
from tieout.settings import ConfigurationError, Workspace


def build_definitions(home: Path) -> dg.Definitions:
    """Everything for one workspace; its configuration is validated here, before any run."""
    Workspace.open(home).settings()
    workspace = WorkspaceResource(home=str(home.resolve()))
    use_workspace(workspace)
    warehouse = build_warehouse(manifest())
    marts = sorted(
        key for key in warehouse.keys if warehouse.get_asset_spec(key).group_name == "marts"
    )
    return dg.Definitions(
        assets=[
            inbox_files,
            stored_files,
            database_extracts,
            decisions,
            canonical_tables,
            warehouse,
            build_edition(marts),
        ],
        asset_checks=[expectations],
        jobs=[daily, reread],
        schedules=[every_morning],
        sensors=[inbox],
        resources={"workspace": workspace},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The workspace that TIEOUT_HOME names. There is no default, so no run lands elsewhere."""
    home = os.environ.get("TIEOUT_HOME")
    if not home:
        raise ConfigurationError(
            "TIEOUT_HOME is not set; set it to a workspace made with: tieout init DIR"
        )
    return build_definitions(Path(home))

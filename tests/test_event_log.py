"""Dagster's event log over kept connections: nothing is lost, and every process sees it."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from assets.event_log import _ENGINES_MAX, EventLog
from pipelines.run import prepare_instance
from tieout.settings import Workspace


@dg.asset
def thing() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 7})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")
    monkeypatch.setenv("DAGSTER_HOME", "")  # so that what the workspace sets is taken back
    prepare_instance(workspace)
    return workspace


def rows_of(instance: dg.DagsterInstance) -> object:
    event = instance.get_latest_materialization_event(dg.AssetKey("thing"))
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization.metadata["rows"].value


def test_events_outlive_the_instance_and_move_with_the_workspace(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        run = dg.materialize([thing], instance=instance)
        with dg.DagsterInstance.get() as another:  # as the web server looks on
            assert rows_of(another) == 7
    moved = workspace.home.rename(workspace.home.with_name("moved"))
    monkeypatch.setenv("DAGSTER_HOME", str(Workspace.open(moved).dagster_home))
    with dg.DagsterInstance.get() as instance:
        assert rows_of(instance) == 7
        assert len(instance.all_logs(run.run_id)) > 5


def test_many_runs_keep_few_databases_open(workspace: Workspace) -> None:
    with dg.DagsterInstance.get() as instance:
        log = instance.event_log_storage
        assert isinstance(log, EventLog)
        runs = [dg.materialize([thing], instance=instance) for _ in range(_ENGINES_MAX + 2)]
        counts = {len(instance.all_logs(run.run_id)) for run in runs}
        assert len(counts) == 1
        assert len(log._engines) <= _ENGINES_MAX

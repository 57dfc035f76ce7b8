"""dbt's own unit tests, run once on an empty canonical store."""

import os
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from assets.warehouse import PROJECT
from tieout.canonical import Canonical

pytestmark = pytest.mark.xdist_group("pipeline")


def test_the_unit_tests_of_the_models_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Canonical(tmp_path / "canonical").ensure_schemas()
    monkeypatch.setitem(os.environ, "TIEOUT_WAREHOUSE", str(tmp_path / "w.duckdb"))
    monkeypatch.setitem(os.environ, "TIEOUT_CANONICAL", str(tmp_path / "canonical"))
    folder = str(PROJECT.project_dir)
    common = ["--quiet", "--project-dir", folder, "--profiles-dir", folder]
    common += ["--target-path", str(tmp_path / "target"), "--log-level-file", "none"]
    common += ["--vars", '{"reporting_currency": "USD", "as_of": "latest"}']
    runner = dbtRunner()
    # A unit test takes the types of what it reads from tables that exist.
    assert runner.invoke(["seed", *common]).success
    assert runner.invoke(["run", "--empty", *common]).success
    outcome = runner.invoke(["test", "--select", "test_type:unit", *common])
    results = [r for r in outcome.result.results if r.node.resource_type == "unit_test"]
    assert {r.node.name: r.message for r in results if r.status != "pass"} == {}
    assert len(results) >= 5

"""Negative controls on the simulated company: all noticed, nothing else, nothing changed."""

import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from assets import shadow, warehouse
from pipelines import controlled
from pipelines.cli import app
from pipelines.controlled import RECORD, run_controls
from pipelines.run import exclusive
from tests.pipeline.conftest import Company
from tieout.controls import CONTROLS, How, history
from tieout.settings import ConfigurationError, Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]

TRIALS = 3
# What a run of the controls writes: its record, and the lock that keeps runs out.
OWN = {RECORD, "run.lock"}


def hashes(workspace: Workspace) -> dict[str, str]:
    """SHA-256 of every file of the workspace by its path."""
    return {
        path.relative_to(workspace.home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in workspace.home.rglob("*")
        if path.is_file() and path.name not in OWN
    }


def test_every_control_is_noticed_and_the_workspace_stays_as_it_is(company: Company) -> None:
    before = hashes(company.workspace)
    left_behind = company.workspace.data / "shadow" / "data"
    left_behind.mkdir(parents=True)  # by a process that was killed
    (left_behind / "warehouse.duckdb").write_bytes(b"torn")
    options = ["--home", str(company.workspace.home), "--trials", str(TRIALS), "--json"]
    result = CliRunner().invoke(app, ["controls", *options])
    run = json.loads(result.stdout)
    missed = {
        r["control"]: (r["detected"], r["not_applicable"])
        for r in run["results"]
        if r["detected"] < TRIALS
    }
    assert (missed, run["collateral"], result.exit_code) == ({}, [], 0)
    assert [r["control"] for r in run["results"]] == [control.name for control in CONTROLS]
    assert hashes(company.workspace) == before
    assert not (company.workspace.data / "shadow").exists()
    assert history(company.workspace.data / RECORD)[-1] == run


def test_what_a_broken_platform_overlooks_is_reported_missed(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(
        warehouse.PROJECT.project_dir, project, ignore=shutil.ignore_patterns("target", "logs")
    )
    policies = project / "seeds" / "policies.csv"
    tolerant = [
        # One minor unit is let through between payout and bank, and 20% between payment and ledger.
        line.replace(",9999-12-31,0,0,", f",9999-12-31,{let_through},")
        for line in policies.read_text().splitlines()
        for let_through in [
            {"payout_bank": "1,0", "payment_ledger": "0,2000"}.get(line.split(",")[0], "0,0")
        ]
    ]
    policies.write_text("\n".join(tolerant) + "\n")
    monkeypatch.setattr(warehouse, "PROJECT", SimpleNamespace(project_dir=project))
    # Small things only, so that one build is enough.
    small = [c for c in CONTROLS if c.how is How.change and c.leg.startswith("pay")]
    monkeypatch.setattr(controlled, "CONTROLS", small)
    console = Console(quiet=True)
    run = run_controls(company.workspace, console, seed=1, trials=TRIALS)
    assert {r.control for r in run.results if r.is_missed} == {"bank_amount", "posting_amount"}
    assert not run.passed
    assert history(company.workspace.data / RECORD)[-1]["passed"] is False


def test_a_run_and_the_controls_keep_each_other_out(company: Company) -> None:
    with exclusive(company.workspace), pytest.raises(ConfigurationError, match="another run"):
        run_controls(company.workspace, Console(quiet=True), seed=1, trials=1)


def test_controls_ask_for_a_run_first_when_something_has_changed(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controlled, "fingerprint", lambda _: "another")
    with pytest.raises(ConfigurationError, match="first run: tieout run"):
        run_controls(company.workspace, Console(quiet=True), seed=1, trials=1)


def test_a_shadow_whose_models_fail_is_removed_and_says_which(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = SimpleNamespace(node=SimpleNamespace(name="leg_x"), status="error", message="no")
    monkeypatch.setattr(shadow, "build_models", lambda *_, **__: [broken])
    with (
        pytest.raises(shadow.ShadowFailed, match="leg_x: no"),
        shadow.shadow_warehouse(
            company.workspace,
            lambda _: None,
            as_of="2026-01-05",
            reporting_currency="USD",
            report=lambda *_: None,
        ),
    ):
        pass
    assert not (company.workspace.data / "shadow").exists()

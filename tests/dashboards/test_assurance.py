"""Audit, data quality and pipeline: what an auditor and an engineer look for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assets.manifest import manifest
from tests.dashboards import small_edition
from tests.dashboards.test_pages import opened, shown
from tieout.runs import Run, RunLog, Step
from tieout.settings import Workspace

AUDIT, QUALITY, PIPELINE = (f"views/{name}.py" for name in ("audit", "quality", "pipeline"))


def run(number: int, failed_step: str | None = None) -> Run:
    return Run(
        run_id=f"{number:08d}-0000",
        job="daily",
        arrival_day="2026-11-22",
        started_at=f"2026-11-22T0{number}:00:00+00:00",
        seconds=30.0 + number,
        steps=(
            Step("landing__inbox_files", 1.0, True),
            Step("warehouse", 29.0, failed_step is None),
        ),
        failed_step=failed_step,
        reason="assert_items_equal_their_members: Got 1 result" if failed_step else None,
    )


@pytest.fixture
def books(tmp_path: Path) -> Workspace:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(home)
    return home


def test_the_pipeline_says_how_the_last_run_went(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RunLog(books.runs)
    log.append(run(1))
    log.append(run(2))
    app = opened(books, monkeypatch, PIPELINE)
    assert "The last run went through" in shown(app)
    assert {m.label: m.value for m in app.metric}["Usual duration"] == "31.5 s"
    log.append(run(3, failed_step="warehouse"))
    app.run()
    assert "The last run failed in Warehouse" in shown(app)
    assert "assert_items_equal_their_members" in shown(app)
    (grid,) = (frame.value for frame in app.dataframe)
    assert list(grid["Stopped in"]) == ["Warehouse", "", ""]


def test_a_line_that_a_crash_cut_off_hides_no_run(books: Workspace) -> None:
    log = RunLog(books.runs)
    log.append(run(1))
    with books.runs.open("a") as file:
        file.write('{"run_id": "0000')
    assert [r.run_id for r in log.runs(10)] == [run(1).run_id]


def test_data_quality_names_what_needs_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_edition.workspace(tmp_path)
    small_edition.publish(
        home,
        extra="""
        update rpt_source_files set quarantined_records = 1, format = 'stripe', records = 3;
        insert into rpt_quarantine by name
        select source_file_sha256, 4 as source_line, 'x,y' as raw_text, 'no amount' as reason
        from rpt_source_files;
        insert into rpt_control_totals by name
        select source_file_sha256, 'payout' as name, 'po_1' as scope, 5 as stated, 4 as computed,
            1 as difference
        from rpt_source_files
        """,
    )
    home.expectations.parent.mkdir(parents=True, exist_ok=True)
    told = {"rows": 2, "failed": [], "warned": ["amounts look large"], "errors": []}
    home.expectations.write_text(json.dumps({"day": "2026-11-22", "tables": {"payments": told}}))
    app = opened(home, monkeypatch, QUALITY)
    assert "1 record in quarantine, 1 failed control total" in shown(app)
    files, quarantine, sources, checks = (frame.value for frame in app.dataframe)
    assert list(files["What to know"]) == ["payout of po_1: stated 5, computed 4"]
    assert quarantine.iloc[0].tolist() == [small_edition.ORIGIN, 4, "no amount", "x,y"]
    assert list(sources["Source"]) == ["Stripe"]
    assert list(checks["What it says"]) == ["amounts look large"]


def test_a_figure_shows_its_records_and_its_sql(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.definitions.parent.mkdir(parents=True)
    shutil.copy(manifest().with_name("semantic_manifest.json"), books.definitions)
    app = opened(books, monkeypatch, AUDIT, metric="match_rate")
    answer = app.dataframe[1].value
    assert answer["Match rate"].tolist() == ["33.333%"]
    assert answer["Items"].tolist() == ["30"]
    app.multiselect(key="by_match_rate").select("leg").run()
    assert len(app.dataframe[1].value) == 5
    assert "rpt_reconciliation_daily" in shown(app)


def test_two_editions_are_compared_break_by_break(
    books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_edition.publish(books, extra="delete from fct_breaks where leg = 'payout_bank'")
    app = opened(books, monkeypatch, AUDIT, look="What changed")
    assert "0 breaks opened, 2 resolved" in shown(app)
    changes = app.dataframe[1].value
    assert list(changes["Change"]) == ["Resolved"] * 2
    assert list(changes["Before"]) == ["€1.00", "$1.00"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select count(*) as breaks from fct_breaks", None),
        ("drop view fct_breaks", "only one SELECT"),
        ("select 1; select 2", "only one SELECT"),
        ("select * from nowhere", "nowhere"),
        ("select * from read_text('/etc/hostname')", "Permission Error"),
    ],
)
def test_sql_reads_the_edition_and_nothing_else(
    query: str, said: str | None, books: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(books, monkeypatch, AUDIT, look="SQL")
    app.text_area(key="sql").set_value(query)
    app.button[-1].click().run()
    assert not app.exception
    if said:
        assert said in app.error[0].value
    else:
        assert app.dataframe[-1].value["breaks"].tolist() == ["10"]

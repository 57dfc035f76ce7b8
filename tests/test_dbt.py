"""dbt's own unit tests, run once on an empty canonical store."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from assets.warehouse import PROJECT
from tieout.canonical import Canonical
from tieout.contracts import BUSINESS_TABLES
from tieout.engine import connect

pytestmark = pytest.mark.xdist_group("pipeline")


def common(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What all commands of dbt are told, for a store and a warehouse below a folder."""
    Canonical(home / "canonical").ensure_schemas()
    monkeypatch.setitem(os.environ, "TIEOUT_WAREHOUSE", str(home / "w.duckdb"))
    monkeypatch.setitem(os.environ, "TIEOUT_CANONICAL", str(home / "canonical"))
    folder = str(PROJECT.project_dir)
    told = ["--quiet", "--project-dir", folder, "--profiles-dir", folder]
    told += ["--target-path", str(home / "target"), "--log-level-file", "none"]
    return [*told, "--vars", '{"reporting_currency": "USD", "as_of": "latest"}']


def test_the_unit_tests_of_the_models_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, runner = common(tmp_path, monkeypatch), dbtRunner()
    # A unit test takes the types of what it reads from tables that exist.
    assert runner.invoke(["seed", *told]).success
    assert runner.invoke(["run", "--empty", *told]).success
    outcome = runner.invoke(["test", "--select", "test_type:unit", *told])
    results = [r for r in outcome.result.results if r.node.resource_type == "unit_test"]
    assert {r.node.name: r.message for r in results if r.status != "pass"} == {}
    assert len(results) >= 5


def test_many_small_files_are_read_once_and_few_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows and their types are the same; the copy goes when the files are few again."""
    told = common(tmp_path, monkeypatch)
    store = Canonical(tmp_path / "canonical")
    table = BUSINESS_TABLES["refunds"]
    when = datetime(2026, 1, 2, 10, tzinfo=UTC)
    row = {
        "payment_id": "p1", "amount_minor": 100, "currency": "USD", "created_at": when,
        "source": "s", "source_line": 2,
    }  # fmt: skip

    def seen(files: int) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], bool]:
        shutil.rmtree(store.root / "refunds")
        store.ensure_schemas()
        for number in range(files):
            name = f"{number:03}"
            own = {**row, "refund_id": name, "record_id": name, "source_file_sha256": name}
            path = store.path("refunds", f"2026-01-{number % 5 + 1:02}", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist([own], table.schema), path)
        assert dbtRunner().invoke(["run", "--select", "stg_findings", *told]).success
        DuckDBConnectionManager.close_all_connections()
        with connect(tmp_path / "w.duckdb", read_only=True) as warehouse:
            refunds = "select * from canonical.refunds where refund_id < '005' order by all"
            names = "select count(*) from duckdb_tables() where table_name = 'refunds_copied'"
            return (
                warehouse.execute(f"describe {refunds}").fetchall(),
                warehouse.execute(refunds).fetchall(),
                warehouse.execute(names).fetchall() == [(1,)],
            )

    many, few = seen(60), seen(5)
    assert many[:2] == few[:2]
    assert [row[0] for row in few[0]] == [*table.schema.names, "arrival_day"]
    assert len(few[1]) == 5
    assert (many[2], few[2]) == (True, False)

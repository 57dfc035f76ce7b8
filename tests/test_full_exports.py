"""Full exports in any number, state and order of arrival: the rows are those of the newest."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.warehouse import PROJECT
from tieout.canonical import Canonical
from tieout.contracts import ALL_SCHEMAS, BUSINESS_TABLES, FULL_EXPORT
from tieout.engine import connect
from tieout.ingest import ingest
from tieout.landing import Landing
from tieout.settings import FileRule, Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("errors")]

RULE = FileRule(files="erp/*", format="own_refunds", source="erp", full_export=True)
KEYS = "abcdefgh"
DAY = date(2026, 1, 5)
# Built in this order, each from those before it.
BEFORE = ("stg_source_files", "stg_superseded_rows", "stg_current_files")
AFTER = ("stg_deleted_records", "stg_export_findings")


@dataclass(frozen=True)
class Export:
    """One full export: amounts by key, and the keys whose amount cannot be read."""

    hour: int  # when it was made
    amounts: dict[str, int]
    unreadable: frozenset[str] = frozenset()

    @property
    def data(self) -> bytes:
        lines = ["refund_id,payment_id,amount_minor,currency,created_at,exported"]
        lines += [
            f"{key},p,{'oops' if key in self.unreadable else amount},USD,2026-01-02T10:00:00Z,"
            f"{self.hour}"
            for key, amount in sorted(self.amounts.items())
        ]
        return ("\n".join(lines) + "\n").encode()

    @property
    def is_whole(self) -> bool:
        return bool(self.amounts) and not self.unreadable & set(self.amounts)

    @property
    def readable(self) -> dict[str, int]:
        return {key: n for key, n in self.amounts.items() if key not in self.unreadable}


amounts = st.dictionaries(st.sampled_from(KEYS), st.integers(1, 5), max_size=8)
unreadable = st.one_of(st.just(frozenset()), st.frozensets(st.sampled_from(KEYS), max_size=2))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Export], list[int], list[int]]:
    """Exports from the oldest to the newest, in which order they arrive, and on which day each."""
    exports = [
        Export(hour, draw(amounts), draw(unreadable)) for hour in range(draw(st.integers(1, 6)))
    ]
    arrivals = draw(st.permutations(range(len(exports))))
    arrivals += draw(st.lists(st.sampled_from(range(len(exports))), max_size=3))  # once more
    days = sorted(draw(st.lists(st.integers(0, 2), min_size=len(arrivals), max_size=len(arrivals))))
    return exports, arrivals, days


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of the staging models, as dbt compiles it for a warehouse that is called w."""
    home = tmp_path_factory.mktemp("compiled")
    Canonical(home / "canonical").ensure_schemas()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "TIEOUT_WAREHOUSE", str(home / "w.duckdb"))
        patch.setitem(os.environ, "TIEOUT_CANONICAL", str(home / "canonical"))
        folder = str(PROJECT.project_dir)
        command = ["--quiet", "compile", "--select", "path:models/staging"]
        command += ["--project-dir", folder, "--profiles-dir", folder]
        command += ["--target-path", str(home / "target"), "--log-level-file", "none"]
        command += ["--vars", '{"reporting_currency": "USD", "as_of": "latest"}']
        assert dbtRunner().invoke(command).success
    return {
        path.stem: path.read_text()
        for path in (home / "target" / "compiled").rglob("stg_*.sql")
        if path.is_file()
    }


@contextmanager
def staged(workspace: Workspace, compiled: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Staging over what was ingested, in memory and without dbt."""
    canonical = Canonical(workspace.canonical)
    with connect() as warehouse:
        warehouse.execute("attach ':memory:' as w; use w; create schema canonical")
        for table in ALL_SCHEMAS:
            warehouse.execute(
                f"create view canonical.{table} as select * from read_parquet("
                f"'{canonical.files(table)}', hive_partitioning = true,"
                " hive_types = {'arrival_day': date})"
            )
        views = [f"stg_{table}" for table in BUSINESS_TABLES]
        for name in (*BEFORE, *views, *AFTER):
            kind = "view" if name in views else "table"
            warehouse.execute(f"create {kind} main.{name} as {compiled[name]}")
        yield warehouse


def take(workspace: Workspace, exports: list[Export], arrivals: list[int], days: list[int]) -> None:
    """Drop, land and read the exports as they arrive, each file under a new name."""
    landing, canonical = Landing(workspace.landing), Canonical(workspace.canonical)
    (workspace.inbox / "erp").mkdir()
    canonical.ensure_schemas()
    for day in range(3):
        for number, which in enumerate(arrivals):
            if days[number] == day:
                path = workspace.inbox / "erp" / f"{number}.csv"
                path.write_bytes(exports[which].data)
                changed = datetime(2026, 1, 1, exports[which].hour, tzinfo=UTC).timestamp()
                os.utime(path, (changed, changed))
        arrival = DAY + timedelta(days=day)
        landing.land_inbox(workspace.inbox, arrival)
        ingest(landing, canonical, (RULE,))


def expected(exports: list[Export]) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """The rows in force, and of each deleted key the last export that had it and the next one."""
    whole = [export for export in exports if export.is_whole]
    newest = whole[-1] if whole else None
    in_force: dict[str, int] = dict(newest.readable) if newest else {}
    for export in exports:
        if newest is None or export.hour > newest.hour:
            in_force |= export.readable  # not read whole: what it has is used, nothing is deleted
    gone = {}
    for export in exports:
        after = [other.hour for other in whole if other.hour > export.hour]
        for key in export.readable:
            if key not in in_force and after:
                gone[key] = (export.hour, after[0])
    return in_force, gone


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories())
def test_the_rows_in_force_are_those_of_the_newest_whole_export(
    compiled: dict[str, str], history: tuple[list[Export], list[int], list[int]]
) -> None:
    exports, arrivals, days = history
    with TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder), reporting_currency="USD", as_of="latest")
        take(workspace, exports, arrivals, days)
        with staged(workspace, compiled) as warehouse:
            in_force = warehouse.execute("select refund_id, amount_minor from stg_refunds")
            found = in_force.fetchall()
            hours = "epoch({0}.modified_at)::bigint // 3600 % 24"
            deleted = warehouse.execute(
                f"select r.reference, {hours.format('f')}, {hours.format('g')}"
                " from stg_deleted_records r"
                " join stg_source_files f using (source_file_sha256)"
                " join stg_source_files g on g.source_file_sha256 = r.gone_from_sha256"
            ).fetchall()
            superseded = warehouse.execute(
                "select distinct superseded_because from stg_source_files"
                " where superseded_by is not null"
            ).fetchall()
    rows, gone = expected(exports)
    assert sorted(found) == sorted(rows.items())
    assert {key: (last, after) for key, last, after in deleted} == gone
    assert len(deleted) == len(gone)
    assert superseded in ([], [("newer_full_export",)])


@pytest.mark.parametrize(
    ("exports", "codes"),
    [
        ([{"a": 1, "b": 1}, {"b": 2}], []),
        ([{"a": 1, "b": 1, "c": 1}, {"c": 2}], ["full_export_shrank"]),
        ([{"a": 1, "b": 1}, {"c": 1, "d": 1}], ["full_export_in_parts"]),
        ([{"a": 1, "b": 1}, {}], ["full_export_incomplete", "full_export_shrank"]),
        ([{"a": 1, "b": 1, "c": 1}, {"c": 2}, {"a": 1, "c": 2}], ["full_export_shrank"]),
    ],
)
def test_an_export_that_looks_wrong_is_told(
    exports: list[dict[str, int]], codes: list[str], compiled: dict[str, str], workspace: Workspace
) -> None:
    made = [Export(hour, amounts) for hour, amounts in enumerate(exports)]
    take(workspace, made, list(range(len(made))), [0] * len(made))
    with staged(workspace, compiled) as warehouse:
        found = warehouse.execute("select code from stg_export_findings order by 1").fetchall()
    assert [code for (code,) in found] == codes


def test_two_exports_of_one_moment_are_in_an_unknown_order(
    compiled: dict[str, str], workspace: Workspace
) -> None:
    # The same hour is written into both files, so they differ in their keys alone.
    take(workspace, [Export(1, {"a": 1}), Export(1, {"a": 1, "b": 1})], [0, 1], [0, 0])
    with staged(workspace, compiled) as warehouse:
        files = warehouse.execute(
            "select superseded_because from stg_source_files order by delivery_rank"
        ).fetchall()
        assert files == [(None,), ("order_unknown",)]


def test_dbt_knows_the_name_of_a_full_export() -> None:
    folder = Path(PROJECT.project_dir) / "models" / "staging"
    assert f"report_id = '{FULL_EXPORT}'" in (folder / "stg_source_files.sql").read_text()

"""The same result in any order: every published table, row by row.

From scratch, day by day, in a random order of arrival with renamed and repeated files, and with a
crash in each place where one would hurt; with one, two and four threads. What tells when things
became known is not compared: the log of deliveries and the history of breaks.
"""

import itertools
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from assets import quality, warehouse
from assets.resources import WorkspaceResource, reporter
from pipelines.failure import RunFailed
from pipelines.run import run_daily
from tests.pipeline.conftest import DAY
from tieout import ingest as ingesting
from tieout.canonical import Canonical
from tieout.editions import NOT_IDENTIFYING, Editions
from tieout.engine import connect
from tieout.landing import Landing
from tieout.settings import Workspace
from tieout.simulator import ErrorRates, parse_months, simulate
from tieout.simulator.errors import KINDS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]

SHOWN = 3  # differing rows of a table, each way
Tables = dict[str, str]  # the name of a published table → the SQL of its rows


class Road:
    """One workspace that is emptied for each way; what dbt has parsed is kept."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.workspace = Workspace.create(home / "w", reporting_currency="USD", as_of="latest")
        self.files = home / "files"
        simulate(
            self.files,
            home / "truth",
            months=parse_months("2017-10,2019-10,2020-10"),
            seed=11,
            payments_per_month=400,
            errors=ErrorRates.per_payment(Fraction(1, 30)),
        )
        paths = [path for path in self.files.rglob("*") if path.is_file()]
        # As they were delivered; two of one moment by name.
        self.paths = sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.as_posix()))
        with duckdb.connect() as connection:
            planted = connection.execute(
                "select distinct error_type from read_parquet(?)",
                [str(home / "truth" / "errors.parquet")],
            ).fetchall()
        assert {kind for (kind,) in planted} == {fate.error_type for fate in KINDS}

    def empty(self) -> None:
        for folder in (self.workspace.inbox, self.workspace.landing, self.workspace.canonical):
            shutil.rmtree(folder, ignore_errors=True)
        self.workspace.inbox.mkdir()
        self.workspace.warehouse.unlink(missing_ok=True)

    def deliver(self, paths: list[Path], name: Callable[[Path], str] | None = None) -> None:
        """Files into the inbox, as old as they are."""
        for path in paths:
            target = name(path) if name else path.relative_to(self.files).as_posix()
            (self.workspace.inbox / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, self.workspace.inbox / target)

    def read(self, day: int) -> None:
        """Land and read what came on one day."""
        arrival = DAY + timedelta(days=day)
        landing = Landing(self.workspace.landing)
        landing.land_inbox(self.workspace.inbox, arrival)
        rules = self.workspace.settings().file_rules
        ingesting.ingest(landing, Canonical(self.workspace.canonical), rules)

    def build(self) -> None:
        """What a run does to its tables, without Dagster, checks and an edition."""
        resource = WorkspaceResource(home=str(self.workspace.home))
        warehouse.use_workspace(resource)
        results = warehouse.build_models(resource, reporter("building"), test=False)
        assert {r.node.name: r.message for r in results if r.status in ("fail", "error")} == {}

    def kept(self, way: str) -> Tables:
        """The marts as they are now, kept beside."""
        folder = self.home / way
        folder.mkdir()
        tables = {}
        with connect(self.workspace.warehouse, read_only=True) as connection:
            names = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'main'"
                " and (table_name like 'fct_%' or table_name like 'rpt_%')"
            ).fetchall()
            for (name,) in names:
                path = folder / f"{name}.parquet"
                connection.execute(f"copy (from main.{name}) to '{path}'")
                tables[name] = f"select * from read_parquet('{path}')"
        return tables

    def run(self, day: int) -> dict[str, object]:
        return run_daily(self.workspace, DAY + timedelta(days=day), Console(quiet=True))

    def published(self) -> Tables:
        """The tables of the current edition, kept beside."""
        folder = self.home / "published"
        folder.mkdir()
        editions = Editions(self.workspace.editions)
        tables = {}
        with editions.connect() as edition:
            for name in set(editions.get().tables) - NOT_IDENTIFYING:
                path = folder / f"{name}.parquet"
                pq.write_table(edition.execute(f"from {name}").to_arrow_table(), path)
                tables[name] = f"select * from read_parquet('{path}')"
        return tables


def differences(expected: Tables, found: Tables) -> str:
    """The first rows by which the tables differ, in words; nothing where they are the same."""
    lines = [f"only on one side: {name}" for name in sorted(set(expected) ^ set(found))]
    with connect() as connection:
        for name in sorted(set(expected) & set(found)):
            for what, one, other in (
                ("is missing", expected, found),
                ("is too many", found, expected),
            ):
                cursor = connection.execute(
                    f"{one[name]} except all {other[name]} order by all limit {SHOWN}"
                )
                columns = [column[0] for column in cursor.description or []]
                lines += [
                    f"{name}: {what}: {dict(zip(columns, row, strict=True))}"
                    for row in cursor.fetchall()
                ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Road:
    return Road(tmp_path_factory.mktemp("road"))


@pytest.fixture(scope="module")
def scratch(road: Road) -> Tables:
    """All files at once."""
    road.empty()
    road.deliver(road.paths)
    road.read(0)
    road.build()
    tables = road.kept("scratch")
    with connect() as connection:
        for name in ("fct_breaks", "fct_reconciliation_members", "rpt_source_files"):
            ((rows,),) = connection.execute(f"select count(*) from ({tables[name]})").fetchall()
            assert rows > 90, name
    assert len(tables) > 20
    return tables


def test_day_by_day(road: Road, scratch: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of their making, on one thread."""
    monkeypatch.setenv("TIEOUT_THREADS", "1")
    road.empty()
    third = len(road.paths) // 3
    for day, first in enumerate((0, third, 2 * third)):
        road.deliver(road.paths[first : first + third if day < 2 else None])
        road.read(day)
        if day != 1:  # a build takes seconds, and one before the last is as good as two
            road.build()
    assert differences(scratch, road.kept("daily")) == ""


def test_in_a_random_order_of_arrival(
    road: Road, scratch: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under other names, some twice, the newest perhaps first, on four threads."""
    monkeypatch.setenv("TIEOUT_THREADS", "4")
    road.empty()
    chance = random.Random(4711)
    paths = chance.sample(road.paths, len(road.paths))
    names = {path: f"{chance.randrange(10**9):09d}" for path in paths}
    for day in range(3):
        road.deliver(paths[day::3], names.__getitem__)
        if day == 2:
            road.deliver(chance.sample(paths[::3], 10), lambda path: f"again/{names[path]}")
        road.read(day)
    road.build()
    assert differences(scratch, road.kept("random")) == ""


def test_with_crashes_and_restarts(
    road: Road, scratch: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real run, killed within the ingest, right after it, and within the publication.

    Each time it is another day when it is started again.
    """

    def killed_at(module: object, name: str, call: int, run: Callable[[], object]) -> None:
        """Let `run` die at the so-manieth call of a function."""
        # Counted in one step: files are read side by side.
        calls, real = itertools.count(1), getattr(module, name)

        def dies(*arguments: object, **named: object) -> object:
            if next(calls) == call:
                raise OSError(28, f"killed at {name}")
            return real(*arguments, **named)

        with monkeypatch.context() as patch:
            patch.setattr(module, name, dies)
            with pytest.raises(RunFailed, match=f"killed at {name}"):
                run()

    road.empty()
    editions = Editions(road.workspace.editions)
    half = len(road.paths) // 2
    road.deliver(road.paths[:half])
    killed_at(ingesting, "_commit", half // 2, lambda: road.run(0))
    killed_at(quality, "reporter", 1, lambda: road.run(1))
    road.deliver(road.paths[half:])
    killed_at(Editions, "_write", 10, lambda: road.run(2))
    assert editions.current_id() is None
    assert road.run(3)["is_new"] is True
    assert differences(scratch, road.published()) == ""


def test_a_difference_is_shown() -> None:
    """The comparison itself: a row more, a row twice and another value."""
    one = {"t": "select * from (values (1, 'a'), (2, 'b'), (2, 'b')) as t (n, v)"}
    other = {"t": "select * from (values (2, 'b'), (1, 'c')) as t (n, v)", "u": "select 1"}
    assert differences(one, one) == ""
    assert differences(one, other).splitlines() == [
        "only on one side: u",
        "t: is missing: {'n': 1, 'v': 'a'}",
        "t: is missing: {'n': 2, 'v': 'b'}",
        "t: is too many: {'n': 1, 'v': 'c'}",
    ]

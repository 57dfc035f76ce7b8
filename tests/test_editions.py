"""Editions: immutable, identified by content, swapped at once, read-only."""

import threading
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from tieout.editions import Edition, Editions, NoEdition, NotReadOnly, content_hash, select
from tieout.engine import connect

WHEN = {"as_of": "2026-01-05", "reporting_currency": "USD", "tieout_version": "0"}


@pytest.fixture
def editions(tmp_path: Path) -> Editions:
    return Editions(tmp_path / "editions")


def publish(editions: Editions, *statements: str, records: int = 0) -> tuple[Edition, bool]:
    with connect() as warehouse:
        for statement in statements:
            warehouse.execute(statement)
        tables = {name: name for (name,) in warehouse.execute("show tables").fetchall()}
        return editions.publish(warehouse, tables, **WHEN, records=records)


def test_before_the_first_edition_the_error_says_what_to_run(editions: Editions) -> None:
    with pytest.raises(NoEdition, match="tieout run"):
        editions.get()


def test_rows_come_back_with_their_types(editions: Editions) -> None:
    publish(
        editions,
        "create table a as select 9007199254740993::bigint as minor, date '2026-01-05' as day,"
        " 1.25::decimal(18, 8) as rate, null::varchar as nothing,"
        " timestamptz '2026-01-05 10:00:00+00' as moment",
        "create table empty (n bigint, t varchar)",
    )
    with editions.connect() as reader:
        (row,) = reader.execute(
            "select minor, day::varchar, rate::varchar, nothing, moment::varchar from a"
        ).fetchall()
        assert row == (9007199254740993, "2026-01-05", "1.25000000", None, "2026-01-05 10:00:00+00")
        assert reader.execute("select n, t from empty").fetchall() == []


def test_the_same_rows_in_another_order_are_the_same_edition(editions: Editions) -> None:
    first, is_new = publish(editions, "create table a as select range as n from range(1000)")
    again, again_new = publish(
        editions, "create table a as select range as n from range(1000) order by hash(range)"
    )
    assert (is_new, again_new) == (True, False)
    assert again == first


def test_what_tells_only_when_things_happened_does_not_count(editions: Editions) -> None:
    first, _ = publish(
        editions, "create table a as select 1 as n", "create table deliveries as select 1 as t"
    )
    again, is_new = publish(
        editions, "create table a as select 1 as n", "create table deliveries as select 2 as t"
    )
    assert again.edition_id == first.edition_id
    assert not is_new


@pytest.mark.parametrize(
    "other",
    [
        "select 1 as n, 'x' as t union all select 2, 'x'",
        "select 1 as n, 'x' as t union all select 1, 'x'",  # a row twice
        "select 1 as n, null as t",
        "select 1 as n, '' as t",
        "select 1 as m, 'x' as t",
        "select 1::bigint as n, 'x' as t",
    ],
)
def test_other_content_has_another_hash(other: str) -> None:
    with connect() as connection:
        assert content_hash(connection, "(select 1 as n, 'x' as t)") != content_hash(
            connection, f"({other})"
        )


def test_old_editions_stay_readable_and_unchanged_tables_are_not_written_again(
    editions: Editions,
) -> None:
    first, _ = publish(
        editions, "create table a as select 1 as n", "create table b as select 1 as n"
    )
    second, _ = publish(
        editions, "create table a as select 2 as n", "create table b as select 1 as n"
    )
    assert editions.current_id() == second.edition_id
    assert first.tables["b"] == second.tables["b"]
    for edition, expected in ((first, 1), (second, 2)):
        with editions.connect(edition.edition_id[:8]) as reader:
            assert reader.execute("select n from a").fetchall() == [(expected,)]
    with pytest.raises(NoEdition, match=second.edition_id):
        editions.get("ffff")


@pytest.mark.parametrize(
    "statement",
    [
        "create table x as select 1",
        "drop view a",
        "copy (select 1) to 'x.csv'",
        "explain analyze copy (select 1) to 'x.csv'",
        "set threads = 1",
        "select 1; select 2",
        "attach 'x.db'",
        "insert into a values (1)",
    ],
)
def test_anything_but_one_query_is_refused(editions: Editions, statement: str) -> None:
    publish(editions, "create table a as select 1 as n")
    with editions.connect() as reader, pytest.raises((NotReadOnly, duckdb.Error)):
        select(reader, statement)


def test_a_query_reaches_nothing_but_the_edition(editions: Editions, tmp_path: Path) -> None:
    publish(editions, "create table a as select 1 as n")
    secret = tmp_path / "secret.csv"
    secret.write_text("n\n1\n")
    with editions.connect() as reader, pytest.raises(duckdb.Error, match="disabled"):
        select(reader, f"select * from read_csv('{secret}')")


def test_readers_never_see_a_mixture_while_editions_are_published(editions: Editions) -> None:
    """Two tables always hold the same number; a reader that saw two editions at once would not."""

    def both(number: int) -> list[str]:
        return [f"create table {t} as select {number} as n from range(100)" for t in "ab"]

    publish(editions, *both(0))
    done, wrong = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            try:
                with editions.connect() as reader:
                    query = "select (select max(n) from a), (select min(n) from b)"
                    ((left, right),) = reader.execute(query).fetchall()
                    if left != right:
                        wrong.append((left, right))
            except Exception as error:
                wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(1, 12):
        publish(editions, *both(number))
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


ITEMS = (
    "create table fct_reconciliation_items as select md5(n::varchar) as item_id,"
    " case when n % 50 = 0 then 'broken' else 'matched' end as status from range(5000) as t(n)",
    "create table fct_reconciliation_members as select n as record_id,"
    " case when n % 7 > 0 then md5(n::varchar) end as item_id from range(5000) as t(n)",
)


@pytest.mark.parametrize("records", [2_000_000, 50_000_000])
def test_a_large_table_in_parts_is_the_same_table(
    editions: Editions, tmp_path: Path, records: int
) -> None:
    whole, _ = publish(Editions(tmp_path / "whole"), *ITEMS)
    parted, _ = publish(editions, *ITEMS, records=records)
    assert parted.edition_id == whole.edition_id
    again, is_new = publish(editions, *ITEMS)
    assert (again, is_new) == (parted, False)
    assert all(len(table.files) > 16 for table in parted.tables.values())
    on_disk = (editions.root / "tables").rglob("*.parquet")
    named = {editions.root / f.path for table in parted.tables.values() for f in table.files}
    assert {path for path in on_disk if "_delta_log" not in path.parts} == named
    with editions.connect() as reader:
        for table, columns in (
            ("fct_reconciliation_items", ["item_id", "status"]),
            ("fct_reconciliation_members", ["record_id", "item_id"]),
        ):
            described = reader.execute(f"describe {table}").fetchall()
            assert [row[0] for row in described] == columns
            assert reader.execute(f"select count(*) from {table}").fetchone() == (5000,)
    (folder,) = {path.parent for path in named if "members" in str(path)}
    assert DeltaTable(str(folder)).to_pyarrow_table().num_rows == 5000


def test_a_part_is_one_file_however_often_rows_are_flushed(
    editions: Editions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.editions._ROWS_HELD", {2: 2048})
    rows = "select md5(n::varchar) as item_id from range(100000) as t(n)"
    edition, _ = publish(
        editions, f"create table fct_reconciliation_members as {rows}", records=50_000_000
    )
    assert len(edition.tables["fct_reconciliation_members"].files) == 256


def test_what_is_open_stands_in_a_part_of_its_own(editions: Editions) -> None:
    edition, _ = publish(editions, *ITEMS, records=2_000_000)
    files = [editions.root / file.path for file in edition.tables["fct_reconciliation_items"].files]
    kinds = [set(pq.read_table(file)["status"].to_pylist()) for file in files]
    assert all(len(kind) == 1 for kind in kinds)
    assert kinds.count({"broken"}) == 1


def test_a_large_table_may_have_no_rows(editions: Editions) -> None:
    empty = "create table fct_reconciliation_items (item_id varchar, status varchar)"
    edition, _ = publish(editions, empty, records=2_000_000)
    with editions.connect(edition.edition_id) as reader:
        assert reader.execute("from fct_reconciliation_items").fetchall() == []


def test_a_crash_before_the_pointer_moves_leaves_the_old_edition(
    editions: Editions, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = publish(editions, "create table a as select 1 as n")
    replace = Path.replace

    def dies_on_the_pointer(self: Path, target: Path) -> Path:
        if target.name == "current":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dies_on_the_pointer)
    with pytest.raises(OSError, match="No space left"):
        publish(editions, "create table a as select 2 as n")
    monkeypatch.setattr(Path, "replace", replace)
    assert editions.current_id() == first.edition_id
    with editions.connect() as reader:
        assert reader.execute("select n from a").fetchall() == [(1,)]
    second, is_new = publish(editions, "create table a as select 2 as n")
    assert is_new
    assert editions.current_id() == second.edition_id

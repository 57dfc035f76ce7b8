"""Negative controls without a warehouse: what each does to rows, how trials are chosen and judged.

A control that changes more than it says, or a verdict that praises everything, is worthless.
"""

import json
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tieout.contracts import ALL_SCHEMAS
from tieout.controls import (
    CONTROLS,
    Build,
    Control,
    ControlsRun,
    How,
    Result,
    Trial,
    append,
    baseline_of,
    history,
    judge,
    make_plan,
    plant,
)
from tieout.controls.planting import mutate
from tieout.controls.trials import Choice
from tieout.engine import connect

BY_NAME = {control.name: control for control in CONTROLS}
AT = datetime(2026, 1, 5, tzinfo=UTC)
FEES = (
    "interchange_minor",
    "scheme_fee_minor",
    "markup_minor",
    "fixed_fee_minor",
    "tax_minor",
)
BUILD = 0
FILE, OTHER = "f" * 64, "0" * 64


def rows(table: str, given: Iterable[dict[str, object]]) -> pa.Table:
    """Rows of a canonical table; what is not given and may not be null is filled in."""
    schema = ALL_SCHEMAS[table]
    fill = {"string": "x", "int64": 0, "int32": 0, "timestamp[us, tz=UTC]": AT}
    usual = {f.name: None if f.nullable else fill.get(str(f.type)) for f in schema}
    usual |= {"source_file_sha256": FILE}
    return pa.Table.from_pylist(
        [
            usual | ({"source_line": n} if "source_line" in schema.names else {}) | row
            for n, row in enumerate(given, 2)
        ],
        schema=schema,
    )


def line(record_id: str, gross: int, **more: object) -> dict[str, object]:
    """A charge with a fee of 30."""
    return {
        "record_id": record_id,
        "line_id": f"txn_{record_id}",
        "line_kind": "charge",
        "gross_minor": gross,
        "markup_minor": 30,
        "net_minor": gross - 30,
        "presentment_minor": gross,
        "currency": "USD",
        "presentment_currency": "USD",
        **more,
    }


SETTLEMENT = rows("settlement_lines", [line("a", 10_000), line("b", 7_777), line("c", 5_000)])
LEDGER = rows(
    "ledger_entries",
    [
        {"record_id": "a", "entry_id": "e1", "journal_id": "j", "amount_minor": 1_000},
        {"record_id": "b", "entry_id": "e2", "journal_id": "j", "amount_minor": -970},
        {"record_id": "c", "entry_id": "e3", "journal_id": "j", "amount_minor": -30},
    ],
)
BANK = rows(
    "bank_lines",
    [
        {"record_id": "a", "amount_minor": 500, "booking_date": date(2026, 1, 5)},
        {"record_id": "b", "amount_minor": 600, "booking_date": date(2026, 1, 5)},
    ],
)
STORED = {"settlement_lines": SETTLEMENT, "ledger_entries": LEDGER, "bank_lines": BANK}
# Which records stand for one trial, the record it is about first.
TRIAL = {"swapped_amounts": "ab", "posting_amount": "ab", "posting_missing": "abc"} | {
    "posting_doubled": "abc",
    "doubled_batch": "abc",
    "missing_file": "abc",
}


@pytest.fixture
def engine() -> Iterable[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        for name, table in STORED.items():
            connection.register(f"stored_{name}", table)
        connection.execute(
            "create table planted (build integer, control varchar, candidate varchar,"
            " record_id varchar, place bigint)"
        )
        yield connection


def chosen(engine: duckdb.DuckDBPyConnection, *controls: Control) -> Build:
    """One trial of each control, of the records in `TRIAL`."""
    for control in controls:
        for place, record_id in enumerate(TRIAL.get(control.name, "a"), 1):
            engine.execute(
                "insert into planted values (?, ?, 'a', ?, ?)",
                [BUILD, control.name, record_id, place],
            )
    candidates = {How.drop_file: FILE}
    return Build(
        BUILD,
        tuple(Choice(c, candidates.get(c.how, "a"), date(2026, 1, 5)) for c in controls),
    )


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_a_control_changes_its_rows_and_no_other(
    engine: duckdb.DuckDBPyConnection, control: Control
) -> None:
    chosen(engine, control)
    planted = mutate(engine, control, BUILD)
    own = set(TRIAL.get(control.name, "a"))
    schema = ALL_SCHEMAS[control.table]
    assert planted.before.schema == planted.after.schema == schema
    before = {row["record_id"]: row for row in planted.before.to_pylist()}
    after = planted.after.to_pylist()
    if control.how is How.add:
        assert not before
        assert len(after) == len(own)
        ids = {row["record_id"] for row in STORED[control.table].to_pylist()}
        assert not ids & {row["record_id"] for row in after}
        return
    assert set(before) == own
    if control.how is not How.change:
        assert not after
        return
    for row in after:
        was = before[row["record_id"]]
        differ = {name for name in schema.names if row[name] != was[name]}
        assert differ
        assert differ <= set(control.changes)


def after(engine: duckdb.DuckDBPyConnection, name: str) -> dict[str, dict[str, object]]:
    chosen(engine, BY_NAME[name])
    return {r["record_id"]: r for r in mutate(engine, BY_NAME[name], BUILD).after.to_pylist()}


@pytest.mark.parametrize(
    ("name", "gross", "net", "presentment"),
    [
        ("fx_shift", 9_900, 9_870, 10_000),
        ("payout_total", 10_001, 9_971, 10_000),
        ("fee_basis_point", 10_000, 9_969, 10_000),
        ("sign_flip", -10_000, -9_970, -10_000),
        ("skimmed_cent", 9_999, 9_969, 9_999),
        ("swapped_amounts", 7_777, 7_747, 7_777),
    ],
)
def test_a_changed_line_still_adds_up(
    engine: duckdb.DuckDBPyConnection, name: str, gross: int, net: int, presentment: int
) -> None:
    row = after(engine, name)["a"]
    assert (row["gross_minor"], row["net_minor"], row["presentment_minor"]) == (
        gross,
        net,
        presentment,
    )
    assert gross - sum(row[fee] for fee in FEES) == net  # type: ignore[misc]


def test_swapped_amounts_leave_every_total_as_it_was(engine: duckdb.DuckDBPyConnection) -> None:
    rows_after = after(engine, "swapped_amounts")
    assert [rows_after[r]["gross_minor"] for r in "ab"] == [7_777, 10_000]


def test_a_posting_to_the_wrong_amount_still_balances(engine: duckdb.DuckDBPyConnection) -> None:
    rows_after = after(engine, "posting_amount")
    assert [rows_after[r]["amount_minor"] for r in "ab"] == [1_100, -1_070]


def test_a_doubled_journal_is_another_one(engine: duckdb.DuckDBPyConnection) -> None:
    rows_after = list(after(engine, "posting_doubled").values())
    assert {row["journal_id"] for row in rows_after} == {"j-again"}
    assert sum(row["amount_minor"] for row in rows_after) == 0  # type: ignore[misc]


def stored(root: Path) -> Path:
    """A canonical folder: three lines, an account that says so, and another file."""
    for table, sha256, content in (
        ("settlement_lines", FILE, SETTLEMENT),
        ("ledger_entries", OTHER, LEDGER.slice(0, 0)),
        (
            "source_files",
            FILE,
            rows("source_files", [{"records": 4, "canonical_records": 3, "canonical_rows": 3}]),
        ),
    ):
        path = root / table / "arrival_day=2026-01-05" / f"{sha256}.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(content, path)
    return root


def test_a_shadow_of_links_is_changed_and_the_original_is_not(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    original = stored(tmp_path / "original")
    bytes_before = {path: path.read_bytes() for path in original.rglob("*.parquet")}
    shadow = tmp_path / "shadow"
    for path in bytes_before:
        link = shadow / path.relative_to(original)
        link.parent.mkdir(parents=True)
        os.link(path, link)
    build = chosen(engine, BY_NAME["doubled_batch"], BY_NAME["sign_flip"])
    plant(engine, build, shadow)
    assert {path: path.read_bytes() for path in original.rglob("*.parquet")} == bytes_before
    (path,) = shadow.glob("settlement_lines/*/*.parquet")
    lines = pq.read_table(path, partitioning=None)
    assert lines.schema == ALL_SCHEMAS["settlement_lines"]
    by_id = {row["record_id"]: row["gross_minor"] for row in lines.to_pylist()}
    assert len(by_id) == lines.num_rows == 6
    assert (by_id["a"], by_id["b"]) == (-10_000, 7_777)
    (path,) = shadow.glob("source_files/*/*.parquet")
    (account,) = pq.read_table(path, partitioning=None).to_pylist()
    # As if it had been delivered so: what was not a row of the table stays that.
    assert (account["records"], account["canonical_records"], account["canonical_rows"]) == (
        7,
        6,
        6,
    )


def test_a_missing_file_leaves_no_trace(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shadow = stored(tmp_path)
    plant(engine, chosen(engine, BY_NAME["missing_file"]), shadow)
    assert [path.stem for path in shadow.rglob("*.parquet")] == [OTHER]


PLANNED = Control(
    "planned", "", "leg", ("amount_mismatch",), "bank_lines", How.change,
    "select record_id as candidate, day from pool",
)  # fmt: skip
OTHER_LEG = Control(
    "other", "", "second", ("amount_mismatch",), "bank_lines", How.change, PLANNED.candidates
)


@pytest.fixture
def stock() -> Iterable[duckdb.DuckDBPyConnection]:
    """Forty records of four days, each an item of its own on `leg`; by tens they share `second`."""
    with connect() as connection:
        connection.execute("""
            create table pool as
            select 'r' || n as record_id, date '2026-01-01' + cast(n // 10 as integer) as day
            from range(40) as t(n);
            create table stored_bank_lines as from pool;
            create table item as
            select 'leg ' || record_id as item_id, 'leg' as leg, true as by_key, true as is_due,
              false as is_regrouped, 1 as left_count, 1 as right_count from pool
            union all
            select distinct 'second ' || day, 'second', true, true, false, 10, 1 from pool;
            create table member as
            select 'leg ' || record_id as item_id, 'right' as side, record_id from pool
            union all
            select 'second ' || day, 'left', record_id from pool;
        """)
        yield connection


def picked(stock: duckdb.DuckDBPyConnection, trials: int, seed: int) -> set[str]:
    (build,) = make_plan(stock, trials=trials, seed=seed, controls=[PLANNED]).builds
    return {choice.candidate for choice in build.choices}


def test_trials_are_of_the_newest_day_that_holds_enough(stock: duckdb.DuckDBPyConnection) -> None:
    (build,) = make_plan(stock, trials=2, seed=1, controls=[PLANNED]).builds
    assert {choice.day for choice in build.choices} == {date(2026, 1, 4)}


def test_the_seed_decides_which(stock: duckdb.DuckDBPyConnection) -> None:
    again = []
    for seed in (1, 1, 2):
        again.append(picked(stock, 3, seed))
        stock.execute("drop table planted; drop table touched; drop table expected")
    assert again[0] == again[1] != again[2]


def test_an_item_that_is_not_whole_in_the_trial_is_not_expected_to_break(
    stock: duckdb.DuckDBPyConnection,
) -> None:
    # Ten records share it and the trial holds one, so no candidate is left.
    plan = make_plan(stock, trials=1, seed=1, controls=[OTHER_LEG])
    assert (plan.builds, plan.not_applicable) == ((), (OTHER_LEG,))


def test_controls_in_each_other_s_way_are_built_apart(stock: duckdb.DuckDBPyConnection) -> None:
    whole_day = Control(
        "whole_day", "", "second", ("amount_mismatch",), "bank_lines", How.change,
        "select distinct 'second ' || day as candidate, day from pool",
        "select s.candidate, p.record_id, 1 as place from shortlist s join pool p using (day)",
    )  # fmt: skip
    plan = make_plan(stock, trials=4, seed=1, controls=[PLANNED, whole_day])
    assert [[c.control.name for c in build.choices] for build in plan.builds] == [
        ["planned"] * 4,
        ["whole_day"] * 4,
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        "update item set by_key = false where leg = 'leg'",
        "update item set is_due = false where leg = 'leg'",
        "update item set is_regrouped = true where leg = 'second'",
        "insert into stored_bank_lines select record_id, day from pool",
    ],
    ids=["open", "in transit", "netted", "two versions"],
)
def test_what_would_prove_nothing_is_not_tried(
    stock: duckdb.DuckDBPyConnection, spoil: str
) -> None:
    stock.execute(spoil)
    assert make_plan(stock, trials=1, seed=1, controls=[PLANNED]).not_applicable == (PLANNED,)


def warehouse(
    breaks: Iterable[tuple[str, str]] = (), *, lost: int = 0, unproven: int = 0
) -> duckdb.DuckDBPyConnection:
    """The tables that a verdict reads: item `i` of record `a`, item `far` of another record.

    Record `b` is in item `same` of a leg that is grouped as that of `i`.
    """
    connection = connect()
    connection.execute(f"""
        create table fct_breaks (break_id varchar, break_type varchar, leg varchar,
          reference varchar);
        create table fct_reconciliation_members as
        select * from (values ('a', 'i'), ('b', 'same'), ('z', 'far')) as t(record_id, item_id);
        create table fct_reconciliation_items as
        select * from (values ('i', 'leg', 'k'), ('same', 'follower', 'k'), ('far', 'leg', 'f'))
          as t(item_id, leg, match_key);
        create table rpt_legs as
        select * from (values ('leg', null), ('follower', 'leg')) as t(leg, grouped_as);
        create table rpt_conservation as select 'leg' as leg, 'bank_lines' as source_table,
          'bank' as source, 'USD' as currency, date '2026-01-05' as business_date,
          {unproven} as rows_difference, 0 as minor_difference;
        create table rpt_file_conservation as select '{FILE}' as source_file_sha256,
          0 as records_difference, {lost} as rows_difference, 0 as quarantine_difference;
        create table rpt_control_totals (source_file_sha256 varchar, name varchar, scope varchar,
          currency varchar, difference bigint);
    """)
    for break_id, break_type in breaks:
        connection.execute(
            "insert into fct_breaks values (?, ?, 'leg', null)", [break_id, break_type]
        )
    return connection


def verdict_of(
    control: Control,
    shadow: duckdb.DuckDBPyConnection,
    before: Iterable[tuple[str, str]] = (),
) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    """Whether one trial on record `a` was detected, what else noticed it, and the collateral."""
    with warehouse(before) as baseline, shadow:
        baseline.register("stored_ledger_entries", LEDGER)
        baseline.execute(
            f"create table planted as select {BUILD} as build, '{control.name}' as control,"
            " 'a' as candidate, 'a' as record_id, 1 as place"
        )
        baseline.execute(
            "create table expected as select build, control, candidate, 'i' as item_id"
            f" from planted where {control.leg != 'files'}"
        )
        build = Build(BUILD, (Choice(control, "a", date(2026, 1, 5)),))
        verdict = judge(shadow, baseline_of(baseline, build), build)
        return verdict.has(build.choices[0]), verdict.also[control.name], verdict.collateral


WANTED = Control("wanted", "", "leg", ("duplicate",), "bank_lines", How.change, "")


def test_a_new_break_of_the_right_type_is_a_detection() -> None:
    assert verdict_of(WANTED, warehouse([("i", "duplicate")])) == (True, (), ())


@pytest.mark.parametrize(
    ("breaks", "before", "also"),
    [
        ([], [], ()),
        ([("i", "late")], [], ("leg: late",)),
        ([("i", "duplicate")], [("i", "duplicate")], ()),
    ],
    ids=["nothing", "another type", "there before"],
)
def test_everything_else_is_a_miss(
    breaks: list[tuple[str, str]], before: list[tuple[str, str]], also: tuple[str, ...]
) -> None:
    assert verdict_of(WANTED, warehouse(breaks), before) == (False, also, ())


def test_a_break_far_from_the_trial_is_collateral_and_so_is_a_failed_proof() -> None:
    shadow = warehouse([("i", "duplicate"), ("far", "late")], unproven=1)
    detected, also, collateral = verdict_of(WANTED, shadow)
    assert (detected, also) == (True, ())
    assert collateral == (
        "break in leg: late far",
        "proof in rpt_conservation: leg bank_lines bank USD 2026-01-05 1 0",
    )


def test_what_is_grouped_as_the_trial_is_a_consequence_of_it() -> None:
    shadow = warehouse([("i", "duplicate"), ("same", "late")])
    assert verdict_of(WANTED, shadow) == (True, ("leg: late",), ())


@pytest.mark.parametrize(("difference", "detected"), [(1, True), (0, False), (2, False)])
def test_a_lost_record_must_show_in_its_file_to_the_row(difference: int, detected: bool) -> None:
    found, _, collateral = verdict_of(BY_NAME["lost_record"], warehouse(lost=difference))
    assert found == detected
    assert len(collateral) == (difference == 2)


def test_the_record_of_runs_is_only_added_to(tmp_path: Path) -> None:
    path = tmp_path / "controls.jsonl"
    missed = Result("c", "", "leg", ("late",), (Trial("a", "2026-01-05", detected=False),))
    run = ControlsRun("now", "e1", "2026-01-05", "0", 1, 5, 1, 0.1, (missed,), ())
    assert (run.passed, missed.is_missed) == (False, True)
    append(path, run)
    first = path.read_bytes()
    path.write_bytes(first + b'{"torn')
    append(path, run)
    assert path.read_bytes().startswith(first)
    runs = history(path)
    assert [r["edition"] for r in runs] == ["e1", "e1"]
    assert json.loads(json.dumps(run.as_dict()))["trials"] == 1

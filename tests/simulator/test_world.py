"""A world without errors ties out to the last cent, and is the same whenever it is made."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.simulator.conftest import ERRORS
from tests.simulator.reading import DECIMALS, World, half_away
from tieout.cards import truncate_text
from tieout.contracts import LEDGER_ENTRIES, PAYMENTS
from tieout.simulator import DEMO_MONTHS, ErrorRates, Month, parse_months, simulate
from tieout.simulator.draws import Draws
from tieout.simulator.phases import phase_of
from tieout.simulator.rates import Rates


def test_the_same_in_one_process_or_two(flawed: World, make_world) -> None:
    """Every byte, and when every file was delivered."""
    again = make_world(ERRORS["flawed"], processes=2)
    assert again.states() == flawed.states()


def test_another_seed_is_another_world(clean: World, make_world) -> None:
    other = make_world(ErrorRates.none(), seed=8).hashes()
    same = {name for name, digest in clean.hashes().items() if other.get(name) == digest}
    alike = ("inbox/company/costs-", "inbox/company/merchants-")
    drawn_from_few = {name for name in same if name.startswith(alike)}
    fixed = {"inbox/company/chart_of_accounts.csv", "inbox/company/fee_contracts.csv"}
    assert same == {*fixed, *drawn_from_few, "truth/errors.parquet"}


def test_a_month_is_the_same_beside_other_months(clean, tmp_path) -> None:
    simulate(
        tmp_path / "inbox",
        tmp_path / "truth",
        months=parse_months("2014-10..2014-11"),
        seed=7,
        payments_per_month=2_000,
        errors=ErrorRates.none(),
    )
    for name in ("company/payments-2014-11.parquet", "stripe/payout_reconciliation_2014-11-10.csv"):
        assert (tmp_path / "inbox" / name).read_bytes() == (clean.inbox / name).read_bytes()


def figures(world: World) -> dict[str, tuple[int, int, Fraction]]:
    """Volume, number of valid attempts and success rate of each month, from the raw files.

    As finance reports it: a day's sum in a currency at a rate of nine decimals, in whole cents.
    """
    volumes: dict[str, int] = defaultdict(int)
    rows = world.sql(
        "select captured_at::date as day, currency, sum(captured_minor)::bigint as minor"
        " from {payments} where captured_minor > 0 group by all"
    )
    for row in rows:
        cents = Fraction(10) ** (2 - DECIMALS.get(row["currency"], 2))
        rate = half_away(world.reference_rate(row["currency"], "USD", row["day"]) * 10**9)
        volumes[str(row["day"])[:7]] += half_away(row["minor"] * cents * rate / 10**9)
    rows = world.sql(
        "select strftime(created_at, '%Y-%m') as month,"
        " count(*) filter (status <> 'invalid') as valid,"
        " count(*) filter (status in ('authorised', 'captured')) as authorised,"
        " from {payments} group by all"
    )
    assert len(rows) == len(volumes) == len(world.summary.months)
    return {
        row["month"]: (
            volumes[row["month"]],
            row["valid"],
            Fraction(row["authorised"], row["valid"]),
        )
        for row in rows
    }


def costs(world: World) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in world.csv_rows("company/costs-*.csv"):
        assert row["currency"] == "USD"
        found[row["period"][:7]] += int(row["amount_minor"])
    return found


def test_months_are_their_phases_to_the_cent(any_world: World) -> None:
    """Whatever is planted: the company's own records add up to its figures."""
    of_month = figures(any_world)
    for month in any_world.summary.months:
        phase = phase_of(Month(*map(int, month.month.split("-"))))
        volume, valid, success_rate = of_month[month.month]
        assert volume == month.volume_usd_minor == valid * 50_00
        assert volume * phase.cost_per_million == costs(any_world)[month.month] * 10**6
        failures = round(valid * (1 - phase.success_rate))
        assert success_rate == Fraction(valid - failures, valid)


def test_the_demo_has_the_figures_of_the_phase_table(demo: World) -> None:
    """Cost per $1M and success rate of each phase, exactly, with the usual errors in the files."""
    table = {
        "2011-10": (10_000, "0.94"),
        "2014-10": (5_000, "0.97"),
        "2017-10": (10_000, "0.991"),
        "2020-10": (10_000, "0.9995"),
        "2023-10": (5_000, "0.9999"),
        "2024-10": (2_000, "0.99999"),
    }
    assert list(table) == [str(month) for month in DEMO_MONTHS]
    assert demo.summary.errors["payment_unrecorded"] >= 6
    assert demo.summary.errors["payment_status_wrong"] >= 6
    of_month = figures(demo)
    for month, (cost, success_rate) in table.items():
        volume, _, found = of_month[month]
        assert Fraction(costs(demo)[month] * 10**6, volume) == cost
        assert found == Fraction(success_rate)


def test_every_outcome_occurs(clean: World) -> None:
    rows = clean.sql(
        "select strftime(created_at, '%Y-%m') as month, count(distinct status) as statuses"
        " from {payments} group by all"
    )
    assert [row["statuses"] >= 5 for row in rows] == [True] * 4


def test_failed_payments_are_tried_again(clean) -> None:
    rows = clean.sql(
        "select max(attempt_no) as attempts, bool_or(status = 'captured') as captured,"
        " count(distinct amount_minor) as amounts, count(distinct merchant_id) as merchants,"
        " list(attempt_no order by created_at) = list(attempt_no order by attempt_no) as in_order"
        " from {payments} group by payment_id having count(*) > 1"
    )
    assert {row["attempts"] for row in rows} == {2, 3}
    assert any(row["captured"] for row in rows)
    assert all(row["amounts"] == row["merchants"] == 1 and row["in_order"] for row in rows)


def test_every_payment_is_settled_unless_it_is_in_transit(any_clean: World) -> None:
    last = datetime(*any_clean.last_day.timetuple()[:3], tzinfo=UTC) - timedelta(days=7)
    in_transit = [
        row["captured_at"]
        for reference, row in any_clean.captured.items()
        if reference not in any_clean.charges
    ]
    assert in_transit
    assert min(in_transit) >= last.timestamp()


def test_nothing_is_dated_after_the_end(any_world: World) -> None:
    end = any_world.last_day + timedelta(days=1)
    assert max(line.at.date() for line in any_world.lines) < end
    last = any_world.sql("select max(effective_at)::date as last from {ledger}")
    assert last[0]["last"] < end
    assert not list(any_world.inbox.rglob(f"*{end:%Y-%m}*"))


def test_exports_have_the_contract_s_columns(clean) -> None:
    names = {"payments": PAYMENTS, "ledger": LEDGER_ENTRIES}
    for name, table in names.items():
        for path in clean.inbox.glob(f"company/{name}-*.parquet"):
            assert pq.read_schema(path).equals(table.columns)


def test_no_text_looks_like_a_card_number(clean) -> None:
    for path in [*clean.inbox.rglob("*.csv"), *clean.inbox.glob("bank/*")]:
        text = path.read_text()
        assert truncate_text(text) == text, path
    ids = clean.sql("select attempt_id || ' ' || processor_reference as ids from {payments}")
    joined = "\n".join(row["ids"] or "" for row in ids)
    assert truncate_text(joined) == joined


def test_rates_do_not_depend_on_the_window() -> None:
    short = Rates(Draws(7), Month(2014, 10).first_day, Month(2014, 10).last_day)
    long = Rates(Draws(7), Month(2011, 10).first_day, Month(2017, 10).last_day)
    assert set(short.csv().splitlines()) <= set(long.csv().splitlines())


def test_the_summary_counts_what_was_written(clean) -> None:
    files = [path for path in clean.inbox.rglob("*") if path.is_file()]
    assert clean.summary.files == len(files)
    for processor in ("stripe", "adyen"):
        lines = [line for line in clean.lines if line.processor == processor]
        assert clean.summary.rows[processor] == len(lines)
    stored = json.loads((clean.truth / "summary.json").read_text())
    assert stored["rows"] == clean.summary.rows
    assert stored["months"][0]["volume_usd_minor"] == 10_000_000


def test_the_summary_counts_what_the_company_knows(any_world: World) -> None:
    rows = any_world.sql(
        "select strftime(created_at, '%Y-%m') as month, count(*) as attempts,"
        " count(*) filter (status <> 'invalid') as valid,"
        " count(*) filter (status in ('authorised', 'captured')) as authorised,"
        " count(*) filter (status = 'captured') as captured from {payments} group by all"
        " order by 1"
    )
    names = ("month", "attempts", "valid", "authorised", "captured")
    summaries = [{name: getattr(m, name) for name in names} for m in any_world.summary.months]
    assert summaries == rows


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"months": ()}, "no month to simulate"),
        ({"payments_per_month": 20}, "2011-10 would have 20 payments; it needs 100 or more"),
        ({"truth": Path("inbox/truth")}, "must not lie in the inbox"),
    ],
)
def test_what_cannot_be_simulated_says_why(tmp_path, changed, message) -> None:
    arguments = {"months": (Month(2011, 10),), "seed": 1, "truth": Path("truth")} | changed
    truth = tmp_path / arguments.pop("truth")
    with pytest.raises(ValueError, match=message):
        simulate(tmp_path / "inbox", truth, **arguments)
    assert not (tmp_path / "inbox").exists()

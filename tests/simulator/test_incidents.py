"""The incidents of the company's life are in the files, and nowhere else."""

import json
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction

import pytest

from tieout.simulator import DATA_RESIDENCY, DEMO_MONTHS, INCIDENTS, ErrorRates, parse_months
from tieout.simulator.incidents import busy_days, disputes_times, volume_times

NOTHING = ErrorRates.none()


@pytest.fixture(scope="module")
def black_friday(make_world):
    return make_world(NOTHING, months=parse_months("2013-11..2013-12"), payments_per_month=8_000)


def test_no_incident_touches_a_month_of_the_demo() -> None:
    for month in DEMO_MONTHS:
        assert busy_days(INCIDENTS, month) == {}
        assert volume_times(INCIDENTS, month) == disputes_times(INCIDENTS, month) == 1
        for incident in INCIDENTS:
            assert incident.last < month.first_day or incident.first > month.last_day


def test_months_outside_of_incidents_are_the_same_without_them(make_world, clean) -> None:
    assert make_world(NOTHING, incidents=()).hashes() == clean.hashes()


def test_one_day_has_fifty_times_the_volume_of_the_others(black_friday) -> None:
    rows = black_friday.sql(
        "select cast(created_at as date) as day, count(*) as attempts, sum(amount_minor) as minor"
        " from {payments} where created_at < '2013-12-01' group by all"
    )
    for measure in ("attempts", "minor"):
        by_day = {row["day"]: int(row[measure]) for row in rows}
        busy = by_day.pop(date(2013, 11, 29))
        assert len(by_day) == 29
        # Retries spill over midnight, and amounts are drawn at random.
        assert 46 < busy / (sum(by_day.values()) / 29) < 54


def test_the_busy_month_keeps_its_volume_cost_and_success_rate(black_friday) -> None:
    november, december = black_friday.summary.months
    for name in ("phase", "volume_usd_minor", "cost_minor", "attempts", "valid", "authorised"):
        assert getattr(november, name) == getattr(december, name)
    assert Fraction(november.authorised, november.valid) == Fraction(97, 100)
    assert Fraction(november.cost_minor * 10**6, november.volume_usd_minor) == 5_000


def _settlement_days(world, first: str, last: str) -> list[int]:
    """How many days after its capture each Stripe payment of some days was paid out."""
    paid = {
        row["source_id"]: date.fromisoformat(row["automatic_payout_effective_at_utc"][:10])
        for row in world.stripe
        if row["reporting_category"] == "charge"
    }
    rows = world.sql(
        "select processor_reference as reference, cast(captured_at as date) as day from {payments}"
        f" where captured_at >= '{first}' and captured_at < '{last}' and processor = 'stripe'"
    )
    assert all(row["reference"] in paid for row in rows)
    return [(paid[row["reference"]] - row["day"]).days for row in rows]


def test_thirty_percent_of_that_day_settle_late_but_within_the_policy(black_friday) -> None:
    # Friday's usual payout is on Monday, Monday's on Wednesday.
    friday = _settlement_days(black_friday, "2013-11-29", "2013-11-30")
    delayed = [days for days in friday if days > 3]
    usual_late = Counter(
        days > 2 for days in _settlement_days(black_friday, "2013-11-25", "2013-11-27")
    )
    assert usual_late[True] / usual_late.total() < 0.1
    # A delay of two days puts a payout on Tuesday, which is still later than the usual Monday.
    assert 0.28 < len(delayed) / len(friday) < 0.36
    assert max(friday) <= 7
    assert {4, 5, 6, 7} <= set(friday)


def test_everything_of_the_busy_month_is_settled_in_the_end(black_friday) -> None:
    settled = {row["source_id"] for row in black_friday.stripe}
    settled |= {row["Psp Reference"] for row in black_friday.adyen}
    captured = black_friday.sql(
        "select processor_reference as reference from {payments}"
        " where captured_at is not null and captured_at < '2013-12-01'"
    )
    assert {row["reference"] for row in captured} <= settled


def test_the_surge_is_four_times_the_months_around_it(make_world) -> None:
    world = make_world(NOTHING, months=parse_months("2020-02..2020-04"))
    before, surge, after = world.summary.months
    for name in ("volume_usd_minor", "cost_minor", "valid"):
        assert getattr(surge, name) == 4 * getattr(before, name) == 4 * getattr(after, name)
    assert surge.represents == before.represents
    assert Fraction(surge.authorised, surge.valid) == Fraction(9995, 10_000)


def test_the_exposure_shock_raises_disputes_six_times(make_world) -> None:
    months = parse_months("2022-05..2022-07")
    arguments = {"months": months, "payments_per_month": 20_000}
    world = make_world(NOTHING, **arguments)
    calm = make_world(NOTHING, incidents=(), **arguments)
    assert _chargebacks(world)["2022-05"] == _chargebacks(calm)["2022-05"]
    assert _chargebacks(world)["2022-07"] == _chargebacks(calm)["2022-07"]
    assert 4.5 < _chargebacks(world)["2022-06"] / _chargebacks(calm)["2022-06"] < 8


def _chargebacks(world) -> Counter:
    """Chargebacks by the month of the payment."""
    month_of = {
        row["payment_id"]: row["month"]
        for row in world.sql(
            "select payment_id, strftime(captured_at, '%Y-%m') as month from {payments}"
            " where captured_at is not null"
        )
    }
    found = Counter()
    for path in world.inbox.glob("company/disputes-*.jsonl"):
        for line in path.read_text().splitlines():
            event = json.loads(line)
            found[month_of[event["payment_id"]]] += event["stage"] == "chargeback"
    return found


def test_data_residency_renames_the_region_from_its_day_on(make_world) -> None:
    months = parse_months("2018-05..2018-06")
    usual = make_world(NOTHING, months=months)
    moved = make_world(NOTHING, months=months, incidents=(*INCIDENTS, DATA_RESIDENCY))
    regions = defaultdict(set)
    query = (
        "select region, created_at >= '2018-05-25' as after, attempt_id from {payments}"
        " where region in ('europe', 'eu')"
    )
    for world in (usual, moved):
        for row in world.sql(query):
            regions[world is moved, row["after"], row["region"]].add(row["attempt_id"])
    assert set(regions) == {
        (False, False, "europe"),
        (False, True, "europe"),
        (True, False, "europe"),
        (True, True, "eu"),
    }
    assert regions[True, True, "eu"] == regions[False, True, "europe"]
    # Nothing but the payments' region is another.
    other = {name for name, digest in usual.hashes().items() if moved.hashes()[name] != digest}
    assert other == {f"inbox/company/payments-2018-0{month}.parquet" for month in (5, 6)}


def test_incidents_are_the_same_in_two_processes(black_friday, make_world) -> None:
    again = make_world(
        NOTHING,
        months=parse_months("2013-11..2013-12"),
        payments_per_month=8_000,
        processes=2,
    )
    assert again.hashes() == black_friday.hashes()

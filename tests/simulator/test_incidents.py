"""The incidents of the company's life are in the files, and nowhere else."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from tests.simulator.reading import World
from tieout.simulator import DEMO_MONTHS, INCIDENTS, ErrorRates, parse_months
from tieout.simulator.incidents import busy_days, disputes_times, volume_times

NOTHING = ErrorRates.none()


@pytest.fixture(scope="module")
def black_friday(make_world):
    return make_world(NOTHING, months=parse_months("2013-11..2013-12"), payments_per_month=8_000)


def test_no_incident_but_data_residency_touches_a_month_of_the_demo() -> None:
    for month in DEMO_MONTHS:
        assert busy_days(INCIDENTS, month) == {}
        assert volume_times(INCIDENTS, month) == disputes_times(INCIDENTS, month) == 1
        for incident in INCIDENTS:
            is_elsewhere = incident.last < month.first_day or incident.first > month.last_day
            assert is_elsewhere or incident.name == "data_residency"


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


def _settlement_days(world: World, first: str, last: str) -> list[int]:
    """How many days after its capture each Stripe payment of some days was paid out."""
    chosen = [
        world.charges[reference][0]
        for reference, row in world.captured.items()
        if row["processor"] == "stripe"
        and first <= str(datetime.fromtimestamp(row["captured_at"], UTC)) < last
    ]
    return [(line.paid_on - line.at.date()).days for line in chosen]


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


def test_everything_of_the_busy_month_is_settled_in_the_end(black_friday: World) -> None:
    december = datetime(2013, 12, 1, tzinfo=UTC).timestamp()
    captured = {
        reference
        for reference, row in black_friday.captured.items()
        if row["captured_at"] < december
    }
    assert captured <= black_friday.charges.keys()


def test_the_surge_is_four_times_the_months_around_it(make_world) -> None:
    world = make_world(NOTHING, months=parse_months("2020-02..2020-04"))
    before, surge, after = world.summary.months
    for name in ("volume_usd_minor", "cost_minor", "valid"):
        assert getattr(surge, name) == 4 * getattr(before, name) == 4 * getattr(after, name)
    assert surge.represents == before.represents
    assert Fraction(surge.authorised, surge.valid) == Fraction(9995, 10_000)


def test_the_exposure_shock_raises_disputes_six_times(make_world) -> None:
    months = parse_months("2022-05..2022-07")
    arguments = {"months": months, "payments_per_month": 8_000}
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
    stages = ((event["payment_id"], event["stage"]) for event in world.disputes)
    return Counter(month_of[payment] for payment, stage in stages if stage == "chargeback")


def test_data_residency_renames_the_region_from_its_day_on(make_world) -> None:
    (residency,) = [incident for incident in INCIDENTS if incident.region]
    assert (residency.name, residency.first) == ("data_residency", date(2018, 5, 25))
    months = parse_months("2018-05..2018-06")
    before = make_world(NOTHING, months=months, incidents=())
    moved = make_world(NOTHING, months=months)
    regions = defaultdict(set)
    query = (
        "select region, created_at >= '2018-05-25' as after, attempt_id from {payments}"
        " where region in ('europe', 'eu')"
    )
    for world in (before, moved):
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
    other = {name for name, digest in before.hashes().items() if moved.hashes()[name] != digest}
    assert other == {f"inbox/company/payments-2018-0{month}.parquet" for month in (5, 6)}


def test_the_demo_has_the_regions_of_its_time(demo: World) -> None:
    rows = demo.sql(
        "select strftime(created_at, '%Y') as year, list(distinct region) as regions"
        " from {payments} group by all order by 1"
    )
    names = {row["year"]: {"europe", "eu"}.intersection(row["regions"]) for row in rows}
    assert names == {
        "2011": set(),
        "2014": set(),
        "2017": {"europe"},
        "2020": {"eu"},
        "2023": {"eu"},
        "2024": {"eu"},
    }


def test_incidents_are_the_same_in_two_processes(black_friday, make_world) -> None:
    again = make_world(
        NOTHING,
        months=parse_months("2013-11..2013-12"),
        payments_per_month=8_000,
        processes=2,
    )
    assert again.states() == black_friday.states()

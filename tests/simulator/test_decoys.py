"""Decoys look like errors and are none: they are in the files, and everything still ties out."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from tests.simulator.reading import World
from tieout.simulator import ErrorRates, parse_months
from tieout.simulator.errors import KINDS

DECOY_NAMES = {fate.error_type for fate, kind in KINDS.items() if kind.is_decoy}
RATES = ErrorRates.none().changed(
    {
        "refund_before_settlement": Fraction(1, 100),
        "refund_returned": Fraction(1, 100),
        "settlement_very_late": Fraction(1, 100),
        "cut_off_edge": Fraction(1, 100),
        "same_amount_twins": Fraction(1, 50),
        "split_capture": Fraction(1, 100),
        "payouts_netted": Fraction(1, 10),
        "file_redelivered": Fraction(1, 10),
        "report_restated": Fraction(1, 10),
    }
)
DAY = 86_400
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture(scope="module")
def decoyed(make_world) -> World:
    return make_world(RATES)


def test_decoys_must_be_matched(decoyed: World) -> None:
    assert set(decoyed.summary.errors) == DECOY_NAMES
    assert {error["expected"] for error in decoyed.errors} == {"matched"}
    assert {error["amount_minor"] for error in decoyed.errors} == {0}
    assert {error["break_type"] for error in decoyed.errors} == {None}
    assert len({(e["error_id"], e["leg"]) for e in decoyed.errors}) == len(decoyed.errors)
    assert all((decoyed.inbox / error["file"]).exists() for error in decoyed.errors)


def test_a_world_with_decoys_is_as_exact_as_one_without(decoyed: World, clean: World) -> None:
    assert decoyed.summary.months == clean.summary.months
    assert not decoyed.sql(
        "select journal_id from {ledger} group by journal_id, currency"
        " having sum(amount_minor) <> 0"
    )
    last = decoyed.last_day - timedelta(days=7)
    for reference, payment in decoyed.captured.items():
        lines = decoyed.charges.get(reference, [])
        if lines:
            assert sum(line.seen for line in lines) == payment["captured_minor"]
        else:
            assert day_of(payment["captured_at"]) > last


def day_of(moment: int) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def test_a_split_capture_is_two_lines_of_one_payment(decoyed: World) -> None:
    planted = decoyed.planted("split_capture")
    assert len(planted) > 4 * 15
    for reference, error in planted.items():
        small, large = sorted(decoyed.charges[reference], key=lambda line: line.seen)
        assert small.payout == large.payout
        assert small.seen == decoyed.captured[reference]["captured_minor"] * 2 // 5
        assert error["line_id"] == small.line_id


def test_twins_are_alike_and_both_are_settled(decoyed: World) -> None:
    seconds = {e["event_id"]: e for e in decoyed.planted("same_amount_twins").values()}
    alike = (
        "merchant_id, customer_token, currency, amount_minor, captured_minor, region, processor,"
        " method, card_brand, funding, issuer_country, status"
    )
    pairs = decoyed.sql(
        f"select {alike}, list(attempt_id order by created_at) as attempts,"
        " list(processor_reference order by created_at) as processor_references,"
        " list(created_at order by created_at) as moments, count(distinct payment_id) as payments"
        " from {payments} where status = 'captured' group by all having count(*) > 1"
    )
    pairs = [pair for pair in pairs if pair["attempts"][-1] in seconds]
    assert len(pairs) == len(seconds) > 4 * 10
    for pair in pairs:
        assert pair["payments"] == len(set(pair["processor_references"])) == 2
        first, second = pair["moments"]
        assert timedelta(minutes=1) <= second - first <= timedelta(minutes=30)
        lines = [decoyed.charges[reference] for reference in pair["processor_references"]]
        assert [len(own) for own in lines] == [1, 1]
        assert lines[0][0].seen == lines[1][0].seen
        assert seconds[pair["attempts"][1]]["reference"] == pair["processor_references"][1]


def test_no_error_is_planted_in_a_twin(make_world) -> None:
    rates = ErrorRates.scaled(Fraction(5)).changed({"same_amount_twins": Fraction(1, 4)})
    world = make_world(rates)
    rows = world.sql(
        "select merchant_id, customer_token, currency, amount_minor,"
        " list(attempt_id) as attempts from {payments} where status = 'captured'"
        " group by all having count(*) > 1"
    )
    twins = {error["event_id"] for error in world.planted("same_amount_twins").values()}
    both = {a for row in rows if twins & set(row["attempts"]) for a in row["attempts"]}
    assert len(both) == 2 * len(twins)
    others = {e["event_id"] for e in world.errors if e["error_type"] != "same_amount_twins"}
    assert others.isdisjoint(both)


def refunds(world: World) -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    for row in world.csv_rows("company/refunds-*.csv"):
        found[row["payment_id"]].append(row)
    return found


def test_refunds_come_before_the_charge_is_settled(decoyed: World) -> None:
    planted = decoyed.planted("refund_before_settlement")
    assert {error["processor"] for error in planted.values()} == {"stripe", "adyen"}
    of_payment = refunds(decoyed)
    refunded = {line.reference: line for line in decoyed.lines if line.kind == "refund"}
    for reference, error in planted.items():
        refund = of_payment[error["payment_id"]][0]
        made = datetime.fromisoformat(refund["created_at"])
        (charge,) = decoyed.charges[reference]
        assert timedelta(hours=1) <= made - charge.at <= timedelta(hours=8)
        assert made.date() < charge.paid_on
        paid = refunded[refund["processor_reference"]].paid_on
        if error["processor"] == "stripe":
            assert paid < charge.paid_on
        else:
            assert paid <= charge.paid_on


def test_refunds_that_come_back_are_two_lines_of_one_reference(decoyed: World) -> None:
    planted = decoyed.planted("refund_returned")
    of_payment = refunds(decoyed)
    lines = defaultdict(list)
    for line in decoyed.lines:
        if line.kind in ("refund", "refund_reversal"):
            lines[line.reference].append(line)
    assert {error["processor"] for error in planted.values()} == {"stripe", "adyen"}
    for reference, error in planted.items():
        out, back = sorted(of_payment[error["payment_id"]], key=lambda row: row["created_at"])
        assert (out["refund_stage"], back["refund_stage"]) == ("refund", "reversal")
        assert out["processor_reference"] == back["processor_reference"] == reference
        assert out["amount_minor"] == back["amount_minor"]
        after = datetime.fromisoformat(back["created_at"]) - datetime.fromisoformat(
            out["created_at"]
        )
        assert timedelta(days=2) <= after <= timedelta(days=5)
        first, second = sorted(lines[reference], key=lambda line: line.at)
        assert (first.kind, second.kind) == ("refund", "refund_reversal")
        assert first.seen == -second.seen == -int(out["amount_minor"])
    rows = decoyed.sql(
        "select reference, sum(amount_minor) as minor from {ledger}"
        " where event_type like 'refund%' and account like 'clearing:%' group by all"
    )
    posted = {row["reference"]: row["minor"] for row in rows}
    for error in planted.values():
        out, back = of_payment[error["payment_id"]]
        assert posted[out["refund_id"]] == -posted[back["refund_id"]]


def test_a_very_late_line_comes_after_the_deadline_and_still_in_the_files(decoyed: World) -> None:
    planted = decoyed.planted("settlement_very_late")
    assert {error["processor"] for error in planted.values()} == {"stripe", "adyen"}
    for reference in planted:
        (line,) = decoyed.charges[reference]
        assert 20 <= (line.paid_on - line.at.date()).days <= 40
        assert line.paid_on <= decoyed.last_day


@pytest.mark.parametrize("kind", ["settlement_very_late", "settlement_line_repeated"])
def test_what_comes_late_is_booked_before_the_files_of_its_month_end(make_world, kind) -> None:
    """A month that stands alone has one more month of files, and no payout is left without one."""
    rates = ErrorRates.only(**{kind: Fraction(1, 10)})
    world = make_world(rates, months=parse_months("2014-10,2016-11,2017-10"))
    booked = {entry.payout for statement in world.statements for entry in statement.entries}
    stated = {line.bank_reference for line in world.lines if line.kind == "payout"}
    in_transit = {
        line.bank_reference
        for line in world.lines
        if line.kind == "payout" and line.paid_on == world.last_day
    }
    assert world.planted(kind)
    assert stated - in_transit <= booked


@pytest.fixture(scope="module")
def edges(make_world) -> World:
    """Two months of October; in 2017 the clocks went back two days before its end."""
    rates = ErrorRates.only(cut_off_edge=Fraction(1, 10))
    return make_world(rates, months=parse_months("2014-10,2017-10"))


def test_edges_are_the_last_and_the_first_second_of_a_day(edges: World) -> None:
    seen = Counter()
    for reference, error in edges.planted("cut_off_edge").items():
        payment = edges.captured[reference]
        moment = datetime.fromtimestamp(payment["captured_at"], UTC)
        if error["processor"] == "adyen":
            moment = moment.astimezone(AMSTERDAM)
        clock = f"{moment:%H:%M:%S}"
        is_twice = moment.tzinfo is AMSTERDAM and moment.hour == 2
        if is_twice:
            assert f"{moment:%Y-%m-%d}" in ("2014-10-26", "2017-10-29")
        else:
            assert clock in ("00:00:00", "23:59:59")
        assert payment["created_at"] <= payment["captured_at"]
        seen[error["processor"], "02" if is_twice else clock] += 1
    assert set(seen) == {
        ("stripe", "00:00:00"),
        ("stripe", "23:59:59"),
        ("adyen", "00:00:00"),
        ("adyen", "23:59:59"),
        ("adyen", "02"),
    }


def test_the_hour_that_comes_twice_is_labelled_with_its_zone(edges: World) -> None:
    labels = Counter()
    for row in edges.csv_rows("adyen/*.csv"):
        reference = row["Psp Reference"]
        if row["Type"] == "Settled" and reference in edges.captured:
            moment = datetime.fromtimestamp(edges.captured[reference]["captured_at"], UTC)
            local = moment.astimezone(AMSTERDAM)
            assert row["Creation Date"] == f"{local:%Y-%m-%d %H:%M:%S}"
            assert row["TimeZone"] == local.tzname()
            if row["Creation Date"][:13] in ("2014-10-26 02", "2017-10-29 02"):
                labels[row["TimeZone"]] += 1
    assert min(labels["CEST"], labels["CET"]) >= 5


def test_edges_are_settled_as_usual(edges: World) -> None:
    """An edge decides on which day a payment is paid out, not whether it is."""
    assert edges.planted("cut_off_edge").keys() <= edges.charges.keys()
    for reference in edges.planted("cut_off_edge"):
        (line,) = edges.charges[reference]
        assert line.seen == edges.captured[reference]["captured_minor"]

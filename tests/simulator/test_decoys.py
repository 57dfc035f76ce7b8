"""Decoys look like errors and are none: they are in the files, and everything still ties out."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest

from tieout.simulator import ErrorRates
from tieout.simulator.errors import DECOYS, KINDS

RATES = replace(
    ErrorRates.none(),
    refund_before_settlement=Fraction(1, 100),
    same_amount_twins=Fraction(1, 50),
    file_redelivered=Fraction(1, 4),
)


@pytest.fixture(scope="module")
def decoyed(make_world):
    return make_world(RATES)


def of(world, error_type: str) -> list[dict]:
    return [error for error in world.errors if error["error_type"] == error_type]


def charges(world) -> dict[str, list[tuple[str, str]]]:
    """The amount of each settled charge and the day on which it was paid out, by reference."""
    found = defaultdict(set)
    for row in world.stripe:
        if row["reporting_category"] == "charge":
            day = row["automatic_payout_effective_at_utc"][:10]
            found[row["source_id"]].add((row["gross"], day))
    for row in world.adyen:
        if row["Type"] == "Settled":
            closed = closing_days(world)[row["Batch Number"]]
            found[row["Psp Reference"]].add((row["Gross Credit (GC)"], closed))
    return {reference: sorted(lines) for reference, lines in found.items()}


def closing_days(world) -> dict[str, str]:
    return {
        row["Batch Number"]: row["Creation Date"][:10]
        for row in world.adyen
        if row["Type"] == "MerchantPayout"
    }


def test_decoys_are_planted_only_where_they_are_asked_for(decoyed, flawed) -> None:
    assert {e["error_type"] for e in decoyed.errors} == set(DECOYS) - {"split_capture"}
    assert {error["expected"] for error in decoyed.errors} == {"matched"}
    assert {error["amount_minor"] for error in decoyed.errors} == {0}
    assert {error["break_type"] for error in decoyed.errors} == {None}
    assert len({error["error_id"] for error in decoyed.errors}) == len(decoyed.errors)
    assert all((decoyed.inbox / error["file"]).exists() for error in decoyed.errors)
    assert set(flawed.summary.errors).isdisjoint(of_kind for of_kind in DECOYS[1:])
    for rates in (
        ErrorRates(),
        ErrorRates.scaled(Fraction(2)),
        ErrorRates.per_payment(Fraction(1, 9)),
    ):
        assert [getattr(rates, name) for name in DECOYS[1:]] == [0, 0, 0]


def test_one_decoy_is_planted_by_the_smallest_rate(make_world) -> None:
    for name in DECOYS[1:]:
        world = make_world(replace(ErrorRates.none(), **{name: Fraction(1, 10_000)}))
        assert world.summary.errors == {name: 4}  # one in each month


def test_a_file_that_is_delivered_again_has_the_same_bytes(decoyed) -> None:
    planted = {error["file"]: error for error in of(decoyed, "file_redelivered")}
    written = {p.relative_to(decoyed.inbox).as_posix() for p in decoyed.inbox.rglob("*_again*")}
    assert written == set(planted)
    assert {name.split("/")[0] for name in planted} == {"stripe", "adyen"}
    for name, error in planted.items():
        first = decoyed.inbox / name.replace("_again", "")
        assert first.read_bytes() == (decoyed.inbox / name).read_bytes()
        assert error["reference"] in first.read_text()


def test_the_payout_of_a_redelivered_file_has_no_error_of_its_own(make_world) -> None:
    rates = replace(RATES, payout_total_wrong=Fraction(1, 5), bank_entry_missing=Fraction(1, 5))
    world = make_world(rates)
    again = {error["reference"] for error in of(world, "file_redelivered")}
    wrong = {e["reference"] for e in world.errors if e["expected"] == "broken"}
    assert again
    assert again.isdisjoint(wrong)


def test_twins_are_alike_and_both_are_settled(decoyed) -> None:
    seconds = {error["event_id"]: error for error in of(decoyed, "same_amount_twins")}
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
    settled = charges(decoyed)
    for pair in pairs:
        assert pair["payments"] == len(set(pair["processor_references"])) == 2
        first, second = pair["moments"]
        assert timedelta(minutes=1) <= second - first <= timedelta(minutes=30)
        lines = [settled[reference] for reference in pair["processor_references"]]
        assert [len(own) for own in lines] == [1, 1]
        assert lines[0][0][0] == lines[1][0][0]
        assert seconds[pair["attempts"][1]]["reference"] == pair["processor_references"][1]


def test_no_error_is_planted_in_a_twin(make_world) -> None:
    rates = replace(ErrorRates.scaled(Fraction(16)), same_amount_twins=Fraction(1, 4))
    world = make_world(rates)
    rows = world.sql(
        "select merchant_id, customer_token, currency, amount_minor,"
        " list(attempt_id) as attempts from {payments} where status = 'captured'"
        " group by all having count(*) > 1"
    )
    twins = {error["event_id"] for error in of(world, "same_amount_twins")}
    both = {a for row in rows if twins & set(row["attempts"]) for a in row["attempts"]}
    assert len(both) == 2 * len(twins)
    others = {e["event_id"] for e in world.errors if e["error_type"] != "same_amount_twins"}
    assert others.isdisjoint(both)


def test_refunds_come_before_the_charge_is_settled(decoyed) -> None:
    planted = of(decoyed, "refund_before_settlement")
    assert {error["processor"] for error in planted} == {"stripe", "adyen"}
    refunds = {row["payment_id"]: row for row in decoyed.csv_rows("company/refunds-*.csv")}
    captured = {
        row["attempt_id"]: datetime.fromisoformat(row["at"])
        for row in decoyed.sql(
            "select attempt_id, strftime(captured_at, '%Y-%m-%dT%H:%M:%S+00:00') as at"
            " from {payments} where captured_at is not null"
        )
    }
    settled = charges(decoyed)
    paid = {
        row["source_id"]: row["automatic_payout_effective_at_utc"][:10]
        for row in decoyed.stripe
        if row["reporting_category"] == "refund"
    }
    in_batches = {r["Modification Reference"]: r for r in decoyed.adyen if r["Type"] == "Refunded"}
    for error in planted:
        refund = refunds[error["payment_id"]]
        made = datetime.fromisoformat(refund["created_at"])
        ((_, charge_paid),) = settled[error["reference"]]
        after = made - captured[error["event_id"]]
        assert timedelta(hours=1) <= after <= timedelta(hours=8)
        assert refund["created_at"][:10] < charge_paid
        if error["processor"] == "stripe":
            assert paid[refund["processor_reference"]] < charge_paid
        else:
            row = in_batches[refund["processor_reference"]]
            assert closing_days(decoyed)[row["Batch Number"]] <= charge_paid


def test_a_world_with_decoys_is_as_exact_as_one_without(decoyed, clean) -> None:
    assert decoyed.summary.months == clean.summary.months
    assert not decoyed.sql(
        "select journal_id from {ledger} group by journal_id, currency"
        " having sum(amount_minor) <> 0"
    )


def test_decoys_are_the_same_in_two_processes(decoyed, make_world) -> None:
    assert make_world(RATES, processes=2).hashes() == decoyed.hashes()


def test_every_decoy_says_what_is_expected_of_it() -> None:
    assert {name for name, kind in KINDS.items() if kind.break_type is None} == set(DECOYS)
    with pytest.raises(ValueError, match="same_amount_twins is -1, below 0"):
        ErrorRates(same_amount_twins=Fraction(-1))
    with pytest.raises(ValueError, match="must leave at least 1/2"):
        ErrorRates(file_redelivered=Fraction(3, 4))

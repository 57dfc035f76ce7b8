"""What the processors report: conversion, fees by contract, reserves, and payouts of all that."""

import re
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction

import numpy as np

from tests.simulator.reading import OF_PAYOUT, World, half_away
from tieout.simulator.exchange import ONE, _at

CONVERTED = {("CAD", "USD"), ("CHF", "EUR"), ("AUD", "USD"), ("SEK", "EUR"), ("KWD", "USD")}
SETTLED = {"USD", "EUR", "GBP", "JPY"}
KEPT = Fraction(99, 100)


def test_net_is_gross_without_the_fees(any_world: World) -> None:
    assert {line.processor for line in any_world.lines} == {"stripe", "adyen"}
    for lines in any_world.every_line.values():
        for line in lines:
            assert line.net == line.gross - line.fees
            assert line.currency in SETTLED
            if line.kind in OF_PAYOUT:
                assert line.fees == 0


def planted_references(world: World, *kinds: str) -> set[str]:
    return {reference for kind in kinds for reference in world.planted(kind)}


def test_amounts_are_converted_at_the_rate_of_their_day_less_one_percent(any_world: World) -> None:
    wrong = any_world.planted("settlement_fx_wrong")
    mislabelled = planted_references(any_world, "settlement_currency_wrong")
    off = {}
    for line in any_world.lines:
        if line.kind in OF_PAYOUT or line.charge in mislabelled:
            continue
        rate, of_reference = Fraction(1), Fraction(1)
        if line.label != line.currency:
            of_reference = any_world.reference_rate(line.label, line.currency, line.at.date())
            rate = Fraction(half_away(of_reference * KEPT * 10**8), 10**8)
        if line.processor == "adyen":
            assert Fraction(line.rate) == rate
        at_reference = any_world.reference_value(line)
        expected = half_away(at_reference * rate / of_reference)
        if line.gross != expected:
            off[line.charge] = line.gross - expected
            assert line.currency == wrong[line.charge]["currency"]
    assert off == {reference: error["amount_minor"] for reference, error in wrong.items()}
    # More than rounding could explain.
    assert all(minor > 2 for minor in off.values())


def test_every_currency_that_is_not_settled_is_converted(world_of) -> None:
    lines = world_of("clean", 23).lines
    found = Counter((line.label, line.currency, line.processor) for line in lines)
    converted = {pair for pair in found if pair[0] != pair[1]}
    assert {pair[:2] for pair in converted} == CONVERTED
    assert {processor for *_, processor in converted} == {"stripe", "adyen"}
    assert {label for label, *_ in found} == SETTLED | {label for label, _ in CONVERTED}


def test_conversion_rounds_half_away_from_zero() -> None:
    """Ties are too rare in the worlds: a rate has eight decimals."""
    minor = np.array([15, -15, 5, -5, 14, -14])
    at_a_tenth = _at(minor, np.full(6, ONE // 10), np.ones(6, np.int64))
    assert at_a_tenth.tolist() == [2, -2, 1, -1, 1, -1]
    # Three decimals become two.
    assert _at(minor, np.full(6, ONE), np.full(6, 10)).tolist() == at_a_tenth.tolist()
    assert [half_away(Fraction(n, 10)) for n in minor.tolist()] == at_a_tenth.tolist()


def contract_fees(world: World, line, prices: list[dict[str, str]]) -> Counter[str]:
    """The fees of a line by the company's own export of its contracts."""
    day, fees = str(line.at.date()), Counter[str]()
    own = {"processor": line.processor, "line_kind": line.kind, "card_brand": line.brand}
    own |= {"funding": line.funding, "currency": line.currency, "issuer_country": ""}
    for price in prices:
        applies = all(price[name] in ("", value) for name, value in own.items())
        if applies and price["effective_from"] <= day <= (price["effective_to"] or "9"):
            share = half_away(Fraction(line.gross * int(price["rate_ppm"]), 10**6))
            fees[price["fee_component"]] += share + int(price["fixed_minor"])
    return fees


def test_fees_are_those_of_the_contracts(any_world: World) -> None:
    prices = list(any_world.csv_rows("company/fee_contracts.csv"))
    wrong = any_world.planted("settlement_fee_wrong")
    too_much = {}
    for line in any_world.lines:
        if line.kind in OF_PAYOUT:
            continue
        agreed = contract_fees(any_world, line, prices)
        # What the card network bills itself is on no line.
        agreed.pop("network_fee", None)
        assert (line.kind == "charge") == (len(agreed) == 3)
        if line.kind == "chargeback":
            assert agreed == {"markup": 15_00}
        if line.fees != agreed.total():
            too_much[line.reference] = line.fees - agreed.total()
            assert wrong[line.reference]["currency"] == line.currency
        elif line.processor == "adyen":
            assert line.components == {name: agreed[name] for name in line.components}
    assert too_much == {reference: error["amount_minor"] for reference, error in wrong.items()}


def test_a_new_phase_has_new_prices_from_its_first_day(world_of) -> None:
    world = world_of("clean", 11)
    for processor, before, after in (("stripe", 2000, 1500), ("adyen", 1800, 1300)):
        prices = [
            row
            for row in world.csv_rows("company/fee_contracts.csv")
            if row["processor"] == processor and row["fee_component"] == "markup"
            if row["line_kind"] == "charge"
        ]
        of_day = {row["effective_from"]: int(row["rate_ppm"]) for row in prices}
        assert (of_day["2015-01-01"], of_day["2018-01-01"]) == (before, after)
    days = {line.at.date() for line in world.lines if line.kind == "charge"}
    assert {date(2017, 12, 31), date(2018, 1, 1)} <= days


def test_every_payout_is_the_sum_of_its_lines(any_world: World) -> None:
    cut_off = {error["file"] for error in any_world.planted("file_truncated").values()}
    sums, stated, references, counts = Counter(), Counter(), {}, Counter()
    fees = {}
    for line in any_world.lines:
        if line.file in cut_off:
            continue
        counts[line.payout] += line.kind not in OF_PAYOUT
        if line.kind == "payout":
            stated[line.payout] -= line.net
            references[line.payout] = line.bank_reference
        else:
            sums[line.payout] += line.net
        if line.kind == "fee":
            assert line.payout not in fees
            fees[line.payout] = -line.net
    # One fee for the payout as a whole: two coins a line.
    assert fees == {payout: 2 * count for payout, count in counts.items()}
    assert len(references) == len(sums)
    assert set(references) == set(sums)
    off = {
        references[payout]: sums[payout] - stated[payout]
        for payout in sums
        if sums[payout] != stated[payout]
    }
    wrong = any_world.planted("payout_total_wrong")
    assert off == {reference: error["amount_minor"] for reference, error in wrong.items()}


def test_some_payouts_are_negative(any_clean: World) -> None:
    """What is refunded can be more than what is settled: the processor takes money back."""
    assert any(line.kind == "payout" and line.net > 0 for line in any_clean.lines)


def test_a_reserve_is_held_back_and_released_in_its_month(any_clean: World) -> None:
    reserves = defaultdict(list)
    paid_out = {line.payout: -line.net for line in any_clean.lines if line.kind == "payout"}
    for line in any_clean.lines:
        if line.kind == "reserve":
            key = (line.processor, line.currency, str(line.paid_on)[:7])
            reserves[key].append((line.paid_on, line.net, paid_out[line.payout]))
    accounts = {(ln.processor, ln.currency, str(ln.paid_on)[:7]) for ln in any_clean.lines}
    assert 0 < len(reserves) < len(accounts)
    for own in reserves.values():
        (held_on, held, paid), (released_on, released, _) = sorted(own)
        assert held_on < released_on
        assert held == -released < 0
        assert -held == (paid - held) // 20


def test_stripe_lines_name_their_payout(clean: World) -> None:
    payouts = [line for line in clean.lines if line.processor == "stripe"]
    assert all(line.reference == line.payout for line in payouts if line.kind == "payout")
    assert len({line.payout for line in payouts}) > 50


def test_adyen_payouts_carry_what_the_bank_calls_them(clean: World) -> None:
    payouts = [row for row in clean.csv_rows("adyen/*.csv") if row["Type"] == "MerchantPayout"]
    assert len(payouts) > 5
    for row in payouts:
        account, batch = row["Merchant Account"], row["Batch Number"]
        assert re.fullmatch(
            f"TX[0-9]{{10}}XT {account} batch {batch}, {account} batch {batch}, {account}",
            row["Modification Reference"],
        )


def test_adyen_times_are_local_in_their_zone(clean: World) -> None:
    # Summer time ended on 2014-10-26 at 01:00 UTC and on 2017-10-29.
    for row in clean.csv_rows("adyen/*.csv"):
        day = row["Creation Date"][:10]
        if day not in ("2014-10-26", "2017-10-29"):
            is_winter = "2014-10-26" < day < "2017-01-01" or day > "2017-10-29"
            assert row["TimeZone"] == ("CET" if is_winter else "CEST")


def test_processors_and_company_agree_on_the_moment(any_world: World) -> None:
    seen = Counter()
    for reference, lines in any_world.charges.items():
        payment = any_world.captured.get(reference)
        if payment:
            assert {line.at.timestamp() for line in lines} == {payment["captured_at"]}
            assert {(line.brand, line.funding) for line in lines} == {
                (payment["card_brand"], payment["funding"])
            }
            seen[lines[0].processor] += 1
    assert min(seen["stripe"], seen["adyen"]) > 100

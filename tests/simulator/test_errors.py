"""Every planted error is in the files, in its own leg, and nothing else is wrong."""

import re
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest

from tieout.simulator import ErrorRates
from tieout.simulator.errors import DECOYS, KINDS, PAYMENT_ERRORS


def test_a_world_without_errors_has_an_empty_truth(clean) -> None:
    assert clean.errors == []
    assert clean.summary.errors == {}


def test_every_kind_of_error_is_planted(flawed) -> None:
    # The other decoys are planted only where they are asked for.
    assert set(flawed.summary.errors) == set(KINDS) - set(DECOYS) | {"split_capture"}
    assert len({error["error_id"] for error in flawed.errors}) == len(flawed.errors)
    assert {e["expected"] for e in flawed.errors if e["error_type"] == "split_capture"} == {
        "matched"
    }


def of(world, error_type: str) -> dict[str, dict]:
    return {e["reference"]: e for e in world.errors if e["error_type"] == error_type}


def charges(world) -> dict[str, list[tuple[int, str, str, str]]]:
    """Settled charges by reference: minor units, label, line id and file of each line."""
    found = defaultdict(list)
    for row in world.stripe:
        if row["reporting_category"] == "charge":
            label = row["customer_facing_currency"].upper()
            line = row["balance_transaction_id"]
            found[row["source_id"]].append((_minor(row["gross"]), label, line, row["file"]))
    for row in world.adyen:
        if row["Type"] == "Settled":
            amount, label = _minor(row["Gross Credit (GC)"]), row["Gross Currency"]
            line = row["Modification Reference"]
            found[row["Psp Reference"]].append((amount, label, line, row["file"]))
    return found


def _minor(text: str) -> int:
    return int(Decimal(text) * 100) if "." in text else int(text)


def test_settlement_differs_from_payments_where_the_truth_says_so(flawed) -> None:
    captured = {
        row["processor_reference"]: row
        for row in flawed.sql(
            "select processor_reference, captured_minor, currency,"
            " cast(captured_at as date) < date '2017-10-25' as is_past"
            " from {payments} where captured_minor > 0"
        )
    }
    lines = charges(flawed)
    seen = defaultdict(set)
    for reference in captured.keys() | lines.keys():
        payment, own = captured.get(reference), lines.get(reference, [])
        total = sum(amount for amount, *_ in own)
        if payment is None:
            seen["settlement_line_unknown"].add(reference)
        elif not own:
            if payment["is_past"]:
                seen["settlement_line_missing"].add(reference)
        elif {label for _, label, *_ in own} != {payment["currency"]}:
            seen["settlement_currency_wrong"].add(reference)
        elif total == 2 * payment["captured_minor"] and len(own) == 2:
            seen["settlement_line_duplicated"].add(reference)
        elif total != payment["captured_minor"]:
            seen["settlement_amount_wrong"].add(reference)
        elif len(own) == 2:
            seen["split_capture"].add(reference)
    kinds = [name for name in KINDS if name.startswith("settlement")] + ["split_capture"]
    assert seen == {name: set(of(flawed, name)) for name in kinds}


def test_the_truth_names_the_line_and_the_file(flawed) -> None:
    lines = charges(flawed)
    for error in flawed.errors:
        own = lines.get(error["reference"], [])
        if error["error_type"] in ("settlement_line_duplicated", "settlement_line_unknown"):
            assert error["line_id"] in {line for _, _, line, _ in own}
        if own and error["leg"] == "payment_settlement":
            assert {file for *_, file in own} == {error["file"]}
        assert (flawed.inbox / error["file"]).exists()


def test_wrong_settlement_amounts_are_off_by_what_the_truth_says(flawed) -> None:
    lines = charges(flawed)
    wrong = of(flawed, "settlement_amount_wrong")
    captured = {
        row["processor_reference"]: row["captured_minor"]
        for row in flawed.sql("from {payments} where captured_minor > 0")
    }
    for reference, error in wrong.items():
        assert abs(lines[reference][0][0] - captured[reference]) == error["amount_minor"] > 0


def test_the_ledger_differs_where_the_truth_says_so(flawed) -> None:
    unbalanced = flawed.sql(
        "select journal_id, abs(sum(amount_minor)) as off from {ledger}"
        " group by all having sum(amount_minor) <> 0"
    )
    assert {row["journal_id"]: row["off"] for row in unbalanced} == {
        reference: error["amount_minor"]
        for reference, error in of(flawed, "journal_unbalanced").items()
    }
    posted = flawed.sql(
        "select p.attempt_id, abs(l.minor - p.captured_minor) as off from {payments} as p"
        " left join (select reference, sum(amount_minor) as minor from {ledger}"
        "   where event_type = 'capture' and account like 'clearing:%' group by all) as l"
        " on l.reference = p.attempt_id"
        " where p.captured_minor > 0 and l.minor is distinct from p.captured_minor"
    )
    missing = {row["attempt_id"] for row in posted if row["off"] is None}
    assert missing == set(of(flawed, "ledger_posting_missing"))
    assert {row["attempt_id"]: row["off"] for row in posted if row["off"] is not None} == {
        reference: error["amount_minor"]
        for reference, error in of(flawed, "ledger_amount_wrong").items()
    }


def stated_payouts(world) -> tuple[dict[str, int], dict[str, int]]:
    """Payouts by their reference on the bank statement: as stated, and as their lines add up."""
    stated, sums, references = {}, Counter(), {}
    for row in world.stripe:
        if row["reporting_category"] == "payout":
            stated[row["source_id"]] = -_minor(row["net"])
        else:
            sums[row["automatic_payout_id"]] += _minor(row["net"])
    for row in world.adyen:
        net = _minor(row["Net Credit (NC)"] or "0") - _minor(row["Net Debit (NC)"] or "0")
        if row["Type"] == "MerchantPayout":
            references[row["Batch Number"]] = row["Modification Reference"].split()[0]
            stated[references[row["Batch Number"]]] = -net
        else:
            sums[row["Batch Number"]] += net
    return stated, {references.get(key, key): minor for key, minor in sums.items()}


def test_payouts_differ_from_their_lines_where_the_truth_says_so(flawed) -> None:
    stated, sums = stated_payouts(flawed)
    off = {key: sums[key] - stated[key] for key in stated if sums[key] != stated[key]}
    wrong = of(flawed, "payout_total_wrong")
    assert off == {reference: error["amount_minor"] for reference, error in wrong.items()}
    posted = flawed.sql(
        "select reference, sum(amount_minor) as minor from {ledger}"
        " where event_type = 'payout' and account like 'cash:%' group by all"
    )
    assert {row["reference"]: row["minor"] for row in posted} == stated


def test_the_bank_differs_from_payouts_where_the_truth_says_so(flawed) -> None:
    stated, _ = stated_payouts(flawed)
    booked = bank_entries(flawed)
    off = {key: stated[key] - minor for key, minor in booked.items() if stated[key] != minor}
    wrong = of(flawed, "bank_amount_wrong")
    assert off == {reference: error["amount_minor"] for reference, error in wrong.items()}
    missing = stated.keys() - booked.keys()
    planted = set(of(flawed, "bank_entry_missing"))
    assert planted <= missing
    # What else is missing was paid out on the last day and is still under way.
    last = {r["source_id"] for r in flawed.stripe if r["created_utc"] >= "2017-10-31"}
    last |= {
        row["Modification Reference"].split()[0]
        for row in flawed.adyen
        if row["Type"] == "MerchantPayout" and row["Creation Date"] >= "2017-10-31"
    }
    assert missing - planted <= last


def bank_entries(world) -> dict[str, int]:
    """What the bank booked, by the payout's reference in its text."""
    booked = {}
    for path in world.inbox.glob("bank/*.xml"):
        entry = r'<Ntry><Amt Ccy="\w+">([0-9.]+)</Amt><CdtDbtInd>(\w+).*?(po_\w+)?</Ustrd>'
        for amount, sign, reference in re.findall(entry, path.read_text()):
            booked[reference] = _minor(amount) * (1 if sign == "CRDT" else -1)
    for path in world.inbox.glob("bank/*.sta"):
        entry = r":61:\d{10}([CD])([0-9]+,[0-9]*)N\S+\s+:86:(TX\d{10}XT)?"
        for sign, amount, reference in re.findall(entry, path.read_text()):
            minor = _minor(amount.replace(",", ".").rstrip("."))
            booked[reference] = minor if sign == "C" else -minor
    booked.pop("", None)
    return booked


def test_rates_are_shares() -> None:
    with pytest.raises(ValueError, match="settlement_line_missing is -1, below 0"):
        ErrorRates(settlement_line_missing=Fraction(-1))
    with pytest.raises(ValueError, match="they must leave at least 1/2 without an error"):
        ErrorRates(bank_entry_missing=Fraction(1, 2))
    for rate in (Fraction(0), Fraction(2, 1000), Fraction(1, 2)):
        rates = ErrorRates.per_payment(rate)
        assert sum(getattr(rates, name) for name in PAYMENT_ERRORS) == rate
    assert ErrorRates.per_payment(Fraction(0)) == ErrorRates.none()

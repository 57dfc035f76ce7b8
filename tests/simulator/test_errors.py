"""Every planted error is in the files, in its own leg, and nothing else is wrong."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from tests.simulator.reading import Line, World
from tieout.simulator import ErrorRates, parse_months
from tieout.simulator.errors import KINDS, NAMES, Fate, Share, kinds_of

ONE = Fraction(1)


def test_a_world_without_errors_has_an_empty_truth(any_clean: World) -> None:
    assert any_clean.errors == []
    assert any_clean.summary.errors == {}
    assert not [name for name in any_clean.hashes() if "_again" in name or "_restated" in name]


def test_every_kind_of_error_is_planted(any_flawed: World) -> None:
    assert set(any_flawed.summary.errors) == set(NAMES)
    assert len(NAMES) == 32
    cases = defaultdict(set)
    for error in any_flawed.errors:
        cases[error["error_type"]].add(error["error_id"])
    assert {name: len(ids) for name, ids in cases.items()} == any_flawed.summary.errors
    assert sum(map(len, cases.values())) == len({e["error_id"] for e in any_flawed.errors})


def test_the_truth_has_a_row_for_each_leg_that_an_error_shows_in(any_flawed: World) -> None:
    rows = defaultdict(list)
    for error in any_flawed.errors:
        rows[error["error_type"], error["error_id"]].append(error)
    for (name, _), errors in rows.items():
        kind = KINDS[Fate[name.upper()]]
        assert {error["leg"] for error in errors} == set(kind.shows)
        for error in errors:
            assert error["expected"] == ("matched" if kind.is_decoy else "broken")
            assert (error["amount_minor"] == 0) == kind.is_decoy
            if name != "file_truncated":
                assert error["break_type"] == kind.shows[error["leg"]]
        if name != "file_truncated":
            assert len(errors) == len(kind.shows)


def test_no_payment_and_no_payout_has_two_errors(any_flawed: World) -> None:
    owners = defaultdict(set)
    for error in any_flawed.errors:
        # A report is named by one of its payouts, a cut one also by its last payment.
        if error["leg"] != "files" and not error["error_type"].startswith(("file_", "report_")):
            owners[error["event_id"] or error["reference"]].add(error["error_id"])
    assert {len(ids) for ids in owners.values()} == {1}


def test_the_truth_names_the_file_with_its_hash(any_flawed: World) -> None:
    of_file = {}
    for error in any_flawed.errors:
        path = any_flawed.inbox / error["file"]
        if error["file"] not in of_file:
            of_file[error["file"]] = (
                sha256(path.read_bytes()).hexdigest() if path.exists() else None
            )
        assert error["file_sha256"] == of_file[error["file"]]
    # Only the report that a line should have been in can be one that was never written.
    unwritten = {e["error_type"] for e in any_flawed.errors if not e["file_sha256"]}
    assert unwritten <= {"settlement_line_missing", "settlement_line_late"}


def test_the_truth_names_the_line(any_flawed: World) -> None:
    doubled = {
        "settlement_line_duplicated",
        "settlement_line_repeated",
        "settlement_line_unknown",
        "split_capture",
    }
    for error in any_flawed.errors:
        own = any_flawed.charges.get(error["reference"], [])
        if error["error_type"] in doubled:
            (line,) = [line for line in own if line.line_id == error["line_id"]]
            assert line.file == error["file"]
        else:
            assert error["line_id"] is None
            if own and error["leg"] == "payment_settlement":
                assert {line.file for line in own} == {error["file"]}
        if own and error["leg"] == "payment_settlement":
            assert {line.processor for line in own} == {error["processor"]}


def payment_settlement(world: World) -> dict[str, dict[str, int]]:
    """What a person would find by laying the processors' charges beside the company's payments."""
    known = {row["processor_reference"]: row for row in world.payments}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for reference in world.captured.keys() | world.charges.keys():
        payment, own = world.captured.get(reference), world.charges.get(reference, [])
        if payment is None:
            name = uncaptured(world, known.get(reference), own)
            amount = sum(line.seen for line in own)
        elif not own:
            name, amount = unsettled(world, payment), payment["captured_minor"]
        else:
            name, amount = settled_otherwise(payment, own)
        if name:
            found[name][reference] = amount
    return found


def uncaptured(world: World, payment: dict[str, Any] | None, own: list[Line]) -> str:
    """What a charge is that the company has not captured."""
    if payment:
        assert (payment["status"], payment["captured_minor"]) == ("authorised", 0)
        return "payment_status_wrong"
    is_posted = own[0].payment_id in posted_payments(world)
    return "payment_unrecorded" if is_posted else "settlement_line_unknown"


def unsettled(world: World, payment: dict[str, Any]) -> str:
    """What a captured payment without a line is: for seven days it is just in transit."""
    if payment["processor_reference"] in world.planted("file_truncated", "payment_settlement"):
        return "file_truncated"
    end = datetime.combine(world.last_day, time(), UTC) + timedelta(days=1)
    age = int(end.timestamp() - payment["captured_at"]) // 86_400
    if age <= 7:
        return ""
    return "settlement_line_missing" if age > 10 else "settlement_line_late"


def settled_otherwise(payment: dict[str, Any], own: list[Line]) -> tuple[str, int]:
    """How the lines of a payment differ from it, and by how much."""
    amount, total = payment["captured_minor"], sum(line.seen for line in own)
    if {line.label for line in own} != {payment["currency"]}:
        return "settlement_currency_wrong", amount
    if total == 2 * amount and len(own) == 2:
        is_later = own[0].payout != own[1].payout
        return f"settlement_line_{'repeated' if is_later else 'duplicated'}", amount
    if total != amount:
        return "settlement_amount_wrong", abs(total - amount)
    assert len(own) <= 2
    return "split_capture" if len(own) == 2 else "", 0


def posted_payments(world: World) -> set[str]:
    if "_posted" not in world.__dict__:
        rows = world.sql("select distinct payment_id from {ledger} where event_type = 'capture'")
        world.__dict__["_posted"] = {row["payment_id"] for row in rows}
    return world.__dict__["_posted"]


def test_settlement_differs_from_payments_where_the_truth_says_so(any_world: World) -> None:
    found = payment_settlement(any_world)
    for name in NAMES:
        kind = KINDS[Fate[name.upper()]]
        shows_here = kind.shows.get("payment_settlement") or name == "split_capture"
        planted = any_world.planted(name, "payment_settlement") if shows_here else {}
        assert found.get(name, {}) == {r: e["amount_minor"] for r, e in planted.items()}, name


def test_a_second_line_comes_at_once_or_in_a_later_report(any_flawed: World) -> None:
    for name in ("settlement_line_duplicated", "settlement_line_repeated"):
        for reference, error in any_flawed.planted(name).items():
            lines = any_flawed.charges[reference]
            first, second = sorted(lines, key=lambda line: line.line_id == error["line_id"])
            assert first.line_id != second.line_id
            assert (first.seen, first.gross, first.fees) == (second.seen, second.gross, second.fees)
            if name == "settlement_line_duplicated":
                assert (first.file, first.payout) == (second.file, second.payout)
            else:
                assert first.file != second.file
                # The day of a payout is unknown where a report is cut off.
                if first.paid_on and second.paid_on:
                    assert (second.paid_on - first.paid_on).days >= 14


def test_a_wrong_label_keeps_the_digits(any_flawed: World) -> None:
    for reference, error in any_flawed.planted("settlement_currency_wrong").items():
        (line,) = any_flawed.charges[reference]
        assert line.label != error["currency"]
        assert line.seen == error["amount_minor"]


def test_the_ledger_differs_from_payments_where_the_truth_says_so(any_world: World) -> None:
    posted = defaultdict(list)
    rows = any_world.sql(
        "select reference, payment_id, amount_minor from {ledger}"
        " where event_type = 'capture' and account like 'clearing:%'"
    )
    for row in rows:
        posted[row["reference"]].append((row["payment_id"], row["amount_minor"]))
    payments = {row["attempt_id"]: row for row in any_world.payments}
    known_payments = {row["payment_id"] for row in any_world.payments}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    captured = {a for a, row in payments.items() if row["status"] == "captured"}
    for attempt in captured | posted.keys():
        journals, payment = posted.get(attempt, []), payments.get(attempt)
        total = sum(amount for _, amount in journals)
        if payment is None:
            ((payment_id, _),) = journals
            known = payment_id in known_payments
            name = "ledger_posting_unknown" if known else "payment_unrecorded"
            found[name][attempt] = total
        elif attempt not in captured:
            assert payment["status"] == "authorised"
            found["payment_status_wrong"][attempt] = total
        elif not journals:
            found["ledger_posting_missing"][attempt] = payment["captured_minor"]
        elif len(journals) == 2:
            assert journals[0] == journals[1]
            found["ledger_posting_duplicated"][attempt] = journals[0][1]
        elif total != payment["captured_minor"]:
            found["ledger_amount_wrong"][attempt] = abs(total - payment["captured_minor"])
    for name in NAMES:
        shows_here = "payment_ledger" in KINDS[Fate[name.upper()]].shows
        planted = any_world.planted(name, "payment_ledger") if shows_here else {}
        assert found.get(name, {}) == {r: e["amount_minor"] for r, e in planted.items()}, name


def test_an_unrecorded_payment_is_nowhere_in_the_company_s_records(any_flawed: World) -> None:
    ids = {
        e["payment_id"] for e in any_flawed.planted("payment_unrecorded", "payment_ledger").values()
    }
    assert ids.isdisjoint(row["payment_id"] for row in any_flawed.payments)
    charged = {line.payment_id for line in any_flawed.lines}
    assert ids <= charged
    assert ids <= posted_payments(any_flawed)


def test_the_usual_rates_are_those_of_the_table() -> None:
    assert ErrorRates() == ErrorRates.scaled(ONE)
    assert {name: ErrorRates()[Fate[name.upper()]] for name in NAMES} == {
        fate.error_type: kind.usual for fate, kind in KINDS.items()
    }
    assert all(ErrorRates()[fate] > 0 for fate in KINDS)
    assert all(ErrorRates.none()[fate] == 0 for fate in KINDS)
    assert list(KINDS) == [fate for fate in Fate if fate is not Fate.NONE]
    assert {fate.error_type for fate, kind in KINDS.items() if kind.is_decoy} == {
        "split_capture",
        "settlement_very_late",
        "refund_before_settlement",
        "refund_returned",
        "cut_off_edge",
        "same_amount_twins",
        "payouts_netted",
        "file_redelivered",
        "report_restated",
    }


def test_rates_can_be_scaled_and_changed() -> None:
    doubled = ErrorRates.scaled(Fraction(2))
    assert all(doubled[fate] == 2 * ErrorRates()[fate] for fate in KINDS)
    changed = doubled.changed({"split_capture": Fraction(1, 7)})
    assert changed[Fate.SPLIT_CAPTURE] == Fraction(1, 7)
    others = [fate for fate in KINDS if fate is not Fate.SPLIT_CAPTURE]
    assert all(changed[fate] == doubled[fate] for fate in others)
    only = ErrorRates.only(split_capture=Fraction(1, 7))
    assert only == ErrorRates.none().changed({"split_capture": Fraction(1, 7)})
    for rate in (Fraction(0), Fraction(2, 1000), Fraction(1, 2)):
        rates = ErrorRates.per_payment(rate)
        assert sum(rates[fate] for fate in kinds_of(Share.PAYMENTS)) == rate
        others = [fate for fate in KINDS if fate not in kinds_of(Share.PAYMENTS)]
        assert all(rates[fate] <= Fraction(1, 10) for fate in others)
    assert ErrorRates.per_payment(Fraction(0)) == ErrorRates.none()


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"settlement_line_missing": -ONE}, "error rate settlement_line_missing is -1, below 0"),
        ({"statement_balance_wrong": -ONE}, "error rate statement_balance_wrong is -1, below 0"),
        ({"settled_twice": ONE / 100}, "no error type 'settled_twice'; known are settlement_line_"),
        ({"split_capture": ONE * 3 / 5}, "at least 1/2 of captured payments without an error"),
        ({"bank_entry_missing": ONE * 3 / 5}, "at least 1/2 of payouts without an error"),
        ({"file_redelivered": ONE * 3 / 4}, "at least 1/2 of processors' reports without"),
        (
            {"statement_balance_wrong": ONE},
            "statement_balance_wrong add up to 1; they must leave at least 1/2 of bank statements",
        ),
        (
            {"payouts_netted": ONE / 3, "bank_entry_missing": ONE / 3},
            "payouts_netted add up to 2/3; they must leave",
        ),
    ],
)
def test_rates_are_shares(rates: dict[str, Fraction], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ErrorRates.only(**rates)
    with pytest.raises(ValueError, match=message):
        ErrorRates.none().changed(rates)


def test_a_rate_that_is_too_high_for_all_together_says_so() -> None:
    with pytest.raises(ValueError, match="must leave at least 1/2 of payouts without an error"):
        ErrorRates.scaled(Fraction(6))
    with pytest.raises(ValueError, match="must leave at least 1/2 of captured payments"):
        ErrorRates.per_payment(Fraction(3, 5))


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_rate_plants_one_in_every_month_with_a_place(make_world, name: str) -> None:
    rate = ErrorRates.only(**{name: Fraction(1, 10_000)})
    months = parse_months("2017-06,2017-10")
    world = make_world(rate, months=months, payments_per_month=300)
    # The bank's statements are also those of the tail. What comes weeks later has a place in a
    # month at all times, but not in the one in which everything ends.
    count = 3 if name == "statement_balance_wrong" else 2
    assert world.summary.errors in ({name: count}, {name: count - 1})

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import (
    FIXTURES,
    MODEST,
    Reading,
    assert_read_or_refused,
    damaged,
)
from tieout.formats.base import ControlTotal, Head, UnreadableFile
from tieout.formats.square import SquarePayouts

READER = SquarePayouts()
BOTH = FIXTURES / "square" / "payout_and_entries.jsonl"
ANSWER = FIXTURES / "square" / "entries_answer.json"
PAYOUT = "po_aaaa1111-2222-3333-4444-555566667777"


def money(amount: int, currency: str = "USD") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def payout(amount: int) -> dict[str, Any]:
    return {
        "id": "po_1",
        "status": "PAID",
        "location_id": "L1",
        "created_at": "2026-03-24T03:07:09Z",
        "amount_money": money(amount),
    }


def entry(place: int, gross: int, fee: int, kind: str = "CHARGE") -> dict[str, Any]:
    return {
        "id": f"poe_{place}",
        "payout_id": "po_1",
        "effective_at": "2026-03-23T20:00:00Z",
        "type": kind,
        "gross_amount_money": money(gross),
        "fee_amount_money": money(fee),
        "net_amount_money": money(gross - fee),
        "type_charge_details": {"payment_id": f"PAY{place}"},
    }


def json_lines(*objects: dict[str, Any]) -> bytes:
    return "\n".join(map(json.dumps, objects)).encode()


def test_rows_are_the_canonical_lines() -> None:
    columns = ("source_line", "line_kind", "gross_minor", "markup_minor", "net_minor", "currency")
    rows = Reading.of(READER, BOTH).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (1, "payout", -8443, 0, -8443, "USD"),
        (2, "charge", 15000, 407, 14593, "USD"),
        (3, "refund", -5000, -100, -4900, "USD"),
        (4, "chargeback", -1250, 0, -1250, "USD"),
        (5, "adjustment", 100, 100, 0, "USD"),
        (7, "charge", 500, 18, 482, "JPY"),
    ]
    paid, charge, refund, dispute, *_ = rows
    assert (paid["payout_id"], paid["payout_reference"]) == (PAYOUT, "L2100001")
    assert (paid["account"], str(paid["available_on"])) == ("L1", "2026-03-25")
    assert charge["created_at"].isoformat() == "2026-03-24T02:25:34+00:00"
    assert (charge["line_id"], charge["payout_id"]) == ("poe_1", PAYOUT)
    references = [(r["processor_reference"], r["payment_reference"]) for r in rows[1:4]]
    assert references == [("PAY1", "PAY1"), ("REF1", "PAY0"), ("DSP1", "PAY9")]
    assert dispute["payout_reference"] is None
    assert refund["extra"] is None


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, BOTH)
    reasons = reading.reasons()
    assert reasons.keys() == {9, 10, 11}
    assert reasons[9].startswith("gross_amount_money: ")
    assert "net_amount_money.currency: 'XXX' is not an ISO 4217 currency" in reasons[10]
    assert reasons[11].startswith("the line is not a JSON object")
    assert reading.codes() == [
        ("net_is_not_gross_minus_fee", 5),
        ("transactions_without_effect", None),
        ("unknown_columns", None),
        ("unknown_type", 5),
    ]
    assert reading.structural == 2


@pytest.mark.parametrize(
    ("kind", "gross", "expected"),
    [
        ("OPEN_DISPUTE", -2600, "chargeback"),
        ("OPEN_DISPUTE", 2600, "chargeback_reversal"),
        ("PROCESSING_FEE", -75, "fee"),
        ("PROCESSING_FEE_REFUND", 75, "fee"),
        ("UNDO_PROCESSING_FEE_REFUND", -75, "fee"),
        ("SUBSCRIPTION_FEE", -1900, "fee"),
        ("GIFT_CARD_LOAD_FEE", -60, "fee"),
        ("RELEASE_ADJUSTMENT", 800, "reserve_release"),
        ("GIFT_CARD_POOL_TRANSFER", -4000, "transfer"),
        ("PERCENTAGE_PROCESSING_REPAYMENT", -330, "transfer"),
        ("SQUARE_PAYROLL_TRANSFER", -91000, "transfer"),
        ("REDEMPTION_CODE", 500, "adjustment"),
    ],
)
def test_types_of_entries_have_their_kinds(kind: str, gross: int, expected: str) -> None:
    reading = Reading.of_bytes(READER, json_lines(payout(gross), entry(1, gross, 0, kind)))
    assert [row["line_kind"] for row in reading.rows] == ["payout", expected]
    assert "unknown_type" not in dict(reading.codes())


def test_a_payout_is_held_against_its_entries() -> None:
    assert Reading.of(READER, BOTH).totals == [
        ControlTotal("payout_equals_its_entries", PAYOUT, "USD", 8443, 8443, 1)
    ]
    lines = BOTH.read_bytes().splitlines(keepends=True)
    (short,) = Reading.of_bytes(READER, b"".join([lines[0], *lines[2:]])).totals
    assert short.computed - short.stated == -14593


def test_payouts_and_entries_may_come_apart() -> None:
    for alone in (json_lines(payout(5)), json_lines(entry(1, 5, 0))):
        reading = Reading.of_bytes(READER, alone)
        assert READER.recognises(Head("file", alone))
        assert (len(reading.rows), reading.totals, reading.findings) == (1, [], [])


def test_an_answer_of_the_api_is_numbered_by_its_objects() -> None:
    """The answer itself is structural; a fraction of a cent is refused, not rounded."""
    reading = Reading.of(READER, ANSWER)
    assert (reading.records, reading.structural) == (3, 1)
    assert [(row["source_line"], row["net_minor"]) for row in reading.rows] == [(1, 14593)]
    assert list(reading.reasons()) == [2]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda objects: {"payouts": objects[:1], "cursor": "x"},
        lambda objects: {"payout": objects[0]},
        lambda objects: [{"payouts": objects[:1]}, {"payout_entries": objects[1:]}],
        lambda objects: objects,
        lambda objects: objects[0],
    ],
)
def test_answers_in_every_form(wrap: Any, indent: int | None) -> None:
    objects = [payout(93), entry(1, 100, 7)]
    data = json.dumps(wrap(objects), indent=indent).encode()
    reading = Reading.of_bytes(READER, data)
    assert READER.recognises(Head("file", data))
    assert reading.rows[0]["net_minor"] == -93
    assert all(total.stated == total.computed for total in reading.totals)
    assert reading.quarantined == []


def test_a_cut_answer_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="not whole JSON"):
        Reading.of_bytes(READER, ANSWER.read_bytes()[:-20])


AMOUNTS = st.integers(-(10**15), 10**15)


@MODEST
@given(
    st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=10),
    st.sampled_from(["CHARGE", "HOLD_ADJUSTMENT", "FEE", "DISPUTE"]),
    st.integers(300, 3000),
)
def test_what_is_written_is_read(
    entries: list[tuple[int, int]], kind: str, block_bytes: int
) -> None:
    objects = [entry(place, gross, fee, kind) for place, (gross, fee) in enumerate(entries)]
    total = sum(gross - fee for gross, fee in entries)
    reading = Reading.of_bytes(READER, json_lines(*objects, payout(total)), block_bytes)
    assert (reading.quarantined, reading.findings) == ([], [])
    assert reading.column("net_minor") == [*(gross - fee for gross, fee in entries), -total]
    (held,) = reading.totals
    assert held.stated == held.computed == total


@MODEST
@given(damaged(BOTH.read_bytes()), st.integers(400, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@MODEST
@given(damaged(ANSWER.read_bytes()), st.integers(400, 3000))
def test_damage_of_an_answer_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)

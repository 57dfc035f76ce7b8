from __future__ import annotations

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
from tieout.formats.amazon import AmazonSettlement
from tieout.formats.base import ControlTotal, Head, Report

READER = AmazonSettlement()
GERMANY = FIXTURES / "amazon" / "germany_v2.txt"
SETTLEMENT = "19002000001"
NAMES = GERMANY.read_text().splitlines()[0].split("\t")


def report(*rows: dict[str, str]) -> bytes:
    """A report with these rows, which all belong to one settlement."""
    lines = ["\t".join(NAMES)]
    lines += ["\t".join({"settlement-id": "1", **row}.get(n, "") for n in NAMES) for row in rows]
    return "\r\n".join(lines).encode()


def component(amount: str, **others: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in others.items()}
    return {
        "transaction-type": "Order",
        "order-id": "111-1",
        "amount-type": "ItemPrice",
        "amount-description": "Principal",
        "amount": amount,
        "posted-date": "2026-03-02",
        "posted-date-time": "2026-03-02T14:23:00+00:00",
        **named,
    }


def total(amount: str, currency: str) -> dict[str, str]:
    return {"deposit-date": "2026-03-17", "total-amount": amount, "currency": currency}


def test_rows_are_the_canonical_lines() -> None:
    columns = ("source_line", "line_kind", "net_minor", "processor_reference", "payment_reference")
    rows = Reading.of(READER, GERMANY).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (2, "payout", -104051, None, None),
        (3, "charge", 124900, "306-1", "306-1"),
        (4, "charge", 23731, "306-1", "306-1"),
        (5, "charge", -499, "306-1", "306-1"),
        (6, "fee", -18735, "306-1", "306-1"),
        (7, "refund", -10000, "ADJ-9", "306-2"),
        (8, "fee", -300, "ADJ-9", "306-2"),
        (9, "chargeback", -5000, "CB-1", "306-3"),
        (10, "fee", -7546, None, None),
        (11, "fee", -3900, None, None),
        (12, "reserve_hold", -31000, None, None),
        (13, "reserve_release", 30000, None, None),
        (14, "adjustment", 2400, None, None),
    ]
    assert {row["payout_id"] for row in rows} == {row["batch_id"] for row in rows} == {SETTLEMENT}
    assert {row["currency"] for row in rows} == {"EUR"}
    payout, charge = rows[0], rows[1]
    assert (payout["payout_reference"], str(payout["available_on"])) == (SETTLEMENT, "2026-03-17")
    assert charge["created_at"].isoformat() == "2026-03-02T14:23:00+00:00"
    assert charge["raw_kind"] == "Order/ItemPrice/Principal"
    assert '"sku":"SHELF-01"' in charge["extra"]


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, GERMANY)
    reasons = reading.reasons()
    assert reasons.keys() == {15, 16, 17, 18}
    assert reasons[15] == "amount: '12.50' is not an amount"
    assert reasons[16] == "no amount"
    assert "'31.02.2026 14:23:00 UTC' is not a time" in reasons[17]
    assert reasons[18] == "neither the line nor its settlement states a currency"
    assert reading.codes() == [("unknown_type", 14)]


def test_the_total_is_held_against_the_lines() -> None:
    equal = ControlTotal("settlement_equals_its_lines", SETTLEMENT, "EUR", 104051, 104051, 2)
    reading = Reading.of(READER, GERMANY)
    assert (reading.totals, reading.reports) == ([equal], [Report(SETTLEMENT)])
    lines = GERMANY.read_bytes().splitlines(keepends=True)
    (short,) = Reading.of_bytes(READER, b"".join(lines[:6] + lines[7:])).totals
    assert short.computed - short.stated == 10000


def test_a_report_without_its_first_line_has_nothing_to_compare_with() -> None:
    lines = [component("1.00", currency="USD"), component("2.00", currency="USD")]
    reading = Reading.of_bytes(READER, report(*lines))
    assert (reading.column("net_minor"), reading.totals) == ([100, 200], [])
    assert reading.codes() == [("no_settlement_total", None)]


@pytest.mark.parametrize(
    ("currency", "amounts", "minor"),
    [
        ("USD", ["1,249.00", "-3.22"], [124900, -322]),
        ("JPY", ["1249", "-3"], [1249, -3]),
        ("PLN", ["1\u00a0249,00", "-3,22"], [124900, -322]),
    ],
)
def test_marketplaces_write_numbers_in_their_own_way(
    currency: str, amounts: list[str], minor: list[int]
) -> None:
    rows = [total("", currency), *map(component, amounts)]
    reading = Reading.of_bytes(READER, report(*rows))
    assert reading.column("net_minor") == minor
    assert list(reading.reasons()) == [2]


@pytest.mark.parametrize(
    ("day", "clock", "made"),
    [
        ("2026/03/02", " 01:23:00 JST", "2026-03-01T16:23:00+00:00"),
        ("2026-03-02", "T14:23:00+00:00", "2026-03-02T14:23:00+00:00"),
        ("2026-03-02", " 14:23:00 PST", "2026-03-02T22:23:00+00:00"),
        ("03/13/2026", " 14:23:00 UTC", "2026-03-13T14:23:00+00:00"),
    ],
)
def test_marketplaces_write_days_in_their_own_way(day: str, clock: str, made: str) -> None:
    row = component("1.00", currency="USD", posted_date=day, posted_date_time=day + clock)
    (found,) = Reading.of_bytes(READER, report(row)).column("created_at")
    assert found.isoformat() == made


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("Order", "ItemFees", "FBAPerUnitFulfillmentFee"), "fee"),
        (("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"), "charge"),
        (("A-to-z Guarantee Refund", "ItemPrice", "Principal"), "chargeback"),
        (("other-transaction", "other-transaction", "Successful charge"), "transfer"),
        (("other-transaction", "FBA Inventory Reimbursement", "REVERSAL"), "adjustment"),
        (("other-transaction", "FBA Inventory Reimbursement", "REMOVAL_LOST"), "adjustment"),
        (("SAFE-T Reimbursement", "SAFE-T Reimbursement", "Claim"), "adjustment"),
        (("Refund", "ItemPrice", "RestockingFee"), "refund"),
        (("Refund", "ItemWithheldTax", "MarketplaceFacilitatorTax-RestockingFee"), "refund"),
        (("Refund", "ItemFees", "RefundCommission"), "fee"),
        (("Order_Retrocharge", "ItemWithheldTax", "MarketplaceFacilitatorVAT-Principal"), "charge"),
        (("Refund_Retrocharge", "ItemPrice", "Tax"), "refund"),
        (("AmazonFees", "Coupon Participation Fee", "Base fee"), "fee"),
    ],
)
def test_kinds(words: tuple[str, str, str], kind: str) -> None:
    names = ("transaction_type", "amount_type", "amount_description")
    row = component("-1.00", currency="USD", **dict(zip(names, words, strict=True)))
    reading = Reading.of_bytes(READER, report(row))
    assert (reading.column("line_kind"), reading.codes()) == (
        [kind],
        [("no_settlement_total", None)],
    )


@MODEST
@given(
    st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=12),
    st.booleans(),
    st.integers(200, 3000),
)
def test_what_is_written_is_read(amounts: list[int], comma: bool, block_bytes: int) -> None:
    def money(minor: int) -> str:
        text = f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02}"
        return text.translate(str.maketrans(",.", ".,")) if comma else text

    rows: list[dict[str, Any]] = [total(money(sum(amounts)), "EUR")]
    rows += [component(money(amount)) for amount in amounts]
    reading = Reading.of_bytes(READER, report(*rows), block_bytes)
    assert reading.column("net_minor") == [-sum(amounts), *amounts]
    (held,) = reading.totals
    assert held.stated == held.computed == sum(amounts)


@MODEST
@given(damaged(GERMANY.read_bytes()), st.integers(300, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


def test_the_older_flat_file_is_another_format() -> None:
    header = GERMANY.read_bytes().splitlines()[0].replace(b"amount-type", b"price-type")
    assert not READER.recognises(Head("file", header))

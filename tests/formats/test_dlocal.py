from __future__ import annotations

from decimal import Decimal

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
from tieout.formats.base import ControlTotal, Head, Report, UnreadableFile
from tieout.formats.dlocal import DLocalSettlement
from tieout.formats.dlocal_report import DLocalReport

READER, OLDER = DLocalSettlement(), DLocalReport()
SETTLEMENT = FIXTURES / "dlocal" / "settlement.csv"
TRANSACTIONS = FIXTURES / "dlocal_report" / "transactions.csv"
AMOUNTS = ("gross_minor", "markup_minor", "tax_minor", "net_minor")


def test_rows_are_the_canonical_lines() -> None:
    """The nets as rounded come to -54.84 and -54.86 was paid, so the line beside it is 0.02."""
    columns = ("source_line", "line_kind", *AMOUNTS, "presentment_minor", "presentment_currency")
    rows = Reading.of(READER, SETTLEMENT).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (2, "payout", 5486, 0, 0, 5486, 5486, "USD"),
        (2, "adjustment", -2, 0, 0, -2, -2, "USD"),
        (4, "charge", 2631, 52, 0, 2579, 17000, "BRL"),
        (5, "charge", 377, 7, 0, 370, 7000, "MXN"),
        (6, "charge", 368, 7, 0, 361, 3500, "CLP"),
        (7, "refund", -501, 31, 0, -532, -9300, "MXN"),
        (8, "chargeback", -250, 12, 0, -262, -4639, "MXN"),
        (9, "adjustment", 0, 0, 0, 0, 0, "USD"),
        (10, "fee", 0, 8000, 0, -8000, 0, "USD"),
    ]
    assert sum(row["net_minor"] for row in rows) == 0
    payout, _, charge, *_ = rows
    assert (payout["payout_reference"], str(payout["available_on"])) == ("700123", "2026-01-09")
    assert charge["created_at"].isoformat() == "2025-12-20T00:35:09+00:00"
    assert (charge["line_id"], charge["merchant_reference"]) == ("T-1-a/PAYMENT", "INV-1")
    assert '"NET_AMOUNT":"25.788014"' in charge["extra"]


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, SETTLEMENT)
    assert reading.reasons() == {
        11: "GROSS_AMOUNT: '3,77' is not an amount",
        12: "CREATION_DATE: '2025-13-22 04:52:13' is not a time",
    }
    assert reading.codes() == [("amounts_rounded", 2), ("unknown_columns", None)]


def test_the_totals_are_held_against_the_exact_sums() -> None:
    reading = Reading.of(READER, SETTLEMENT)
    assert [(t.name, t.stated, t.computed) for t in reading.totals] == [
        ("gross_total", 2626, 2626),
        ("fee_total", -8111, -8111),
        ("net_total", -5486, -5486),
        ("number_of_items", 7, 7),
    ]
    assert reading.reports == [Report("700123")]


def test_what_is_lost_is_not_taken_for_rounding() -> None:
    lines = SETTLEMENT.read_bytes().splitlines(keepends=True)
    reading = Reading.of_bytes(READER, b"".join(lines[:3] + lines[4:]))
    assert [row["raw_kind"] for row in reading.rows if row["source_line"] == 2] == ["payout"]
    net = ControlTotal("net_total", "700123", "USD", -5486, -8064, 2)
    assert net in reading.totals


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"HEADER,USD", b"HEADERS,USD", "does not begin with the totals"),
        (b"\nROW_TYPE", b"\nHEADER,USD,1,1,1,1,2026-01-09,2\nROW_TYPE", "does not begin with"),
        (b"HEADER,USD", b"HEADER,XXX", "not an ISO 4217 currency"),
        (b",-54.86,", b",-92233720368547758.09,", "too large an amount"),
        (b",2026-01-09,", b",someday,", "TRANSFER_DATE 'someday'"),
        (b"-54.86", b"lots", "NET_TOTAL_AMOUNT is 'lots'"),
        (b"FEE_AMOUNT,NET_AMOUNT", b"FEE,NET", "lack: FEE_AMOUNT, NET_AMOUNT"),
    ],
)
def test_a_file_without_its_totals_is_refused(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        Reading.of_bytes(READER, SETTLEMENT.read_bytes().replace(old, new))


def test_the_older_report() -> None:
    columns = ("source_line", "line_kind", *AMOUNTS, "presentment_minor", "presentment_currency")
    reading = Reading.of(OLDER, TRANSACTIONS)
    assert [tuple(row[name] for name in columns) for row in reading.rows] == [
        (2, "charge", 1500, 29, 1, 1470, 5000, "BRL"),
        (3, "refund", -150, 10, 0, -160, -500, "BRL"),
        (4, "chargeback", -150, 0, 0, -150, -500, "BRL"),
        (5, "fee", -2500, 0, 0, -2500, -2500, "USD"),
        (7, "adjustment", 270, 0, 0, 270, 900, "BRL"),
    ]
    assert reading.rows[1]["payment_reference"] == "7654321"
    assert reading.reasons() == {
        8: "Amount (USD) is empty",
        9: "Creation date: 'yesterday' is not a time",
    }
    assert reading.codes() == [("transactions_without_effect", None), ("unknown_type", 7)]
    assert reading.structural == 2


MICRO = st.integers(-(10**12), 10**12)


@MODEST
@given(st.lists(st.tuples(MICRO, MICRO), min_size=1, max_size=10), st.integers(300, 3000))
def test_what_is_written_is_read(items: list[tuple[int, int]], block_bytes: int) -> None:
    """Whatever is rounded, the lines and the payout add up to nothing, and the totals hold."""

    def money(micro: int) -> str:
        return f"{Decimal(micro).scaleb(-6):f}"

    def cents(micro: int) -> Decimal:
        return Decimal(micro).scaleb(-6).quantize(Decimal("0.01"))

    sums = [sum(column) for column in zip(*items, strict=True)]
    totals = [cents(sums[0]), cents(sums[1]), cents(sums[0] + sums[1])]
    lines = [
        "ROW_TYPE;SETTLEMENT_CURRENCY;NUMBER_OF_ITEMS;GROSS_TOTAL_AMOUNT;FEE_TOTAL_AMOUNT;"
        "NET_TOTAL_AMOUNT;TRANSFER_DATE;TRANSFER_ID",
        f"HEADER;EUR;{len(items)};{';'.join(map(str, totals))};20260109;77",
        "ROW_TYPE;DLOCAL_TRANSACTION_ID;CREATION_DATE;GROSS_AMOUNT;FEE_AMOUNT;NET_AMOUNT",
    ]
    for place, (gross, fee) in enumerate(items):
        amounts = ";".join(map(money, (gross, fee, gross + fee)))
        lines.append(f"PAYMENT;T{place};2026-01-01 00:00:00;{amounts}")
    reading = Reading.of_bytes(READER, "\r\n".join(lines).encode(), block_bytes)
    assert reading.quarantined == []
    assert sum(reading.column("net_minor")) == 0
    assert all(total.stated == total.computed for total in reading.totals)
    own = [row["net_minor"] for row in reading.rows if row["raw_kind"] == "PAYMENT"]
    assert own == [int(cents(gross + fee) * 100) for gross, fee in items]


@MODEST
@given(damaged(SETTLEMENT.read_bytes()), st.integers(300, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@MODEST
@given(damaged(TRANSACTIONS.read_bytes()), st.integers(300, 3000))
def test_damage_of_the_older_report_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(OLDER, data, block_bytes)


def test_the_two_reports_are_two_formats() -> None:
    for path, own, other in ((SETTLEMENT, READER, OLDER), (TRANSACTIONS, OLDER, READER)):
        head = Head.of(path, "upload")
        assert own.recognises(head)
        assert not other.recognises(head)


def test_a_payment_that_was_authorised_first_is_a_capture() -> None:
    captured = SETTLEMENT.read_bytes().replace(b"\nPAYMENT,INV-1,", b"\nCAPTURE,INV-1,")
    reading = Reading.of_bytes(READER, captured)
    assert [row["line_kind"] for row in reading.rows if row["raw_kind"] == "CAPTURE"] == ["charge"]
    assert "unknown_type" not in [code for code, _ in reading.codes()]

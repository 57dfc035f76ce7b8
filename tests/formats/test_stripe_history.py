from __future__ import annotations

import json

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
from tieout.formats import recognise
from tieout.formats.base import Head
from tieout.formats.stripe import StripePayoutReconciliation
from tieout.formats.stripe_history import StripeBalanceHistory

READER = StripeBalanceHistory()
OCTOBER = FIXTURES / "stripe_history" / "october.csv"


def test_the_export_is_recognised_by_its_header() -> None:
    assert recognise(Head.of(OCTOBER, "itemised.csv")).format == "stripe_balance_history"


def test_the_id_may_be_written_in_capitals() -> None:
    data = OCTOBER.read_bytes().replace(b"id,Type", b"ID,Type")
    assert recognise(Head("x.csv", data)).format == "stripe_balance_history"
    assert Reading.of_bytes(READER, data).rows == Reading.of(READER, OCTOBER).rows


def test_lines_have_the_kinds_and_payouts_of_the_reports() -> None:
    columns = ("line_id", "line_kind", "raw_kind", "gross_minor", "markup_minor", "net_minor")
    rows = Reading.of(READER, OCTOBER).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("txn_h1", "charge", "charge", 12000, 193, 11807),
        ("txn_h2", "charge", "charge", 5000, 60, 4940),
        ("txn_h3", "fee", "fee", -500, 0, -500),
        ("txn_h4", "refund", "refund", -2000, 0, -2000),
        ("txn_h5", "payout", "payout", -14247, 0, -14247),
        ("txn_h6", "charge", "charge", 1500, 54, 1446),
        ("txn_h7", "adjustment", "adjustment", -12000, 2000, -14000),
        ("txn_h8", "charge", "charge", 950, 50, 900),
    ]
    assert [row["payout_id"] for row in rows] == ["po_h1"] * 5 + [None] * 3
    assert rows[1]["presentment_minor"] == 5410
    assert rows[1]["presentment_currency"] == "USD"
    assert rows[5]["created_at"].isoformat() == "2026-10-09T23:59:30+00:00"
    assert (rows[0]["payment_reference"], rows[3]["processor_reference"]) == ("ch_h1", "re_h4")
    assert json.loads(rows[0]["extra"]) == {
        "Transfer Date (UTC)": "2026-10-08 00:00",
        "order (metadata)": "7001",
    }


def test_what_does_not_add_up_or_cannot_be_read_is_said() -> None:
    reading = Reading.of(READER, OCTOBER)
    assert reading.codes() == [("net_is_not_gross_minus_fee", 9)]
    assert list(reading.reasons()) == [10]
    assert "10/11/2026" in reading.reasons()[10]


def test_a_line_has_the_id_that_the_payout_report_gives_it() -> None:
    """The two tell one balance transaction, so they are versions of one line."""
    report = (
        b"balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,"
        b"reporting_category,source_id,automatic_payout_id\n"
        b"txn_h1,2026-10-05 10:00:00,2026-10-07 00:00:00,eur,120.00,1.93,118.07,"
        b"charge,ch_h1,po_h1\n"
    )
    (reported,) = Reading.of_bytes(StripePayoutReconciliation(), report).rows
    exported = Reading.of(READER, OCTOBER).rows[0]
    for name in ("line_id", "line_kind", "net_minor", "payout_id", "created_at", "available_on"):
        assert reported[name] == exported[name], name


@pytest.mark.parametrize("size", [64, 300, 1000])
def test_blocks_of_any_size_give_the_same(size: int) -> None:
    assert Reading.of(READER, OCTOBER, size) == Reading.of(READER, OCTOBER)


@MODEST
@given(damaged(OCTOBER.read_bytes()), st.integers(1, 400))
def test_damaged_files_are_read_or_refused(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import (
    FIXTURES,
    MODEST,
    SAMPLES,
    Reading,
    assert_read_or_refused,
    damaged,
)
from tieout.formats.adyen import AdyenSettlementDetails
from tieout.formats.base import ControlTotal, Head, Report

READER = AdyenSettlementDetails()
BATCH = FIXTURES / "adyen" / "settlement_batch.csv"
REAL = SAMPLES / "adyen"
needs_samples = pytest.mark.skipif(
    not REAL.exists(), reason="the real samples are not in this checkout"
)


def test_rows_are_the_canonical_lines() -> None:
    """Line 4 is a charge whose fees are higher than its amount: its net is a debit."""
    columns = (
        "source_line",
        "line_kind",
        "gross_minor",
        "markup_minor",
        "scheme_fee_minor",
        "interchange_minor",
        "net_minor",
        "presentment_minor",
        "presentment_currency",
    )
    rows = Reading.of(READER, BATCH).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (2, "charge", 5000, 25, 15, 50, 4910, 5000, "EUR"),
        (3, "charge", 1840, 40, 0, 0, 1800, 2000, "USD"),
        (4, "charge", 10, 15, 0, 0, -5, 10, "EUR"),
        (5, "refund", -5000, 10, 0, 0, -5010, -5000, "EUR"),
        (6, "chargeback", -1840, 750, 0, 0, -2590, -1840, "EUR"),
        (7, "chargeback_reversal", 1840, 0, 0, 0, 1840, 1840, "EUR"),
        (8, "fee", -145, 0, 0, 0, -145, -145, "EUR"),
        (9, "reserve_hold", -200, 0, 0, 0, -200, -200, "EUR"),
        (10, "adjustment", 100, 0, 0, 0, 100, 100, "EUR"),
        (11, "payout", -700, 0, 0, 0, -700, -700, "EUR"),
        (14, "charge", 5000, 25, 15, 50, 4910, 5100, "EUR"),
    ]


def test_net_is_gross_less_fees_in_every_row() -> None:
    fees = ("interchange_minor", "scheme_fee_minor", "markup_minor", "fixed_fee_minor", "tax_minor")
    for row in Reading.of(READER, BATCH).rows:
        assert row["net_minor"] == row["gross_minor"] - sum(row[name] for name in fees)


def test_references_batch_and_times() -> None:
    rows = {row["source_line"]: row for row in Reading.of(READER, BATCH).rows}
    charge, converted, refund, payout = rows[2], rows[3], rows[5], rows[11]
    assert charge["processor_reference"] == charge["payment_reference"] == "QAF1000000000001"
    assert refund["processor_reference"] == "QAF9000000000004"
    assert refund["payment_reference"] == "QAF1000000000001"
    assert (payout["payout_reference"], charge["payout_reference"]) == ("TX7777777777XT", None)
    assert (payout["payout_id"], payout["batch_id"]) == ("NorthwindEU/77", "77")
    assert payout["account"] == "NorthwindEU"
    assert converted["created_at"].isoformat() == "2026-03-29T01:30:00+00:00"
    assert (converted["fx_rate"], converted["card_brand"]) == (Decimal("0.92"), "mastercard")
    assert charge["extra"] == '{"Shop":"Berlin"}'
    assert "line_id" not in charge


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, BATCH)
    assert reading.reasons() == {
        12: "Creation Date: 'CST' is a time zone of America or of China, and which one is not said",
        13: "no net amount; Gross Currency is empty",
    }
    assert reading.codes() == [
        ("net_is_not_gross_minus_fee", 14),
        ("spreadsheet_damage", 6),
        ("time_nonexistent", 7),
        ("unknown_columns", 1),
        ("unknown_type", 10),
    ]


def test_the_batch_is_held_against_its_payout() -> None:
    """The lines come to 56.10, of which 7.00 was paid out: 49.10 is line 14, whose gross is off."""
    reading = Reading.of(READER, BATCH)
    assert reading.totals == [
        ControlTotal("payout_equals_its_batch", "NorthwindEU/77", "EUR", 700, 5610)
    ]
    assert reading.reports == [Report("Northwind/NorthwindEU/77")]


def test_several_batches_are_one_report_of_all() -> None:
    header, first, *_ = BATCH.read_text().splitlines()
    other = first.replace(",77,", ",78,")
    reading = Reading.of_bytes(READER, "\n".join([header, other, first]).encode())
    assert reading.reports == [Report("Northwind/NorthwindEU/77+Northwind/NorthwindEU/78")]
    assert reading.totals == []


@needs_samples
@pytest.mark.parametrize(
    ("name", "nets", "totals"),
    [
        ("batch_238", [45433199, -9, -45433190], [(0, 0)]),
        ("deposit_correction", [-50000, 30000], []),
        ("donation", [76, -76], [(76, 76)]),
        ("refund", [-100, -180, -403], [(403, -280)]),
    ],
)
def test_real_samples(name: str, nets: list[int], totals: list[tuple[int, int]]) -> None:
    path = REAL / f"settlement_detail_report_{name}.csv"
    reading = Reading.of(READER, path)
    assert reading.column("net_minor") == nets
    assert [(total.stated, total.computed) for total in reading.totals] == totals
    assert (reading.quarantined, reading.findings) == ([], [])
    assert READER.recognises(Head.of(path, path.name))


@needs_samples
def test_the_order_of_columns_does_not_matter() -> None:
    donation = REAL / "settlement_detail_report_donation.csv"
    reordered = REAL / "settlement_detail_report_donation_reordered.csv"
    assert Reading.of(READER, donation) == Reading.of(READER, reordered)


@needs_samples
def test_the_accounting_report_is_another_format() -> None:
    path: Path = REAL / "payments_accounting_report_nyce.csv"
    assert not READER.recognises(Head.of(path, path.name))


@MODEST
@given(damaged(BATCH.read_bytes()), st.integers(150, 2000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)

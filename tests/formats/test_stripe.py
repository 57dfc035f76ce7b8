from __future__ import annotations

from datetime import date

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
from tieout.formats.base import ControlTotal, Head, UnreadableFile
from tieout.formats.stripe import StripePayoutReconciliation

READER = StripePayoutReconciliation()
PAYOUTS = FIXTURES / "stripe" / "payouts.csv"
ACTIVITY = FIXTURES / "stripe" / "activity.csv"
SAMPLE = SAMPLES / "stripe" / "payout_reconciliation_itemized.csv"
HEADER = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,"
HEADER += "automatic_payout_id\n"


def read_lines(*lines: str) -> Reading:
    return Reading.of_bytes(READER, (HEADER + "\n".join(lines)).encode())


def test_rows_are_the_canonical_lines() -> None:
    columns = ("source_line", "line_id", "line_kind", "gross_minor", "markup_minor", "net_minor")
    rows = Reading.of(READER, PAYOUTS).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (2, "txn_a1", "charge", 12000, 203, 11797),
        (3, "txn_a2", "charge", 3975, 85, 3890),
        (5, "txn_a3", "refund", -12000, 0, -12000),
        (6, "txn_a4", "chargeback", -3975, 1500, -5475),
        (7, "txn_a5", "chargeback_reversal", 3975, 0, 3975),
        (8, "txn_a6", "reserve_hold", -1000, 0, -1000),
        (9, "txn_a7", "reserve_release", 400, 0, 400),
        (10, "txn_a8", "fee", -50, 0, -50),
        (11, "txn_p1", "payout", -1537, 0, -1537),
        (12, "txn_b1", "charge", 1500, 54, 1446),
        (13, "txn_b2", "payout", -1440, 0, -1440),
        (14, "txn_c1", "adjustment", 990, 30, 960),
    ]


def test_references_lead_to_the_payment_and_the_payout() -> None:
    reading = Reading.of(READER, PAYOUTS)
    names = ("processor_reference", "payment_reference", "merchant_reference", "payout_id")
    found = {row["line_id"]: tuple(row[name] for name in names) for row in reading.rows}
    assert found["txn_a1"] == ("ch_a1", "ch_a1", "ORD-1", "po_mar")
    assert found["txn_a2"] == ("ch_a2", "ch_a2", "CHK-2", "po_mar")
    assert found["txn_a3"] == ("re_a1", "ch_a1", "ORD-1", "po_mar")
    assert found["txn_p1"] == ("po_mar", None, None, "po_mar")
    assert found["txn_b1"] == ("ch_b1", "ch_b1", "ORD-9", "po_yen")
    assert found["txn_c1"] == (None, None, None, None)
    assert reading.column("report_id")[-1] == "stripe"


def test_first_row_in_full() -> None:
    row = Reading.of(READER, PAYOUTS).rows[0]
    assert (row["presentment_minor"], row["presentment_currency"]) == (13050, "USD")
    assert row["created_at"].isoformat() == "2026-03-02T08:15:00+00:00"
    assert row["available_on"] == date(2026, 3, 4)
    assert (row["payment_method"], row["card_brand"], row["currency"]) == ("card", "visa", "EUR")
    assert row["description"] == 'Order 1, "express"'
    assert row["extra"] == (
        '{"payment_metadata[order_id]":"ORD-1","payment_metadata[checkout_ref]":"CHK-1"}'
    )


def test_what_cannot_be_read_is_refused_with_reasons() -> None:
    reading = Reading.of(READER, PAYOUTS)
    assert reading.reasons() == {
        15: "gross: '10.005' has more decimals than EUR has",
        16: "created_utc: '2026-03-33 09:00:00' is not a time; "
        "currency: 'xyz' is not an ISO 4217 currency; gross: 'ten' is not an amount",
        17: "balance_transaction_id is empty",
        19: "expected 23 fields, found 8",
    }
    assert (reading.records, reading.structural) == (18, 2)


def test_findings_and_totals() -> None:
    reading = Reading.of(READER, PAYOUTS)
    assert reading.codes() == [
        ("net_is_not_gross_minus_fee", 14),
        ("payout_sign_turned", 11),
        ("unknown_columns", 1),
    ]
    assert reading.totals == [
        ControlTotal("payout_equals_its_lines", "po_mar", "EUR", 1537, 1537, 11),
        ControlTotal("payout_equals_its_lines", "po_yen", "JPY", 1440, 1446, 13),
    ]
    assert reading.reports == []
    assert '"stated_gross":"10.00"' in reading.rows[-1]["extra"]


@pytest.mark.parametrize(
    ("lines", "payout", "expected"),
    [("10.00", "10.00", -1000), ("10.00", "-10.00", -1000), ("-10.00", "-10.00", 1000)],
)
def test_a_payout_goes_against_its_lines(lines: str, payout: str, expected: int) -> None:
    reading = read_lines(
        f"txn_p,2026-01-01,eur,{payout},0,{payout},payout,po_1",
        f"txn_1,2026-01-01,eur,{lines},0,{lines},charge,po_1",
    )
    assert reading.column("net_minor") == [expected, -expected]
    assert reading.totals[0].stated == reading.totals[0].computed == -expected


def test_a_payout_without_lines_keeps_its_sign() -> None:
    reading = read_lines("txn_p,2026-01-01,eur,5.00,0,5.00,payout,po_1")
    assert reading.column("net_minor") == [500]
    assert reading.codes() == []


def test_the_report_of_payouts_has_no_lines_to_hold_them_against() -> None:
    header = "payout_id,effective_at_utc,balance_transaction_id,currency,gross,fee,net,"
    header += "reporting_category,payout_status,trace_id"
    line = "po_1,2026-03-04 10:00:00,txn_5,usd,-36.25,0.00,-36.25,payout,paid,T1"
    data = f"{header}\n{line}\n".encode()
    assert READER.recognises(Head("file", data))
    reading = Reading.of_bytes(READER, data)
    columns = ("line_id", "payout_id", "processor_reference", "line_kind", "net_minor")
    assert [tuple(row[name] for name in columns) for row in reading.rows] == [
        ("txn_5", "po_1", "po_1", "payout", -3625)
    ]
    assert (reading.totals, reading.findings) == ([], [])


def test_the_report_of_activity_has_lines_of_payouts_and_of_none() -> None:
    """The balance's changes: what is paid out already names its payout, and no payout is told."""
    reading = Reading.of(READER, ACTIVITY)
    columns = ("line_id", "line_kind", "gross_minor", "net_minor", "currency", "payout_id")
    assert [tuple(row[name] for name in columns) for row in reading.rows] == [
        ("txn_d1", "charge", 5000, 4825, "USD", "po_apr"),
        ("txn_d2", "refund", -1200, -1200, "USD", "po_apr"),
        ("txn_d3", "fee", -75, -75, "USD", None),
        ("txn_d4", "transfer", -900, -900, "USD", None),
        ("txn_d5", "charge", 300, 289, "JPY", None),
    ]
    charge, _, fee, transfer, _ = reading.rows
    assert (charge["report_id"], fee["report_id"]) == ("po_apr", "stripe")
    assert (charge["merchant_reference"], charge["payment_reference"]) == ("ORD-0042", "ch_d1")
    assert charge["available_on"] == date(2026, 4, 4)
    assert transfer["extra"] == '{"transfer_metadata[seller]":"s_7"}'
    assert reading.reasons() == {7: "net: '1.5' has more decimals than JPY has"}
    assert (reading.totals, reading.codes()) == ([], [])


def test_one_balance_transaction_is_one_line_in_both_reports() -> None:
    """A line of the activity is a version of the line of the payout reconciliation."""
    payout = Reading.of(READER, PAYOUTS).rows[0]
    header = PAYOUTS.read_text().splitlines()[0]
    line = PAYOUTS.read_text().splitlines()[1].replace("po_mar", "")
    (activity,) = Reading.of_bytes(READER, f"{header}\n{line}\n".encode()).rows
    differ = {name for name in payout if payout[name] != activity[name]}
    assert differ == {"payout_id", "payout_reference", "report_id"}


def test_created_alone_is_taken_as_utc_and_said_once() -> None:
    data = (HEADER + "t1,2026-01-01,eur,1,0,1,charge,\nt2,2026-01-01,eur,1,0,1,charge,").encode()
    reading = Reading.of_bytes(READER, data.replace(b"created_utc", b"created"))
    assert reading.codes() == [("time_zone_assumed_utc", None)]


def test_addresses_of_the_customer_are_columns_of_the_report() -> None:
    names = "customer_address_city,customer_address_country,customer_shipping_address_line1"
    line = "txn_1,2026-03-02 10:00:00,eur,10.00,0.30,9.70,charge,po_1,Lund,SE,Gatan 1\n"
    reading = Reading.of_bytes(READER, f"{HEADER.strip()},{names}\n{line}".encode())
    assert reading.rows[0]["extra"] is None
    assert "unknown_columns" not in dict(reading.codes())


def test_recognised_by_its_columns_in_any_order() -> None:
    names = HEADER.strip().split(",")
    assert READER.recognises(Head("x", ",".join(reversed(names)).encode()))
    for missing in ("net", "created_utc", "reporting_category"):
        header = ",".join(name for name in names if name != missing).encode()
        assert not READER.recognises(Head("x", header))
        with pytest.raises(UnreadableFile, match="lacks"):
            Reading.of_bytes(READER, header + b"\n")


@pytest.mark.skipif(not SAMPLE.exists(), reason="the real samples are not in this checkout")
def test_the_real_sample() -> None:
    reading = Reading.of(READER, SAMPLE)
    assert (reading.records, len(reading.rows), reading.quarantined) == (8, 7, [])
    assert reading.totals == [
        ControlTotal("payout_equals_its_lines", "po_test123", "USD", 2305, 2305, 8)
    ]
    assert READER.recognises(Head.of(SAMPLE, SAMPLE.name))


@pytest.mark.skipif(not SAMPLE.exists(), reason="the real samples are not in this checkout")
def test_other_exports_of_stripe_data_are_not_recognised() -> None:
    for path in (SAMPLES / "stripe" / "negative_control_dbt_seeds").iterdir():
        assert not READER.recognises(Head.of(path, path.name)), path


@MODEST
@given(damaged(PAYOUTS.read_bytes()), st.integers(150, 2000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@MODEST
@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 10**6)), max_size=6))
def test_any_amounts_round_trip(amounts: list[tuple[int, int]]) -> None:
    lines = [
        f"txn_{row},2026-01-01 10:00:00,kwd,{_text(net + fee)},{_text(fee)},{_text(net)},charge,"
        for row, (net, fee) in enumerate(amounts)
    ]
    reading = read_lines(*lines)
    assert reading.column("net_minor") == [net for net, _ in amounts]
    assert reading.column("markup_minor") == [fee for _, fee in amounts]
    assert reading.codes() == []


def _text(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 1000}.{abs(minor) % 1000:03d}"

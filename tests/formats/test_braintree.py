from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import (
    FIXTURES,
    MODEST,
    Reading,
    assert_read_or_refused,
    damaged,
)
from tieout.formats.base import Report
from tieout.formats.braintree import BraintreeFees

READER = BraintreeFees()
FLAT = FIXTURES / "braintree" / "flat.csv"
INTERCHANGE = FIXTURES / "braintree" / "interchange.csv"
AMOUNTS = ("gross_minor", "interchange_minor", "markup_minor", "net_minor")


def test_rows_are_the_canonical_lines() -> None:
    columns = ("source_line", "line_kind", *AMOUNTS, "presentment_minor", "presentment_currency")
    rows = Reading.of(READER, FLAT).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (2, "charge", 10000, 0, 220, 9780, 10000, "USD"),
        (3, "refund", -2000, 0, -38, -1962, -2000, "USD"),
        (4, "charge", 8640, 0, 280, 8360, 8000, "EUR"),
        (5, "refund", -8640, 0, 0, -8640, -8640, "USD"),
        (6, "fee", 0, 0, 10, -10, 0, "USD"),
        (7, "adjustment", 100, 0, 0, 100, 100, "USD"),
        (8, "charge", 1500, 0, 58, 1442, 1500, "JPY"),
    ]
    charge, refund, converted, *_ = rows
    assert (charge["merchant_reference"], charge["card_brand"]) == ("0042", "visa")
    assert (str(charge["available_on"]), charge["batch_id"]) == ("2026-03-04", "anvils/2026-03-04")
    assert '"Acquirer Reference Number":"24000000000000000000001"' in charge["extra"]
    assert (refund["payment_reference"], refund["processor_reference"]) == ("tx000000", "tx000002")
    assert converted["fx_rate"] == Decimal("1.08")


def test_interchange_is_estimated() -> None:
    reading = Reading.of(READER, INTERCHANGE)
    assert [tuple(row[name] for name in AMOUNTS) for row in reading.rows] == [
        (920, 22, 11, 887),
        (-400, -8, 1, -393),
    ]
    assert reading.codes() == [("fee_is_not_its_parts", 3), ("fees_estimated", None)]
    assert reading.column("account") == ["anvils", "anvils"]


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, FLAT)
    amount, day = (reading.reasons()[line] for line in (9, 10))
    assert "Settlement Amount: '1.005' has more decimals than USD has" in amount
    assert "neither Total Fee Amount nor Est. Total Fee Amount is an amount" in amount
    assert day.startswith("Settlement Date: '03/03/2026' is not a date; Settlement Date: a spread")
    assert reading.codes() == [
        ("presentment_not_stated", 5),
        ("spreadsheet_damage", 3),
        ("unknown_columns", 1),
        ("unknown_type", 7),
    ]
    assert reading.reports == [Report("anvils/2026-03-04")]
    assert all(row.get("payout_id") is None for row in reading.rows)


def test_what_the_payer_saw_may_have_a_column_of_its_own() -> None:
    text = (
        "Transaction ID,Transaction Type,Presentment Currency,Presentment Amount,"
        "Original Sale Amount,Settlement Currency,Settlement Amount,Settlement Date,"
        "Disbursement Date,Deposit ID,Exchange Rate,Total Fee Amount\n"
        "t1,sale,JPY,16000,,USD,100.00,2026-03-02,2026-03-04,d7,0.00625,2.20\n"
    )
    reading = Reading.of_bytes(READER, text.encode())
    (row,) = reading.rows
    assert (row["presentment_minor"], row["presentment_currency"]) == (16000, "JPY")
    assert (row["gross_minor"], row["net_minor"], reading.codes()) == (10000, 9780, [])


def test_a_dispute_takes_money_and_brings_it_back() -> None:
    text = (
        "Transaction ID,Transaction Type,Settlement Currency,Settlement Amount,Settlement Date,"
        "Disbursement Date,Total Fee Amount\n"
        "t1,dispute debit,USD,20.00,2026-03-02,2026-03-04,15.00\n"
        "t1,dispute credit,USD,20.00,2026-03-09,2026-03-11,0.00\n"
    )
    reading = Reading.of_bytes(READER, text.encode())
    assert [(row["line_kind"], row["net_minor"]) for row in reading.rows] == [
        ("chargeback", -3500),
        ("chargeback_reversal", 2000),
    ]


FILS = st.integers(0, 10**12)


@MODEST
@given(
    st.lists(st.tuples(st.booleans(), FILS, FILS), min_size=1, max_size=10), st.integers(300, 3000)
)
def test_what_is_written_is_read(lines: list[tuple[bool, int, int]], block_bytes: int) -> None:
    text = [
        "Transaction ID,Transaction Type,Settlement Currency,Settlement Amount,Settlement Date,"
        "Disbursement Date,Total Fee Amount"
    ]
    for place, (is_sale, amount, fee) in enumerate(lines):
        amounts = [f"{Decimal(each).scaleb(-3):f}" for each in (amount, fee)]
        kind = "sale" if is_sale else "credit"
        text.append(f"t{place},{kind},KWD,{amounts[0]},2026-03-02,2026-03-04,{amounts[1]}")
    reading = Reading.of_bytes(READER, "\n".join(text).encode(), block_bytes)
    assert reading.quarantined == []
    assert [tuple(row[name] for name in AMOUNTS) for row in reading.rows] == [
        (gross, 0, fee, gross - fee)
        for is_sale, amount, fee in lines
        for gross in [amount if is_sale else -amount]
    ]


@MODEST
@given(st.sampled_from([FLAT, INTERCHANGE]).flatmap(lambda path: damaged(path.read_bytes())))
def test_damage_is_contained(data: bytes) -> None:
    assert_read_or_refused(READER, data, 700)

from __future__ import annotations

import csv
import io
from typing import Any

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
from tieout.formats.base import ControlTotal, Head, Report, UnreadableFile
from tieout.formats.paypal_stl import PayPalSettlementReport

READER = PayPalSettlementReport()
TWO_ACCOUNTS = FIXTURES / "paypal_stl" / "two_accounts.csv"
REAL = SAMPLES / "paypal"
COLUMNS = [
    "CH", "Transaction ID", "Invoice ID", "PayPal Reference ID", "PayPal Reference ID Type",
    "Transaction Event Code", "Transaction Initiation Date", "Transaction Completion Date",
    "Transaction Debit or Credit", "Gross Transaction Amount", "Gross Transaction Currency",
    "Fee Debit or Credit", "Fee Amount", "Fee Currency",
]  # fmt: skip
START = "2026/03/28 00:00:00 -0700"
NOON = "2026/03/28 12:00:00 -0700"


def differences(reading: Reading) -> list[tuple[str, str, str | None, int]]:
    """The control totals that fail: name, account, currency and by how much."""
    return [
        (total.name, total.scope.partition("/")[0], total.currency, total.computed - total.stated)
        for total in reading.totals
        if total.computed != total.stated
    ]


def test_rows_are_the_canonical_lines() -> None:
    """Amounts are hundredths whatever the currency: 15000 of yen are 150."""
    columns = ("source_line", "line_kind", "gross_minor", "markup_minor", "net_minor", "currency")
    rows = Reading.of(READER, TWO_ACCOUNTS).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (5, "charge", 12000, 378, 11622, "USD"),
        (6, "refund", -12000, -30, -11970, "USD"),
        (7, "chargeback", -5000, 2000, -7000, "USD"),
        (8, "chargeback_reversal", 5000, 0, 5000, "USD"),
        (9, "reserve_hold", -1500, 0, -1500, "USD"),
        (10, "reserve_release", 900, 0, 900, "USD"),
        (11, "fx", -10000, 0, -10000, "USD"),
        (12, "fx", 9200, 0, 9200, "EUR"),
        (13, "payout", -9200, 0, -9200, "EUR"),
        (14, "transfer", -700, 20, -720, "USD"),
        (15, "fee", -1000, 0, -1000, "USD"),
        (16, "adjustment", -1, 0, -1, "USD"),
        (17, "charge", 150, 6, 144, "JPY"),
        (30, "charge", 2500, 103, 2397, "USD"),
    ]


def test_accounts_references_and_times() -> None:
    rows = {row["source_line"]: row for row in Reading.of(READER, TWO_ACCOUNTS).rows}
    charge, refund, payout, other = rows[5], rows[6], rows[13], rows[30]
    assert (charge["account"], other["account"]) == ("QZ4TESTACCOUNT", "QZ4OTHERACCOUNT")
    assert charge["created_at"].isoformat() == "2026-03-28T17:15:00+00:00"
    assert charge["processor_reference"] == charge["payment_reference"] == "1AB00000000000001"
    assert (charge["line_id"], charge["merchant_reference"]) == (
        "1AB00000000000001/USD/CR",
        "INV-1001",
    )
    assert refund["payment_reference"] == "9ZZ00000000000001"
    assert (payout["payout_id"], payout["payout_reference"]) == (
        "1AB00000000000009",
        "YYW1012345678901",
    )
    assert charge["payout_id"] is None
    assert r'"Custom Field":"say \"hi\""' in charge["extra"]
    assert '"Loyalty Points":"7"' in rows[16]["extra"]


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, TWO_ACCOUNTS)
    amount = "Gross Transaction Amount"
    assert reading.reasons() == {
        18: f"{amount}: '15050' hundredths are no whole JPY, which has none",
        19: f"{amount}: '12.00' is not an unsigned amount in hundredths",
        20: "Transaction Debit or Credit is empty",
        21: "the fee is in EUR, the transaction in USD",
        22: "Transaction Completion Date: '2026/03/28 10:15:00' is not a time",
        23: "the line has a quote that is never closed",
    }
    assert reading.codes() == [
        ("amount_scale_assumed", None),
        ("unknown_columns", None),
        ("unknown_type", 16),
    ]


def test_the_footers_are_held_against_the_transactions() -> None:
    """The second section's footer has a fee of 93 where the transaction has 103."""
    reading = Reading.of(READER, TWO_ACCOUNTS)
    assert differences(reading) == [
        ("section_fee_debits", "QZ4OTHERACCOUNT", "USD", 10),
        ("section_balance", "QZ4OTHERACCOUNT", "USD", -10),
    ]
    assert len(reading.totals) == 4 * 6 + 2 + 3 * 6 + 1
    usd = ControlTotal("section_balance", "QZ4TESTACCOUNT/2026/03/28", "USD", 85331, 85331, 26)
    assert usd in reading.totals
    name = "QZ4TESTACCOUNT/2026/03/28+QZ4OTHERACCOUNT/2026/03/28"
    assert reading.reports == [Report(name, "2026-03-29T10:12:44+00:00")]


def test_totals_of_a_report_in_several_files_are_not_those_of_one_file() -> None:
    second = TWO_ACCOUNTS.read_bytes().replace(b'"FH",01', b'"FH",02')
    reading = Reading.of_bytes(READER, second)
    assert not any(total.name.startswith("report_") for total in reading.totals)
    assert ("report_in_several_files", None) in reading.codes()
    assert reading.reports[0].report_id.endswith(" file 02")


def test_a_day_without_transactions() -> None:
    empty = f'"RH",{NOON},"R","QZ4",009,\n"FH",01\n"SH",{START},{NOON},"QZ4",""\n'
    footer = '"SF","USD",0,0,0,0,"CR",700,"CR",700,"CR",0,"CR",0,"CR",0,"CR",0,0\n"SC",0\n'
    reading = Reading.of_bytes(READER, (empty + footer).encode())
    assert (reading.records, reading.rows, differences(reading)) == (5, [], [])
    assert len(reading.totals) == 7


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"CH"', b'"CX"', "no column header"),
        (b"Fee Amount", b"Fee", "lacks: Fee Amount"),
        (b"Fee Amount", b"Fee Currency", "lacks: Fee Amount"),
        (b"Loyalty Points", b"Store ID", "names a column twice"),
    ],
)
def test_a_report_without_its_columns_is_refused(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        Reading.of_bytes(READER, TWO_ACCOUNTS.read_bytes().replace(old, new))


def test_sections_with_other_columns_are_refused() -> None:
    first, second, third = TWO_ACCOUNTS.read_bytes().split(b'"CH"')
    other = b'"CH"'.join([first, second, third.replace(b"Invoice ID", b"Order ID")])
    with pytest.raises(UnreadableFile, match="line 29 names other columns"):
        Reading.of_bytes(READER, other)


def written(rows: list[dict[str, Any]], delimiter: str) -> bytes:
    """A report as PayPal would write it of these transactions in USD."""
    text = io.StringIO()
    sheet = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
    sheet.writerow(["SH", START, NOON, "QZ4"])
    sheet.writerow(COLUMNS)
    sums = {"CR": 0, "DR": 0, "fee CR": 0, "fee DR": 0}
    for place, row in enumerate(rows):
        side, fee_side = ("DR" if row[name] < 0 else "CR" for name in ("gross", "fee"))
        sums[side] += abs(row["gross"])
        sums[f"fee {fee_side}"] += abs(row["fee"])
        reference = ["1DV3", "TXN"] if row["code"] == "T1107" else ["", ""]
        amounts = [side, abs(row["gross"]), "USD", fee_side, abs(row["fee"]), "USD"]
        sheet.writerow(
            ["SB", f"T{place}", row["invoice"], *reference, row["code"], NOON, NOON, *amounts]
        )
    net = sum(row["gross"] + row["fee"] for row in rows)
    balances = ["CR", 500, "CR" if net >= -500 else "DR", abs(500 + net), *["CR", 0] * 4]
    sheet.writerow(["SF", "USD", *sums.values(), *balances, len(rows)])
    sheet.writerow(["SC", len(rows)])
    return text.getvalue().encode("utf-8-sig")


TRANSACTIONS = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["T0006", "T1107", "T0400", "T1201", "T2101", "T0200"]),
        "gross": st.integers(-(10**12), 10**12),
        "fee": st.integers(-(10**6), 10**6),
        "invoice": st.text("aB9é,;\"'- \n\t", max_size=12),
    }
)


@MODEST
@given(st.lists(TRANSACTIONS, max_size=8), st.sampled_from([",", "\t"]), st.integers(120, 3000))
def test_what_is_written_is_read(
    transactions: list[dict[str, Any]], delimiter: str, block_bytes: int
) -> None:
    reading = Reading.of_bytes(READER, written(transactions, delimiter), block_bytes)
    assert reading.quarantined == []
    assert reading.column("gross_minor") == [row["gross"] for row in transactions]
    assert reading.column("net_minor") == [row["gross"] + row["fee"] for row in transactions]
    assert reading.column("raw_kind") == [row["code"] for row in transactions]
    assert reading.column("merchant_reference") == [row["invoice"] or None for row in transactions]
    assert differences(reading) == []
    assert len(reading.totals) == 7


@MODEST
@given(damaged(TWO_ACCOUNTS.read_bytes()), st.integers(300, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not in this checkout")
@pytest.mark.parametrize(
    ("name", "nets", "wrong"),
    [
        ("currency_convert", [1840, -1840, 327], []),
        (
            "dr_payment",
            [51799, -15499],
            [
                ("report_balance", "the report", "USD", -100),
                ("report_records_of_currency", "the report", None, 1),
            ],
        ),
    ],
)
def test_real_samples(name: str, nets: list[int], wrong: list[tuple[Any, ...]]) -> None:
    """The second sample's footer is wrong twice: by a dollar, and by a transaction."""
    path = REAL / f"stl_{name}.csv"
    reading = Reading.of(READER, path)
    assert reading.column("net_minor") == nets
    assert differences(reading) == wrong
    assert (reading.quarantined, reading.findings) == ([], [])
    assert READER.recognises(Head.of(path, path.name))


DETAIL = f"""RH,{NOON},A,QZ4,8,,
FH,1,,,,,
SH,{START},{NOON},QZ4,,,
{",".join(COLUMNS)},Transactional Status,Payer's Account ID
SB,A1,,,,T0006,{NOON},{NOON},CR,1000,USD,DR,42,USD,S,
SB,A2,,,,T0006,{NOON},{NOON},CR,1000,USD,DR,42,USD,P,
SB,A3,,,,T0006,{NOON},{NOON},CR,1000,USD,DR,42,USD,D,
SB,A4,,,,T0006,{NOON},{NOON},CR,500,USD,,,,V,
SB,A5,,,,T0006,{NOON},{NOON},CR,500,USD,,,,?,
"""


def test_the_detail_report_has_lines_of_what_was_settled() -> None:
    """It is written like the settlement report, and has pending and denied transactions too."""
    reading = Reading.of_bytes(READER, DETAIL.encode())
    assert [(row["line_id"], row["net_minor"]) for row in reading.rows] == [
        ("A1/USD/CR", 958),
        ("A4/USD/CR", 500),
    ]
    assert reading.reasons() == {9: "Transactional Status: '?' is none of S, V, F"}
    assert reading.codes() == [("transactions_without_effect", None)]
    # The settlement report of the day, which has the same section, is not superseded by it.
    assert [report.report_id for report in reading.reports] == ["QZ4/2026/03/28 in detail"]


def test_empty_fields_that_a_spreadsheet_added_to_a_footer_are_no_count() -> None:
    header = f"SH,{START},{NOON},QZ4\n{','.join(COLUMNS)}\n"
    body = f"SB,A1,,,,T0006,{NOON},{NOON},CR,1000,USD,,,\n"
    footer = "SF,USD,1000,0,0,0,CR,0,CR,1000,CR,0,CR,1000,CR,0,CR,0,1,,,\n"
    reading = Reading.of_bytes(READER, (header + body + footer).encode())
    assert (reading.codes(), differences(reading)) == ([], [])
    assert "section_records_of_currency" in [total.name for total in reading.totals]

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.bank_parts import FIXTURES, Parts, assert_read_or_refused, mutations
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.field86 import Details, read_details
from tieout.formats.mt940 import Mt940

MT940 = FIXTURES / "mt940"
GERMAN, DUTCH = MT940 / "german_pages.sta", MT940 / "dutch_yen_dinar.sta"


def read(path: Path) -> Parts:
    parts = Parts.of(Mt940(), path)
    parts.assert_conserved()
    return parts


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "statement.sta"
    path.write_bytes(text.encode(encoding))
    return path


def test_every_entry_is_a_row() -> None:
    columns = ("source_line", "statement_id", "booking_date", "value_date", "amount_minor")
    assert [tuple(row[name] for name in columns) for row in read(GERMAN).lines] == [
        # The entry date 31 December belongs to the year before the value date's.
        (6, "00001/001 STARTUMS", date(2025, 12, 31), date(2026, 1, 1), 25050),
        # RC takes a credit back, RD a debit.
        (11, "00001/001 STARTUMS", date(2026, 1, 2), date(2026, 1, 2), -5000),
        (13, "00001/001 STARTUMS", date(2026, 2, 28), date(2026, 2, 28), -50),
        (24, "00001/002 STARTUMS", date(2026, 1, 3), date(2026, 1, 3), 1),
    ]


def test_what_a_structured_entry_says() -> None:
    payout, reversal, fee, correction = read(GERMAN).lines
    assert {row["account"] for row in (payout, reversal, fee)} == {"12030000/0000202051"}
    assert payout["bank_reference"] == "BANK-1"
    assert payout["end_to_end_id"] == "PAYOUT-2025-12-31-0004711"
    assert payout["counterparty"] == "Payments Processor Ltd"
    assert payout["remittance"] == (
        "EREF+PAYOUT-2025-12-31-0004711 SVWZ+Payout po_4711 for December"
    )
    assert json.loads(payout["extra"]) == {"supplementary_details": "Gutschrift"}
    assert (reversal["end_to_end_id"], reversal["transaction_code"]) == (None, "NRTI")
    assert (fee["bank_reference"], fee["remittance"]) == (None, "Account fee")
    assert correction["remittance"] is None


def test_every_balance_of_every_page_is_a_row() -> None:
    assert read(GERMAN).balances == [
        (5, "opening", "2025-12-30", 100000, "EUR"),
        (15, "interim_closing", "2026-01-02", 120000, "EUR"),
        (21, "interim_opening", "2026-01-02", 120000, "EUR"),
        (25, "closing", "2026-01-03", 120101, "EUR"),
        (26, "available", "2026-01-03", 120101, "EUR"),
        (27, "forward", "2026-01-04", 130000, "EUR"),
    ]


def test_an_entry_that_cannot_be_read_is_quarantined_and_the_page_fails_by_it() -> None:
    parts = read(GERMAN)
    (row,) = parts.quarantined
    assert row["source_line"] == 22
    assert row["raw_text"] == ":61:26013AC1,00NTRFBROKEN\n:86:020?20this entry has no date"
    assert row["reason"].startswith("the entry (:61:) is not: date, debit/credit mark, amount")
    assert parts.differences == [("closing_balance", "EUR", -100)]
    assert parts.findings == [("value_date_adjusted", 13)]


def test_the_report_names_the_days_because_banks_reuse_their_numbers() -> None:
    assert read(GERMAN).report.report_id == (
        "12030000/0000202051/00001/001 STARTUMS@2026-01-02; "
        "12030000/0000202051/00001/002 STARTUMS@2026-01-03"
    )


def test_several_accounts_and_currencies_in_a_file() -> None:
    parts = read(DUTCH)
    columns = ("source_line", "account", "amount_minor", "currency")
    assert [tuple(row[name] for name in columns) for row in parts.lines] == [
        (8, "NL02TEST0123456789 EUR", 2500, "EUR"),
        (12, "NL02TEST0123456789 EUR", -500, "EUR"),
        (20, "0012345JPY", 335, "JPY"),
        (30, "KW-7", 1250, "KWD"),
    ]
    assert parts.quarantined[0]["reason"] == "'1,2505' has more decimals than KWD has"
    assert parts.differences == [("closing_balance", "KWD", -1251)]


def test_what_a_coded_and_a_plain_entry_say() -> None:
    columns = ("end_to_end_id", "counterparty", "remittance")
    payout, invoice, plain, _ = [tuple(row[name] for name in columns) for row in read(DUTCH).lines]
    assert payout == ("po_4712", "Payments Processor", "Payout 4712 for March")
    assert invoice == (None, "Café Noir", "Invoice 9")
    assert plain == (None, None, "plain text over two lines and two fields")


def test_latin_1_and_other_line_ends_read_the_same(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace("\n", "\r\n")
    assert read(written(tmp_path, text, "latin-1")).lines == read(DUTCH).lines
    assert read(written(tmp_path, text.replace("\r\n", "\r"))).lines == read(DUTCH).lines


def test_a_nul_byte_is_shown(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace("plain text", "plain\0text")
    assert read(written(tmp_path, text)).lines[2]["remittance"].startswith("plain␀text over")


def test_a_statement_that_does_not_close_says_by_how_much(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace("C260302JPY500335,", "C260302JPY500300,")
    parts = read(written(tmp_path, text))
    assert ("closing_balance", "JPY", 35) in parts.differences


def test_without_a_reference_tag_a_closing_balance_ends_the_statement(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace(":20:940S260302\n", "")
    parts = read(written(tmp_path, text))
    assert [row["amount_minor"] for row in parts.lines] == [2500, -500, 335, 1250]
    assert parts.differences == [("closing_balance", "KWD", -1251)]


def test_an_entry_without_opening_balance_has_no_currency(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace(":60F:C260302JPY500000,\n", "")
    parts = read(written(tmp_path, text))
    reasons = {row["source_line"]: row["reason"] for row in parts.quarantined}
    assert "no opening balance (:60F:)" in reasons[19]
    assert ("no_opening_balance", 16) in parts.findings


def test_a_statement_without_account_is_quarantined(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace(":25:0012345JPY\n", "")
    assert [row["source_line"] for row in read(written(tmp_path, text)).quarantined][:3] == [
        18,
        19,
        23,
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("C335,", "C3,3,5", "'3,3,5' is not an amount"),
        ("C335,", "C335,5", "more decimals than JPY"),
        ("260302C335,", "261302C335,", "month must be in 1..12"),
        ("JPY500335,", "JPY500335,00X", "the balance (:62F:) is not"),
        ("260302JPY500335,", "260231JPY500335,", "day is out of range"),
    ],
)
def test_a_record_that_cannot_be_read_is_quarantined(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = DUTCH.read_text(encoding="utf-8")
    assert old in text
    parts = read(written(tmp_path, text.replace(old, new, 1)))
    assert any(reason in row["reason"] for row in parts.quarantined)


def test_a_long_reference_keeps_the_one_of_the_bank_behind_it(tmp_path: Path) -> None:
    reference = "BIPI-dvT1FzfMqvzF5HaU4oetlH7SGRkonU"
    text = DUTCH.read_text(encoding="utf-8").replace(
        "C335,NTRFNONREF", f"C335,NTRF{reference}//20260302161639\nsecond line"
    )
    row = read(written(tmp_path, text)).lines[2]
    assert row["bank_reference"] == "20260302161639"
    assert json.loads(row["extra"]) == {
        "customer_reference": reference,
        "supplementary_details": "second line",
    }


def test_references_of_any_length_end_with_their_line(tmp_path: Path) -> None:
    long_ = "BANK-0123456789-0123456789-0123456789"
    text = DUTCH.read_text(encoding="utf-8").replace(
        "C335,NTRFNONREF", f"C335,NTRFINVOICE-2026-0000471//{long_}\nsecond line"
    )
    row = read(written(tmp_path, text)).lines[2]
    assert row["bank_reference"] == long_
    assert json.loads(row["extra"]) == {
        "customer_reference": "INVOICE-2026-0000471",
        "supplementary_details": "second line",
    }


@pytest.mark.parametrize("amount", ["3.35", "3 335,", "3'335,", "3.335,00", "1234567890123,45"])
def test_an_amount_that_the_standard_does_not_know_is_not_read_in_part(
    tmp_path: Path, amount: str
) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace("C335,NTRF", f"C{amount}NTRF")
    row, *_ = read(written(tmp_path, text)).quarantined
    assert "is not written with digits and a decimal comma alone" in row["reason"]


def test_a_space_before_the_type_is_no_reference(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace("C335,NTRF", "C335, NRTI")
    row = read(written(tmp_path, text)).lines[2]
    assert (row["amount_minor"], row["transaction_code"]) == (335, "NRTI")
    assert "NRTI" not in (row["extra"] or "")


def test_an_entry_that_is_only_expected_is_not_booked(tmp_path: Path) -> None:
    text = DUTCH.read_text(encoding="utf-8").replace("C335,NTRF", "EC335,NTRF")
    parts = read(written(tmp_path, text))
    assert parts.quarantined[0]["reason"] == "the entry is only expected (mark EC), not booked"


def test_the_field_of_the_banks_own_is_kept_with_its_entry(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        ":20:STARTUMS\n:25:00471100\n:28:00046\n:NS:22OUR NAME\n23Our name\n"
        ":60F:C260302HUF1000,\n:61:2603020302DF40,00S   X\n:NS:01471100\n15Acme Kft.\n"
        ":61:2603020302D60,00NCHGNONREF\n:NS:09Fee\n:86:Fee of March\n:62F:C260302HUF900,\n",
    )
    parts = read(path)
    assert [json.loads(row["extra"])["non_swift"] for row in parts.lines] == [
        "01471100\n15Acme Kft.",
        "09Fee",
    ]
    assert [row["remittance"] for row in parts.lines] == [None, "Fee of March"]
    assert parts.differences == []


@pytest.mark.parametrize(
    ("lines", "details"),
    [
        (["", " ", ""], Details()),
        (["WHAT?20IS THIS"], Details("WHAT?20IS THIS")),
        (["020~00X~20two ~21words"], Details("two words")),
        (["000>10123>20 RENT>32A>33B"], Details("RENT", "A B")),
        (["000+20Invoice 7", "+31XX00+32ACME SRL"], Details("Invoice 7", "ACME SRL")),
        (["030+4912345 call us"], Details("030+4912345 call us")),
        # The text flows on over the subfields, so a keyword comes in the middle of one.
        (
            ["109?20EREF+INV.2026.000471.000000?21815 KREF+PAY-2026-0000471 ?22SVWZ+Return"],
            Details(
                "EREF+INV.2026.000471.000000815 KREF+PAY-2026-0000471 SVWZ+Return",
                None,
                "INV.2026.000471.000000815",
            ),
        ),
        (["/TRTP/SEPA/NAME/A B/REMI//EREF/X 1"], Details(None, "A B", "X 1")),
        (["/TRTP/SEPA/EREF/NONREF"], Details("/TRTP/SEPA/EREF/NONREF")),
        (["a/REMI/b"], Details("a/REMI/b")),
        (["x" * 65, "y", "z"], Details("x" * 65 + "y z")),
    ],
)
def test_the_shapes_of_field_86(lines: list[str], details: Details) -> None:
    assert read_details(lines) == details


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":20:X\n:25:Y\n:60F:C260101EUR1,", True),
        ("{1:F01X}{2:Y}{4:\n:20:X\n:28C:1", True),
        (":60F:C260101EUR1,", False),  # a fragment
        (":20:X\n:25:Y\n:28C:1\n:34F:EUR0,\n:13D:2601010000+0100\n:61:260101C1,NTRF", False),
        ("id,amount\n:20:,1", False),
    ],
)
def test_a_statement_is_recognised_and_a_fragment_is_not(text: str, expected: bool) -> None:
    assert Mt940().recognises(Head("x", text.encode())) is expected


def test_a_file_without_any_opening_balance_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, ":20:X\n:25:Y\n:28C:1\n:61:260101C1,NTRFNONREF\n:62F:C260101EUR1,\n")
    with pytest.raises(UnreadableFile, match=r"no opening balance \(:60F: or :60M:\)"):
        list(Mt940().read(path))


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_damage_is_quarantined_or_refused(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([GERMAN, DUTCH])).read_bytes()
    assert_read_or_refused(Mt940(), data.draw(mutations(original)))


def test_zeros_that_fill_an_amount_are_no_amount(tmp_path: Path) -> None:
    text = (
        ":20:R\n:25:/PL61109010140000071219812874\n:28C:1\n:60F:C260301TRY0000000000000100,00\n"
        ":61:2603020302C0000000000000025,50NMSCREF\n:62F:C260302TRY0000000000000125,50\n"
    )
    parts = read(written(tmp_path, text))
    assert [row["amount_minor"] for row in parts.lines] == [2550]
    # The slash before an account is none of its number.
    assert parts.lines[0]["account"] == "PL61109010140000071219812874"
    assert [(total.stated, total.computed) for total in parts.totals] == [(12550, 12550)]

"""The interim reports and notifications of banks, whose entries a statement repeats."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.bank_parts import FIXTURES, Parts, assert_read_or_refused, mutations
from tieout.formats import recognise
from tieout.formats.base import Head, Reader, UnreadableFile
from tieout.formats.camt import Camt052, Camt054
from tieout.formats.mt940 import Mt942

REPORT = FIXTURES / "camt052" / "report_v8.xml"
NOTIFICATION = FIXTURES / "camt054" / "notification_v4.xml"
INTERIM = FIXTURES / "mt942" / "two_reports.sta"


def read(reader: Reader, path: Path) -> Parts:
    assert recognise(Head.of(path, "upload")).format == reader.format
    parts = Parts.of(reader, path)
    parts.assert_conserved()
    return parts


def edited(original: Path, tmp_path: Path, old: str, new: str) -> Path:
    text = original.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "edited"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_every_booked_entry_of_a_report_is_one_of_a_notice() -> None:
    parts = read(Camt052(), REPORT)
    columns = ("source_line", "account", "statement_id", "booking_date", "amount_minor")
    account, day = "LT601010012345678901", date(2026, 3, 2)
    assert [tuple(row[name] for name in columns) for row in parts.lines] == [
        (23, account, "RPT-1", day, 2700),
        (42, account, "RPT-1", day, -250),
    ]
    assert {row["stated_in"] for row in parts.lines} == {"notice"}
    assert parts.findings == [("entry_not_booked", 47)]


def test_the_balances_of_a_report_open_and_close_no_statement(tmp_path: Path) -> None:
    parts = read(Camt052(), REPORT)
    assert [kind for _, kind, *_ in parts.balances] == ["interim_opening", "interim_closing"]
    assert parts.differences == []
    # The balances of a whole day are none of a statement either; but the entries must tie them.
    text = REPORT.read_text(encoding="utf-8").replace("ITBD", "OPBD", 1).replace("ITBD", "CLBD", 1)
    path = tmp_path / "day.xml"
    path.write_text(text.replace(">34.50</Amt>", ">34.00</Amt>"), encoding="utf-8")
    day = read(Camt052(), path)
    assert [kind for _, kind, *_ in day.balances] == ["interim_opening", "interim_closing"]
    assert day.differences == [("closing_balance", "EUR", 50)]


def test_the_balance_of_the_morning_says_nothing_of_a_report_of_the_hour(tmp_path: Path) -> None:
    parts = read(Camt052(), edited(REPORT, tmp_path, ">10.00</Amt>", ">9.00</Amt>"))
    assert parts.differences == [("closing_balance", "EUR", -100)]
    text = REPORT.read_text(encoding="utf-8").replace("ITBD", "OPBD", 1)
    path = tmp_path / "morning.xml"
    path.write_text(text.replace(">10.00</Amt>", ">9.00</Amt>"), encoding="utf-8")
    morning = read(Camt052(), path)
    assert morning.differences == []
    assert [kind for _, kind, *_ in morning.balances] == ["interim_opening", "interim_closing"]


def test_the_only_balance_of_a_report_is_the_one_of_now(tmp_path: Path) -> None:
    text = REPORT.read_text(encoding="utf-8")
    first = text.index("      <Bal>")
    path = tmp_path / "one.xml"
    path.write_text(text[:first] + text[text.index("      <Bal>", first + 1) :], encoding="utf-8")
    parts = read(Camt052(), path)
    assert [kind for _, kind, *_ in parts.balances] == ["interim_closing"]
    assert parts.findings == [("entry_not_booked", 43)]


def test_a_notice_counts_what_is_pending_among_its_entries() -> None:
    totals = {(t.name, t.currency): (t.stated, t.computed) for t in read(Camt052(), REPORT).totals}
    assert totals["number_of_entries", None] == (3, 3)
    assert totals["sum_of_credits", "EUR"] == (3200, 3200)


def test_a_batch_keeps_its_transactions_and_is_checked_against_them() -> None:
    batch, other = read(Camt052(), REPORT).lines
    assert (batch["end_to_end_id"], batch["remittance"]) == (None, "PAYOUT po_4711 CHARGES")
    assert json.loads(batch["extra"]) == {
        "transactions": [
            {
                "amount": "30.00",
                "currency": "EUR",
                "direction": "CRDT",
                "end_to_end_id": "E-1",
                "remittance": "PAYOUT po_4711",
                "counterparty": "Payments Processor Ltd",
            },
            {
                "amount": "3.00",
                "currency": "EUR",
                "direction": "DBIT",
                "end_to_end_id": "E-2",
                "remittance": "CHARGES",
            },
        ]
    }
    assert other["extra"] is None
    totals = [t for t in read(Camt052(), REPORT).totals if t.name.endswith("_transactions")]
    assert [(t.line, t.currency, t.stated, t.computed) for t in totals] == [
        (23, None, 2, 2),
        (23, "EUR", 2700, 2700),
    ]


def test_a_batch_that_lacks_a_transaction_says_so() -> None:
    parts = read(Camt054(), NOTIFICATION)
    assert parts.differences == [
        ("number_of_transactions", None, -1),
        ("sum_of_transactions", "CHF", -100),
    ]
    (row,) = parts.lines
    assert (row["source_line"], row["amount_minor"], row["stated_in"]) == (8, 3000, "notice")
    assert row["remittance"] == "000000000000000000000000011"


@pytest.mark.parametrize(
    ("old", "new", "names", "findings"),
    [
        ("<NbOfTxs>3<", "<NbOfTxs>three<", set(), ["batch_unreadable"]),
        ('"CHF">19.00', '"EUR">19.00', {"number_of_transactions"}, []),
        ('<TtlAmt Ccy="CHF">30.00', '<TtlAmt Ccy="CHF">30,00',
         {"number_of_transactions"}, ["batch_unreadable"]),
    ],
)  # fmt: skip
def test_a_batch_that_cannot_be_checked(
    tmp_path: Path, old: str, new: str, names: set[str], findings: list[str]
) -> None:
    parts = read(Camt054(), edited(NOTIFICATION, tmp_path, old, new))
    assert {t.name for t in parts.totals if t.name.endswith("_transactions")} == names
    assert [code for code, _ in parts.findings] == findings
    assert len(parts.lines) == 1


def test_a_notification_owes_no_balance_and_an_entry_without_a_day_is_quarantined() -> None:
    parts = read(Camt054(), NOTIFICATION)
    assert (parts.balances, parts.findings) == ([], [])
    (row,) = parts.quarantined
    assert row["source_line"] == 25
    assert row["reason"] == "the entry has neither a booking date nor a value date"


def test_a_notice_is_named_by_its_number_and_last_day() -> None:
    report = read(Camt052(), REPORT).report
    assert report.report_id == "LT601010012345678901/RPT-1@2026-03-02 p1"
    assert report.version == "2026-03-02T11:00:00.000000"
    assert read(Camt054(), NOTIFICATION).report.report_id == (
        "CH9300762011623852957/NTF-1@2026-03-02; CH9300762011623852957/NTF-2"
    )
    assert read(Mt942(), INTERIM).report.report_id == (
        "12030000/0000202051/00001/001 INTERIM@2026-03-02 2603021015+0100; "
        "12030000/0000202051/00001/001 INTERIM@2026-03-02 2603021415+0100"
    )


@pytest.mark.parametrize("version", ["01", "02", "06", "13"])
@pytest.mark.parametrize(
    ("reader", "path", "root"),
    [
        (Camt052(), REPORT, "BkToCstmrAcctRpt"),
        (Camt054(), NOTIFICATION, "BkToCstmrDbtCdtNtfctn"),
    ],
    ids=["camt_052", "camt_054"],
)
def test_the_version_does_not_matter(
    tmp_path: Path, reader: Reader, path: Path, root: str, version: str
) -> None:
    text = path.read_text(encoding="utf-8")
    for old in ("001.08", "001.04"):
        text = text.replace(old, f"001.{version}")
    if version == "01":
        text = text.replace(root, f"{root}V01")
    other = tmp_path / "other.xml"
    other.write_text(text, encoding="utf-8")
    assert read(reader, other).lines == read(reader, path).lines


def test_a_message_without_any_notification_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.xml"
    path.write_text("<Document><BkToCstmrDbtCdtNtfctn><GrpHdr/></BkToCstmrDbtCdtNtfctn></Document>")
    message = r"a camt\.054 message without any notification \(Ntfctn\)"
    with pytest.raises(UnreadableFile, match=message):
        list(Camt054().read(path))


def test_every_entry_of_an_interim_report_of_swift_is_a_row() -> None:
    parts = read(Mt942(), INTERIM)
    columns = ("source_line", "amount_minor", "currency", "bank_reference", "stated_in")
    assert [tuple(row[name] for name in columns) for row in parts.lines] == [
        (7, 25050, "EUR", "BANK-1", "notice"),
        (9, -50, "EUR", None, "notice"),
        (20, -100, "EUR", "BANK-2", "notice"),
    ]
    assert parts.lines[0]["end_to_end_id"] == "po_4711"
    assert [row["source_line"] for row in parts.quarantined] == [11]


def test_the_totals_of_an_interim_report_of_swift_are_checked() -> None:
    parts = read(Mt942(), INTERIM)
    assert [(t.line, t.name, t.currency, t.stated, t.computed) for t in parts.totals] == [
        (12, "number_of_debits", None, 1, 1),
        (12, "sum_of_debits", "EUR", 50, 50),
        (13, "number_of_credits", None, 2, 1),
        (13, "sum_of_credits", "EUR", 25150, 25050),
        (21, "number_of_debits", None, 1, 1),
        (21, "sum_of_debits", "EUR", 100, 100),
    ]
    assert parts.findings == [("summary_unreadable", 22)]


def test_an_interim_report_of_swift_without_currency_is_refused_or_quarantined(
    tmp_path: Path,
) -> None:
    text = INTERIM.read_text(encoding="utf-8")
    path = tmp_path / "one.sta"
    path.write_text(text.replace(":34F:EURD0,\n:34F:EURC0,\n", ""), encoding="utf-8")
    reasons = {row["source_line"]: row["reason"] for row in read(Mt942(), path).quarantined}
    assert reasons[5] == "the report has no floor limit (:34F:), so no currency"
    path.write_text(text.replace(":34F:", ":35F:"), encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"no floor limit \(:34F:\)"):
        list(Mt942().read(path))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_is_quarantined_or_refused(data: st.DataObject) -> None:
    notices: list[tuple[Reader, Path]] = [
        (Camt052(), REPORT),
        (Camt054(), NOTIFICATION),
        (Mt942(), INTERIM),
    ]
    reader, path = data.draw(st.sampled_from(notices))
    assert_read_or_refused(reader, data.draw(mutations(path.read_bytes())))

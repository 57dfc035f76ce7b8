from __future__ import annotations

import html
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ofxtools.Parser import OFXTree

from tests.formats.bank_parts import FIXTURES, Parts, assert_read_or_refused, mutations
from tieout.formats import recognise
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.ofx import Ofx

OFX = FIXTURES / "ofx"
SGML, XML = OFX / "two_accounts.ofx", OFX / "version_2.qfx"

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n"
SMALL = """\
<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR
<BANKACCTFROM><ACCTID>7</BANKACCTFROM>
<BANKTRANLIST>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260302<TRNAMT>1.50<FITID>A<NAME>PAYOUT</STMTTRN>
</BANKTRANLIST>
<LEDGERBAL><BALAMT>3.00<DTASOF>20260303</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


def read(path: Path) -> Parts:
    assert recognise(Head.of(path, "upload")).format == "ofx"
    parts = Parts.of(Ofx(), path)
    parts.assert_conserved()
    return parts


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "download.ofx"
    path.write_bytes((HEADER + text).encode(encoding))
    return path


def small(tmp_path: Path, old: str, new: str) -> Parts:
    assert SMALL.count(old) == 1
    return read(written(tmp_path, SMALL.replace(old, new)))


def test_every_entry_of_a_bank_account_and_of_a_credit_card_is_a_row() -> None:
    columns = ("source_line", "account", "booking_date", "value_date", "amount_minor", "currency")
    assert [tuple(row[name] for name in columns) for row in read(SGML).lines] == [
        # The day is the one of the bank's own clock, where Greenwich has the next one.
        (20, "000111222", date(2026, 3, 2), date(2026, 3, 3), 250050, "USD"),
        # A decimal comma; and a midnight in Greenwich is not the evening before.
        (30, "000111222", date(2026, 3, 3), None, -1250, "USD"),
        (39, "000111222", date(2026, 3, 3), None, 700, "USD"),
        (61, "XXXXXXXXXXXX1234", date(2026, 3, 5), None, -999, "EUR"),
    ]


def test_what_an_entry_says() -> None:
    columns = ("bank_reference", "end_to_end_id", "remittance", "counterparty", "transaction_code")
    payout, check, _, hosting = [tuple(row[name] for name in columns) for row in read(SGML).lines]
    text = "STRIPE TRANSFER net of fees & charges – March"
    assert payout == ("F-1", "po_4711", text, "STRIPE TRANSFER", "CREDIT")
    # A memo without value and without end tag does not swallow the name behind it.
    assert check == ("F-2", None, "AT&T <phone>", "AT&T <phone>", "CHECK")
    assert hosting == ("C-1", None, None, "Cloud Hosting", "DEBIT")
    assert json.loads(read(SGML).lines[1]["extra"]) == {"CHECKNUM": "1001"}
    assert json.loads(read(SGML).lines[3]["extra"])["CURRENCY/CURRATE"] == "1.1"


def test_every_balance_is_a_row() -> None:
    assert read(SGML).balances == [
        (54, "closing", "2026-03-03", 300000, "USD"),
        (55, "available", "2026-03-03", 290000, "USD"),
    ]
    assert read(XML).balances == [(28, "closing", "2026-03-31", -670, "JPY")]


def test_an_entry_is_known_by_its_id_with_its_day_and_amount() -> None:
    assert [row["entry_id"] for row in read(SGML).lines] == [
        "000111222/F-1/2026-03-02/250050 USD",
        "000111222/F-2/2026-03-03/-1250 USD",
        "000111222/F-2/2026-03-03/700 USD",
        "XXXXXXXXXXXX1234/C-1/2026-03-05/-999 EUR",
    ]
    # What the bank has twice stays two entries, and is said.
    assert [row["entry_id"] for row in read(XML).lines] == [
        "0012345/1/2026-03-02/335 JPY",
        "0012345/1/2026-03-02/335 JPY/2",
    ]
    assert read(XML).findings == [("duplicate_entry", 23)]


def test_version_2_has_character_data_and_comments() -> None:
    assert [(row["counterparty"], row["remittance"]) for row in read(XML).lines] == [
        ("Café Noir", "Café Noir"),
        (None, "A < B & C"),
    ]


def test_what_is_doubtful_or_cannot_be_read_is_said() -> None:
    parts = read(SGML)
    assert parts.findings == [("direction_doubtful", 39)]
    (row,) = parts.quarantined
    assert (row["source_line"], row["reason"]) == (46, "'-1,234.56' is not an amount")
    assert row["raw_text"].startswith("<STMTTRN>\n<TRNTYPE>POS")
    assert row["raw_text"].endswith("</STMTTRN>")


def test_the_report_is_its_accounts_and_days_and_when_it_was_made(tmp_path: Path) -> None:
    report = read(SGML).report
    assert report.report_id == (
        "000111222/2026-03-01..2026-03-03; XXXXXXXXXXXX1234/2026-03-01..2026-03-31"
    )
    assert report.version == "20260304063000"
    # Without the days that were asked for nothing says which download replaces which.
    parts = read(written(tmp_path, SMALL))
    assert [part for part in parts.parts if type(part).__name__ == "Report"] == []
    assert parts.lines[0]["statement_id"] == "2026-03-02..2026-03-02"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<TRNAMT>1.50", "<TRNAMT>1.505", "'1.505' has more decimals than EUR has"),
        ("<TRNAMT>1.50", "<TRNAMT>", "the amount is missing"),
        ("<TRNAMT>1.50", "<TRNAMT>1.50<CURRENCY><CURSYM>XXX</CURRENCY>", "'XXX' is not an ISO"),
        ("<DTPOSTED>20260302", "<DTPOSTED>00000000", "'00000000' is on no day of the calendar"),
        ("<DTPOSTED>20260302", "<DTPOSTED>02.03.2026", "'02.03.2026' is not written YYYYMMDD"),
        ("<DTPOSTED>20260302", "", "the time None is not written"),
        ("<FITID>A", "<FITID>B<CORRECTFITID>A<CORRECTACTION>DELETE", "takes back the entry A"),
        ("<CURDEF>EUR", "<CURDEF>", "the statement has no currency (CURDEF)"),
        ("<ACCTID>7", "<ACCTID>", "the statement has no account (ACCTID)"),
    ],
)
def test_an_entry_that_cannot_be_read_is_quarantined(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    parts = small(tmp_path, old, new)
    assert reason in parts.quarantined[0]["reason"]
    assert parts.lines == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("<FITID>A", "", "no_entry_id"),
        ("<FITID>A", "<FITID>B<CORRECTFITID>A<CORRECTACTION>REPLACE", "entry_corrected"),
        ("<TRNAMT>1.50", "<TRNAMT>-1.50", "direction_doubtful"),
    ],
)
def test_what_a_person_should_know_of_an_entry(
    tmp_path: Path, old: str, new: str, finding: str
) -> None:
    parts = small(tmp_path, old, new)
    assert [code for code, _ in parts.findings] == [finding]
    assert len(parts.lines) == 1


@pytest.mark.parametrize(
    "time",
    ["20260302", "20260302235959", "20260302120000.000[-5:EST]", "20260302120000[+5.30:IST]",
     "202603021200", "20260302120000 [0:GMT]", "20260302120000[-5]"],
)  # fmt: skip
def test_the_ways_to_write_a_day(tmp_path: Path, time: str) -> None:
    (row,) = small(tmp_path, "<DTPOSTED>20260302", f"<DTPOSTED>{time}").lines
    assert row["booking_date"] == date(2026, 3, 2)


def test_a_pending_entry_is_no_row(tmp_path: Path) -> None:
    pending = "<BANKTRANLISTP><STMTTRNP><TRNAMT>1</STMTTRNP>\n</BANKTRANLISTP><LEDGERBAL>"
    parts = small(tmp_path, "<LEDGERBAL>", pending)
    assert [code for code, _ in parts.findings] == ["entry_not_booked"]
    assert len(parts.lines) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_characters_are_those_of_the_file_not_of_its_header(
    tmp_path: Path, encoding: str
) -> None:
    path = written(tmp_path, SMALL.replace("PAYOUT", "Zoë – 5 €"), encoding)
    assert read(path).lines[0]["counterparty"] == "Zoë – 5 €"


def test_the_declared_characters_where_they_are_others(tmp_path: Path) -> None:
    text = HEADER.replace("1252", "1251") + SMALL.replace("PAYOUT", "Оплата")
    path = tmp_path / "cyrillic.ofx"
    path.write_bytes(text.encode("cp1251"))
    assert read(path).lines[0]["counterparty"] == "Оплата"


def test_without_lines_records_are_numbered(tmp_path: Path) -> None:
    parts = read(written(tmp_path, SMALL.replace("\n", "")))
    assert [row["source_line"] for row in parts.lines] == [1]
    assert [line for line, *_ in parts.balances] == [2]
    assert [code for code, _ in parts.findings] == ["no_line_numbers"]


def test_the_number_of_a_card_is_never_whole(tmp_path: Path) -> None:
    digits = "41" + "1" * 14
    parts = read(
        written(
            tmp_path,
            SMALL.replace("BANKACCTFROM", "CCACCTFROM")
            .replace("STMTRS>", "CCSTMTRS>")
            .replace("<ACCTID>7", f"<ACCTID>{digits}")
            .replace("<BANKTRANLIST>", "<BANKTRANLIST><DTSTART>20260301<DTEND>20260302"),
        )
    )
    assert parts.lines[0]["account"] == "411111******1111"
    assert digits not in str(parts.parts)


def test_an_investment_account_beside_a_bank_account_is_quarantined(tmp_path: Path) -> None:
    other = SMALL[len("<OFX>") : SMALL.index("</OFX>")].replace("STMTRS>", "INVSTMTRS>")
    parts = read(written(tmp_path, SMALL.replace("</OFX>", other + "</OFX>")))
    assert len(parts.lines) == 1
    reasons = {row["reason"] for row in parts.quarantined}
    assert reasons == {"it is of no bank account or credit card (STMTRS, CCSTMTRS)"}
    assert len(parts.quarantined) == 2


def test_a_statement_without_its_end_keeps_the_entries_of_the_next_one_apart(
    tmp_path: Path,
) -> None:
    body = SMALL[SMALL.index("<STMTTRNRS>") : SMALL.index("</STMTTRNRS>")]
    second = body.replace("<ACCTID>7", "<ACCTID>8")
    text = SMALL.replace("</STMTRS></STMTTRNRS>", f"{second}</STMTTRNRS></STMTRS></STMTTRNRS>")
    parts = read(written(tmp_path, text))
    assert [row["account"] for row in parts.lines] == ["7", "8"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALL[:-40], "the file is cut off: <OFX> at line 7 has no end"),
        ("<OFX></OFX>", "no statement of a bank account or credit card"),
        (
            "<OFX><STMTTRNRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Signon invalid</STATUS>"
            "</STMTTRNRS></OFX>",
            r"the bank says: Signon invalid \(status 15500\)",
        ),
        ("<OFX>" + "<STMTTRN>\n" * 300 + "</OFX>", "lies in more than 200 others"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        list(Ofx().read(written(tmp_path, text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OFXHEADER:100\nDATA:OFXSGML", True),
        ("\r\n  <OFX>\n<SIGNONMSGSRSV1>", True),
        ('<?xml version="1.0"?><?OFX OFXHEADER="200"?><!-- x --><ofx>', True),
        ("<OFXX>", False),
        ("a,b\nOFXHEADER:100", False),
    ],
)
def test_a_download_is_recognised(text: str, expected: bool) -> None:
    assert Ofx().recognises(Head("x", text.encode())) is expected


def test_the_library_of_the_format_sees_the_same_entries() -> None:
    """Its parser only: what it converts must be complete, and real downloads are not."""
    text = SGML.read_bytes().decode("cp1252").replace("<MEMO>\r\n", "")
    parser = OFXTree()
    parser.parse(io.BytesIO(text.encode("cp1252")))
    found = [
        (entry.findtext("FITID"), entry.findtext("TRNAMT"), (entry.findtext("DTPOSTED") or "")[:8])
        for entry in parser.findall(".//STMTTRN")
    ]
    own = [
        (row["bank_reference"], row["amount_minor"], f"{row['booking_date']:%Y%m%d}")
        for row in read(SGML).lines
    ]
    amounts = {"2500.50": 250050, "-12,5": -1250, "7.00": 700, "-9.99": -999}
    assert [(name, amounts[text], day) for name, text, day in found if text in amounts] == own


words = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Zs"]), min_size=1)
entries = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.dates(date(1999, 1, 1), date(2099, 1, 1)), words),
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(
    entries=entries,
    ends=st.booleans(),
    between=st.sampled_from(["", "\n", "\r\n  "]),
    mark=st.sampled_from([".", ","]),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    entries: list[tuple[int, date, str]],
    ends: bool,
    between: str,
    mark: str,
) -> None:
    def leaf(name: str, value: str) -> str:
        return f"<{name}>{html.escape(value)}" + (f"</{name}>" if ends else "") + between

    written_entries = "".join(
        "<STMTTRN>"
        + between
        + leaf("TRNTYPE", "OTHER")
        + leaf("DTPOSTED", f"{day:%Y%m%d}")
        + leaf("TRNAMT", f"{Decimal(minor) / 100:.2f}".replace(".", mark))
        + leaf("FITID", str(number))
        + leaf("MEMO", word)
        + f"</STMTTRN>{between}"
        for number, (minor, day, word) in enumerate(entries)
    )
    text = SMALL[: SMALL.index("<STMTTRN>")] + written_entries + SMALL[SMALL.index("</BANKTRANL") :]
    path = tmp_path_factory.mktemp("ofx") / "x.ofx"
    data = (HEADER + text).encode("cp1252")
    # Some words in cp1252 are as good UTF-8, and then nobody can tell which is meant.
    assume(data.isascii() or not _is_utf8(data))
    path.write_bytes(data)
    rows = read(path).lines
    assert [(r["amount_minor"], r["booking_date"], r["remittance"]) for r in rows] == entries


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damage_is_quarantined_or_refused(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([SGML, XML])).read_bytes()
    assert_read_or_refused(Ofx(), data.draw(mutations(original)))


def _is_utf8(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def test_a_header_that_is_damaged_swallows_no_record(tmp_path: Path) -> None:
    whole = (OFX / "version_2.qfx").read_text(encoding="utf-8")
    entry = "<STMTTRN><TRNAMT>335</TRNAMT></STMTTRN>"
    damaged = whole.replace('OLDFILEUID="NONE"', f"OLDFILEUID{entry}", 1)
    assert damaged != whole
    path = tmp_path / "damaged"
    path.write_text(damaged, encoding="utf-8")
    parts = Parts.of(Ofx(), path)
    parts.assert_conserved()
    assert len(parts.quarantined) == 1


@pytest.mark.parametrize(
    ("damaged", "lines"),
    [
        ("<STMTTRN\x12S><STMTTRN>", 1),
        ("<STMTTRN\u00d2><STMTTRN>", 1),
        ("<STMTTRN <STMTTRN>", 1),
        ("<!-- <STMTTRN> --><STMTTRN>", 1),
        ("<![CDATA[<!-- ]]><STMTTRN>", 1),
        ("<STMTTRN/><STMTTRN>", 2),
    ],
)
def test_what_is_counted_is_what_is_read(tmp_path: Path, damaged: str, lines: int) -> None:
    """A name ends where it ends, for who counts the records as for who reads them."""
    parts = small(tmp_path, "<STMTTRN>", damaged)
    assert len(parts.lines) + len(parts.balances) + len(parts.quarantined) == lines + 1
    assert [row["bank_reference"] for row in parts.lines] == ["A"]


def test_an_entry_may_state_the_currency_that_its_statement_does_not(tmp_path: Path) -> None:
    text = SMALL.replace("<CURDEF>EUR", "<CURDEF></CURDEF>")
    text = text.replace("<NAME>PAYOUT", "<NAME>PAYOUT<CURRENCY><CURSYM>AUD</CURRENCY>")
    parts = read(written(tmp_path, text))
    assert [(row["amount_minor"], row["currency"]) for row in parts.lines] == [(150, "AUD")]
    assert [row["reason"] for row in parts.quarantined] == [
        "the statement has no currency (CURDEF)"
    ]


def test_the_days_of_a_list_without_its_end_are_those_of_the_statement(tmp_path: Path) -> None:
    days = "<BANKTRANLIST><DTSTART>20260301<DTEND>20260331"
    text = SMALL.replace("<BANKTRANLIST>", days).replace("</BANKTRANLIST>\n", "")
    (line,) = read(written(tmp_path, text)).lines
    assert line["statement_id"] == "2026-03-01..2026-03-31"

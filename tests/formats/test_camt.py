from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.bank_parts import FIXTURES, Parts, assert_read_or_refused, mutations
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.camt import Camt052, Camt053, Camt054

CAMT = FIXTURES / "camt"
V2, V8 = CAMT / "statements_v2.xml", CAMT / "no_namespace_v8.xml"


def read(path: Path) -> Parts:
    parts = Parts.of(Camt053(), path)
    parts.assert_conserved()
    return parts


def test_every_booked_entry_is_a_row() -> None:
    columns = ("source_line", "account", "statement_id", "booking_date", "value_date")
    assert [tuple(row[name] for name in columns) for row in read(V2).lines] == [
        (27, "LT601010012345678901", "EUR-2026-061/61", date(2026, 3, 2), date(2026, 3, 3)),
        (41, "LT601010012345678901", "EUR-2026-061/61", date(2026, 3, 2), None),
        (59, "LT601010012345678901", "EUR-2026-061/61", date(2026, 3, 2), date(2026, 3, 2)),
        (87, "0012345", "JPY-2026-061", date(2026, 3, 2), date(2026, 3, 2)),
        (103, "KW-7", "KWD-2026-061", date(2026, 3, 2), None),
    ]


def test_amounts_are_minor_units_signed_by_direction() -> None:
    """The reversal of a credit says DBIT and leaves the account: it is not turned again."""
    assert [(row["amount_minor"], row["currency"]) for row in read(V2).lines] == [
        (250050, "EUR"),
        (-120000, "EUR"),
        (-4000, "EUR"),
        (335, "JPY"),
        (1250, "KWD"),
    ]


def test_what_an_entry_says() -> None:
    columns = (
        "bank_reference",
        "end_to_end_id",
        "remittance",
        "counterparty",
        "transaction_code",
    )
    payout, batch, reversal = [
        tuple(row[name] for name in columns) for row in read(V2).lines if row["currency"] == "EUR"
    ]
    payer = "Payments Processor Ltd"
    assert payout == ("REF-0001", None, "PAYOUT po_4711 MARCH", payer, "PMNT-RCDT-ESCT")
    # A batch has no end-to-end id and no counterparty of its own.
    assert batch == ("REF-0002/1", None, "Settlement 1 RF18539007547034", None, "NTRF+191")
    assert reversal == ("REF-0003", "E-9", "Returned", "Payer Café", None)


def test_every_balance_is_a_row() -> None:
    assert read(V2).balances == [
        (10, "opening", "2026-03-01", -100000, "EUR"),
        (14, "closing", "2026-03-02", 26050, "EUR"),
        (18, "available", "2026-03-02", 25050, "EUR"),
        (79, "opening", "2026-03-02", 500000, "JPY"),
        (83, "closing", "2026-03-02", 500335, "JPY"),
        (95, "opening", "2026-03-02", 10000, "KWD"),
        (99, "closing", "2026-03-02", 12501, "KWD"),
    ]


def test_an_amount_with_surplus_decimals_is_quarantined_with_its_xml() -> None:
    parts = read(V2)
    (row,) = parts.quarantined
    assert row["source_line"] == 107
    assert row["reason"] == "'1.2505' has more decimals than KWD has"
    assert row["raw_text"].startswith("<Ntry")
    assert row["raw_text"].endswith("</Ntry>")
    # The statement then fails to close by the amount that could not be read, and only that one.
    assert parts.differences == [("closing_balance", "KWD", -1251)]


def test_the_summary_of_the_transactions_is_checked() -> None:
    totals = {(t.name, t.currency): (t.stated, t.computed) for t in read(V2).totals}
    assert totals["number_of_entries", None] == (3, 3)
    assert totals["sum_of_entries", "EUR"] == (374050, 374050)
    assert totals["number_of_credits", None] == (1, 1)
    assert totals["sum_of_debits", "EUR"] == (124000, 124000)


def test_the_reference_of_an_entry_is_kept_beside_the_banks(tmp_path: Path) -> None:
    old = '<Amt Ccy="EUR">2500.50</Amt>'
    row, *_ = read(edited(tmp_path, old, f"<NtryRef>ENTRY-1</NtryRef>{old}")).lines
    assert row["bank_reference"] == "REF-0001"
    assert json.loads(row["extra"]) == {"entry_reference": "ENTRY-1"}


def test_sums_that_are_written_as_the_money_moves_hold_too(tmp_path: Path) -> None:
    path = edited(tmp_path, "<Sum>1240.00</Sum>", "<Sum>-1240.00</Sum>")
    text = path.read_text(encoding="utf-8").replace("<Sum>3740.50</Sum>", "<Sum>1260.50</Sum>")
    path.write_text(text, encoding="utf-8")
    totals = {(t.name, t.currency): (t.stated, t.computed) for t in read(path).totals}
    assert totals["sum_of_entries", "EUR"] == (126050, 126050)
    assert totals["sum_of_credits", "EUR"] == (250050, 250050)
    assert totals["sum_of_debits", "EUR"] == (-124000, -124000)


def test_a_pending_entry_is_no_row() -> None:
    parts = read(V2)
    assert parts.findings == [("entry_not_booked", 71)]
    assert 71 not in {row["source_line"] for row in parts.lines}


def test_the_report_is_named_by_its_statements_and_ordered_by_creation() -> None:
    report = read(V2).report
    assert report.report_id == (
        "LT601010012345678901/EUR-2026-061/61@2026-03-02; "
        "0012345/JPY-2026-061@2026-03-02; KW-7/KWD-2026-061@2026-03-02"
    )
    assert report.version == "2026-03-03T00:30:00.000000"


def test_a_page_of_version_8_without_namespace_in_latin_1() -> None:
    parts = read(V8)
    assert [row["counterparty"] for row in parts.lines] == ["Zoë", None]
    assert parts.balances == [
        (9, "interim_opening", "2026-03-02", 500, "EUR"),
        (13, "closing", "2026-03-02", 701, "EUR"),
    ]
    assert parts.differences == [("closing_balance", "EUR", -1)]
    assert parts.findings == [("duplicate_entry", 23), ("entry_not_booked", 28)]
    assert parts.report.report_id == "DE02120300000000202051/S-2@2026-03-02 p2"


def test_the_namespace_does_not_matter(tmp_path: Path) -> None:
    text = V2.read_text(encoding="utf-8").replace("camt.053.001.02", "camt.053.001.13")
    prefixed = text.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?xml", "<?xml")
    for number, content in enumerate((text, prefixed.replace("xmlns=", "xmlns:x="))):
        path = tmp_path / f"{number}.xml"
        path.write_text(content, encoding="utf-8")
        assert Camt053().recognises(Head.of(path, path.name))
        assert read(path).lines == read(V2).lines


def test_utf_16_reads_the_same(tmp_path: Path) -> None:
    text = V2.read_text(encoding="utf-8").replace('encoding="UTF-8"', 'encoding="UTF-16"')
    path = tmp_path / "utf16.xml"
    path.write_text(text, encoding="utf-16")
    assert Camt053().recognises(Head.of(path, path.name))
    assert read(path).lines == read(V2).lines


def test_without_lines_records_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "one_line.xml"
    path.write_text(V2.read_text(encoding="utf-8").replace("\n", " "), encoding="utf-8")
    parts = read(path)
    assert [row["source_line"] for row in parts.lines] == [4, 5, 6, 10, 13]
    assert ("no_line_numbers", None) in parts.findings
    amounts = [row["amount_minor"] for row in parts.lines]
    assert amounts == [row["amount_minor"] for row in read(V2).lines]


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = V2.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "edited.xml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"EUR">2500.50<', '"EUR">2.500,50<', "the amount '2.500,50' is not a plain decimal"),
        ('"EUR">2500.50<', '"EUR">-2500.50<', "the amount '-2500.50' is not a plain decimal"),
        (' Ccy="EUR">2500.50<', ">2500.50<", "its currency"),
        ('"EUR">2500.50<', '"XXX">2500.50<', "'XXX' is not an ISO 4217 currency"),
        ('"EUR">2500.50<', '"EUR">9999999999999999999<', "too large"),
        ("2500.50</Amt><CdtDbtInd>CRDT", "2500.50</Amt><CdtDbtInd>C", "'C', not CRDT or DBIT"),
        ("<BookgDt><Dt>2026-03-02", "<BookgDt><Dt>2026-02-30", "'2026-02-30' (BookgDt) is none"),
        ("<BookgDt><Dt>2026-03-02", "<BookgDt><Dt>02.03.2026", "'02.03.2026' (BookgDt)"),
        ("<Sts>BOOK</Sts>", "", "status (Sts) is None"),
    ],
)
def test_an_entry_that_cannot_be_read_is_quarantined(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    parts = read(edited(tmp_path, old, new))
    assert reason in parts.quarantined[0]["reason"]
    assert len(parts.lines) == 4
    assert ("closing_balance", "EUR", -250050) in parts.differences


def test_a_statement_without_account_is_quarantined_whole(tmp_path: Path) -> None:
    parts = read(edited(tmp_path, "<IBAN>LT601010012345678901</IBAN>", ""))
    assert [row["source_line"] for row in parts.quarantined][:7] == [10, 14, 18, 27, 41, 59, 71]
    assert {row["currency"] for row in parts.lines} == {"JPY", "KWD"}


def test_a_statement_that_opens_and_closes_in_other_currencies_is_not_tied(tmp_path: Path) -> None:
    parts = read(edited(tmp_path, 'Ccy="EUR">260.50', 'Ccy="SEK">260.50'))
    assert ("currency_does_not_tie", 10) in parts.findings


@pytest.mark.parametrize(
    ("code", "finding"), [("PRCD", "no_opening_balance"), ("CLBD", "no_closing_balance")]
)
def test_a_missing_balance_is_a_finding(tmp_path: Path, code: str, finding: str) -> None:
    assert (finding, 10) in read(edited(tmp_path, f"<Cd>{code}</Cd>", "<Cd>INFO</Cd>")).findings


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>", "without any statement"),
        (
            "<BkToCstmrStmt>\n<Stmt>\n<Ntry><Stmt/></Ntry></Stmt></BkToCstmrStmt>",
            "line 3 .* inside",
        ),
        ("<Document>\n<BkToCstmrStmt>\n<Stmt></BkToCstmrStmt>", "line 3: mismatched tag"),
        ("<Document><x:BkToCstmrStmt><Stmt/></x:BkToCstmrStmt></Document>", "prefix x"),
        ('<?xml version="1.0" encoding="klingon"?><Document/>', "klingon"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Document><Stmt/></Document>', "DOCTYPE"),
        ("", "no element found"),
    ],
)
def test_what_is_no_statement_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "refused.xml"
    path.write_text(content)
    with pytest.raises(UnreadableFile, match=message):
        list(Camt053().read(path))


def test_an_entity_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "boom"}">' for i in range(12))
    path = tmp_path / "bomb.xml"
    path.write_text(f"<!DOCTYPE x [{entities}]><Document><Stmt><Id>&e11;</Id></Stmt></Document>")
    with pytest.raises(UnreadableFile, match="DOCTYPE at line 1"):
        list(Camt053().read(path))


def test_the_three_account_messages_are_told_apart() -> None:
    def message(root: str) -> list[str]:
        head = Head("x", f"<a:Document>\n<a:{root}>".encode())
        readers = (Camt052(), Camt053(), Camt054())
        return [reader.format for reader in readers if reader.recognises(head)]

    assert message("BkToCstmrStmt") == message("BkToCstmrStmtV01") == ["camt_053"]
    assert message("BkToCstmrAcctRpt") == ["camt_052"]
    assert message("BkToCstmrDbtCdtNtfctn") == ["camt_054"]
    assert message("BkToCstmrStmtOther") == []


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_damage_is_quarantined_or_refused(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([V2, V8])).read_bytes()
    assert_read_or_refused(Camt053(), data.draw(mutations(original)))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_that_leaves_the_xml_whole_is_accounted_for(data: st.DataObject) -> None:
    """Texts between tags are replaced, so that most examples get past the parser."""
    pieces = V2.read_text(encoding="utf-8").split("<")
    leaves = [at for at, piece in enumerate(pieces) if piece.partition(">")[2].strip()]
    for at in data.draw(st.lists(st.sampled_from(leaves), min_size=1, max_size=4)):
        words = ["", "0", "-1", "1e3", "9" * 20, "1.005", "DBIT", "BOOK", "2026-13-01", "OPBD", "é"]
        word = data.draw(st.sampled_from(words))
        pieces[at] = f"{pieces[at].partition('>')[0]}>{word}"
    assert_read_or_refused(Camt053(), "<".join(pieces).encode())

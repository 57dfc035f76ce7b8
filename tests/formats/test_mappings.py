"""Formats that a workspace describes itself, and drafts of such descriptions."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Ingest
from tests.formats.tabular_parts import FIXTURES, MODEST, Reading, assert_read_or_refused, damaged
from tieout.formats.base import Head, UnreadableFile
from tieout.ingest import FileAccount
from tieout.mappings import BadMapping, Mapped, load
from tieout.mappings.guess import guess

FOLDER = FIXTURES / "mapped"
GIRO, PSP = load(FOLDER / "giro.yaml"), load(FOLDER / "psp.yaml")


def test_a_bank_s_list_becomes_a_statement() -> None:
    reading = Reading.of(GIRO, FOLDER / "giro.csv")
    assert (reading.records, reading.structural) == (7, 4)
    lines = [row for row in reading.rows if "booking_date" in row]
    assert [(row["source_line"], row["amount_minor"]) for row in lines] == [
        (4, 125000),
        (5, -14550),
    ]
    assert lines[0] | {"extra": None} == {
        "account": "DE02500105170137075030",
        "statement_id": "2026-04-14..2026-04-15",
        "booking_date": date(2026, 4, 15),
        "value_date": date(2026, 4, 15),
        "amount_minor": 125000,
        "currency": "EUR",
        "counterparty": "Zahlungsdienst GmbH",
        "remittance": "Gutschrift AUSZAHLUNG po_17; Teil 1",
        "source_line": 4,
        "extra": None,
    }
    assert lines[0]["extra"] == '{"Kategorie":"Eingang"}'
    assert lines[1]["counterparty"] == "Café Süd – Filiale"
    assert reading.reasons() == {6: "Betrag: '-0,5O' is not an amount"}
    (report,) = reading.reports
    assert report.report_id == "DE02500105170137075030/2026-04-14..2026-04-15"


def test_what_a_bank_s_list_states_is_checked() -> None:
    reading = Reading.of(GIRO, FOLDER / "giro.csv")
    totals = {total.name: (total.stated, total.computed, total.line) for total in reading.totals}
    assert totals == {"closing_balance": (310450, 310450, 4), "sum_of_entries": (110450, 110450, 7)}
    balances = [
        (row["balance_kind"], row["balance_date"].day, row["amount_minor"])
        for row in reading.rows
        if "balance_kind" in row
    ]
    assert sorted(balances) == [("closing", 15, 310450), ("opening", 14, 200000)]
    wrong = (FOLDER / "giro.csv").read_bytes().replace(b"1.250,00", b"1.250,50")
    broken = Reading.of_bytes(GIRO, wrong)
    (break_,) = [f for f in broken.findings if f.code == "balance_does_not_follow"]
    assert break_.line == 4
    assert "the difference is -50 (minor units)" in break_.message
    differences = {total.name: total.computed - total.stated for total in broken.totals}
    assert differences == {"closing_balance": 50, "sum_of_entries": 50}


def test_a_processor_s_lines_are_completed_and_their_kinds_known() -> None:
    reading = Reading.of(PSP, FOLDER / "psp.csv")
    first, second = reading.rows
    assert (first["line_kind"], second["line_kind"]) == ("charge", "refund")
    assert first["created_at"].isoformat() == "2026-03-29T01:30:00+00:00"
    money = ("gross_minor", "markup_minor", "scheme_fee_minor", "tax_minor", "net_minor")
    assert [first[name] for name in money] == [1000, 30, 5, 0, 965]
    assert (second["markup_minor"], second["presentment_minor"]) == (0, -400)
    assert [first[name] for name in ("processor", "report_id")] == ["smallpay", "p1"]
    assert reading.reasons()[3].startswith("kind: 'ZAP' is none of the words of the mapping")
    (total,) = reading.totals
    assert (total.name, total.currency, total.stated, total.computed) == ("records", None, 2, 2)
    assert ("time_nonexistent", 1) in reading.codes()
    assert ("time_ambiguous", 2) in reading.codes()
    assert [report.report_id for report in reading.reports] == ["p1"]


def described(tmp_path: Path, text: str) -> Mapped:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_columns_that_are_joined_may_be_empty() -> None:
    empty = (FOLDER / "giro.csv").read_bytes().replace(b"Lastschrift", b"")
    lines = [row for row in Reading.of_bytes(GIRO, empty).rows if "booking_date" in row]
    joined = ["Gutschrift AUSZAHLUNG po_17; Teil 1", None]
    assert [row["remittance"] for row in lines] == joined


BASE = """title: x
table: bank_lines
source: x
columns:
  account: {value: a}
  booking_date: Day
  currency: {value: EUR}
"""


@pytest.mark.parametrize(
    ("cell", "rows", "amounts"),
    [
        (
            "{credit: In, debit: Out}",
            "Day,In,Out\n2026-01-02,1.00,\n2026-01-02,,2.50\n",
            [100, -250],
        ),
        (
            "{credit: In, debit: Out, debit_sign: minus}",
            "Day,In,Out\n2026-01-02,1.00,\n2026-01-02,,-2.50\n",
            [100, -250],
        ),
        (
            "{column: Sum, direction: {column: DC, in: [C], out: [D, RC]}}",
            "Day,Sum,DC\n2026-01-02,1.00,C\n2026-01-02,2.50,RC\n",
            [100, -250],
        ),
        ("{column: Sum, negate: true}", "Day,Sum\n2026-01-02,-1.00\n2026-01-02,2.5\n", [100, -250]),
        ("{column: Sum, unit: minor}", "Day,Sum\n2026-01-02,100\n2026-01-02,-250\n", [100, -250]),
    ],
)
def test_signs_are_where_the_mapping_says(
    tmp_path: Path, cell: str, rows: str, amounts: list[int]
) -> None:
    reader = described(tmp_path, f"{BASE}  amount_minor: {cell}\n")
    assert Reading.of_bytes(reader, rows.encode()).column("amount_minor") == amounts


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: x", "titel: x", r"own\.yaml:\n  titel is not known here; allowed are columns"),
        ("table: bank_lines", "table: banks", "table: 'banks' is no table; allowed are payments"),
        ("booking_date: Day", "day: Day", "columns: day is no column of bank_lines; allowed are"),
        ("  booking_date: Day\n", "", "columns: booking_date is required by bank_lines"),
        ("Day", "{column: Day, vale: 1}", "columns: booking_date: vale is not known here; allow"),
        ("Day", "{column: Day, value: x}", "columns: booking_date: say one of: column, value, or"),
        ("Day", "{column: Day, negate: true}", r"columns\.booking_date: .* are for amounts"),
        ("source: x", "source: x\ndecimal_mark: ;", r"decimal_mark: Input should be '\.' or ','"),
        ("source: x", "source: x\ndate_formats: ['%Q']", "date_formats: 0: '%Q': %Q is not"),
        ("source: x", "source: x\ntime_zone: CET1", "time_zone: 'CET1' is no time zone; allow"),
        ("source: x", "source: x\nencoding: utf9", "encoding: 'utf9' is not known; allowed are"),
        ("source: x", "source: x\nsource: y", "line 1: source is said twice"),
        ("source: x", "source: [", "not valid YAML"),
        ("{value: a}", "{value: a}\n  stated_in: {value: no}", "no is not allowed; allowed are"),
    ],
)
def test_a_wrong_mapping_names_file_key_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    good = f"{BASE}  amount_minor: Sum\n"
    described(tmp_path, good)
    assert old in good
    with pytest.raises(BadMapping, match=message):
        described(tmp_path, good.replace(old, new, 1))


def test_a_workspace_reads_its_own_formats_like_any_other(ingesting: Ingest) -> None:
    mappings = ingesting.workspace.mappings
    (mappings / "giro.yaml").write_text((FOLDER / "giro.yaml").read_text())
    ingesting.drop("april.csv", (FOLDER / "giro.csv").read_bytes())
    (account,) = ingesting.run(mapped=ingesting.workspace.mapped())
    assert (account.format, account.source, account.status) == (
        "mapped_giro",
        "hausbank",
        "partly_read",
    )
    assert ingesting.run(mapped=ingesting.workspace.mapped()) == []
    changed = (FOLDER / "giro.yaml").read_text().replace("hausbank", "bank")
    (mappings / "giro.yaml").write_text(changed)
    (again,) = ingesting.run(mapped=ingesting.workspace.mapped())
    assert again.source == "bank"
    (gone,) = ingesting.run()
    assert "not recognised" in str(gone.reason)


def of_smallpay(ingesting: Ingest, data: bytes) -> FileAccount:
    """What becomes of a file that a rule says is one of this processor's."""
    workspace = ingesting.workspace
    (workspace.mappings / "psp.yaml").write_text((FOLDER / "psp.yaml").read_text())
    rule = '[[files]]\nfiles = "psp/*"\nformat = "mapped_psp"\nsource = "iberia"\n'
    workspace.config.write_text(workspace.config.read_text() + rule)
    ingesting.drop("psp/today.csv", data)
    (account,) = ingesting.run(workspace.settings().file_rules, mapped=workspace.mapped())
    return account


def test_a_rule_can_name_a_format_of_the_workspace(ingesting: Ingest) -> None:
    account = of_smallpay(ingesting, (FOLDER / "psp.csv").read_bytes())
    assert (account.format, account.source, account.lines) == ("mapped_psp", "iberia", 2)


def test_a_total_larger_than_any_column_holds_is_said_and_stops_nothing(ingesting: Ingest) -> None:
    text = (FOLDER / "psp.csv").read_text().replace("END|||||2|", f"END|||||{2**63}|")
    account = of_smallpay(ingesting, text.encode())
    assert (account.lines, account.control_totals) == (2, [])
    assert [f.line for f in account.findings if f.code == "control_total_unreadable"] == [4]


BANKS: dict[str, tuple[str, str, list[int]]] = {
    "english": (
        "utf-8",
        "Date,Description,Money In,Money Out,Balance\n"
        '04/13/2026,"ACME, Inc","1,234.50",,"2,234.50"\n04/14/2026,Fee,,4.50,"2,230.00"\n',
        [123450, -450],
    ),
    "german": (
        "utf-16",
        "Konto\tBuchungstag\tBetrag\tS/H\n123\t13.4.26\t12,50\tS\n123\t14.4.26\t99,00\tH\n",
        [-1250, 9900],
    ),
    "french": (
        "cp1252",
        "Compte courant n° 00012345\n\nDate opération;Libellé;Débit;Crédit;Solde\n"
        "02/04/2026;Loyer – avril;-1 234,56;;1 000,00\n13/04/2026;Café;;4,50;1 004,50\n",
        [-123456, 450],
    ),
    "spanish": (
        "latin-1",
        "Fecha operación;Concepto;Importe;Divisa;Saldo\n"
        "14/04/2026;Nómina;3.500,00;EUR;3.600,00\n13/04/2026;Café;-4,50;EUR;100,00\n",
        [350000, -450],
    ),
    "dutch": (
        "utf-8",
        "Datum;Naam tegenpartij;Rekening;Af Bij;Bedrag (EUR);Mededelingen\n"
        "20260413;Bakker;NL01;Af;12,50;brood\n20260414;Baas;NL01;Bij;1500,00;loon\n",
        [-1250, 150000],
    ),
    "below_other_lines": (
        "utf-8",
        '"Kontonummer:";"DE02 / Giro";\n"Von:";"01.04.2026";\n"Bis:";"30.04.2026";\n\n'
        '"Buchungstag";"Text";"Empfänger";"Betrag (EUR)";"Glaubiger";\n'
        '"02.04.2026";"Lohn";"Firma";"1.234,56";"";\n"14.04.2026";"Miete";"Haus";"-800,00";"";\n',
        [123456, -80000],
    ),
    "american": (
        "utf-8",
        "Date,Description,Amount Debit,Amount Credit,Balance,Fees\n"
        '04/02/2026,PAYOUT,,"1,234.56","2,234.56",\n04/14/2026,CHECK,-800.00,,"1,434.56",\n',
        [123456, -80000],
    ),
    "foreign_amounts_beside": (
        "utf-8",
        "Date,Account number,Amount (EUR),Amount (Foreign),Foreign Currency\n"
        "2026-04-02,DE1,-12.5,-13.5,USD\n2026-04-14,DE2,2000.0,,\n",
        [-1250, 200000],
    ),
    "signs_behind": (
        "utf-8",
        "Date|Ref|Amount|Currency\n20260402|A|1234.56+|USD\n20260414|B|800.00-|USD\n"
        "Total||434.56+|\n",
        [123456, -80000],
    ),
    "one_side_only": (
        "utf-8",
        'Tag;Text;Umsatz;S/H\n02.04.26;Lohn;12,50;H\n14.04.26;"Miete\nApril";8,00;S\n',
        [1250, -800],
    ),
    "months_by_name": (
        "utf-8",
        "Date;Libellé;Débit;Crédit\n2 avr. 2026;Loyer;-1 234,56;\n14 avril 2026;Café;;4,50\n",
        [-123456, 450],
    ),
    "names_that_say_nothing": (
        "utf-8",
        "日付,番号,金額\n2026/04/02,17,123.45\n2026/04/14,18,-80.00\n",
        [12345, -8000],
    ),
    "a_name_twice": (
        "utf-16",
        "Date\tText\tText\tAmount\n2026-04-02\ta\tb\t$12.50\n2026-04-14\tc\td\t($8.00)\n",
        [1250, -800],
    ),
    "without_a_header": (
        "utf-8",
        "13.04.2026;-12,50;EUR;Miete\n14.04.2026;99,00;EUR;Lohn\n",
        [-1250, 9900],
    ),
}


@pytest.mark.parametrize("bank", BANKS)
def test_the_draft_of_a_bank_s_csv_reads_it(tmp_path: Path, bank: str) -> None:
    encoding, text, amounts = BANKS[bank]
    data = text.encode(encoding)
    reader = described(tmp_path, guess(Head(f"{bank}.csv", data), "own"))
    reading = Reading.of_bytes(reader, data)
    lines = [row for row in reading.rows if "booking_date" in row]
    assert [row["amount_minor"] for row in lines] == amounts
    assert all(date(2026, 4, 1) < row["booking_date"] < date(2026, 4, 15) for row in lines)
    assert reading.quarantined == []
    assert all(total.stated == total.computed for total in reading.totals)
    assert bool(reading.totals) == (bank in {"american", "english", "french", "spanish"})
    assert reader.recognises(Head("x", data)) == (bank not in {"a_name_twice", "without_a_header"})


def test_an_amount_that_names_its_currency_is_in_no_other() -> None:
    _, text, _ = BANKS["foreign_amounts_beside"]
    draft = guess(Head("x.csv", text.encode()), "own")
    assert '\n  currency: {value: "EUR"}\n  amount_minor: "Amount (EUR)"\n' in draft
    assert "own account, or that of the other side?" in draft


def test_what_a_draft_is_not_sure_of_it_says() -> None:
    text = b"Date,Amount,Currency\n03/04/2026,1.500,EUR\n05/04/2026,2.000,EUR\n"
    draft = guess(Head("x.csv", text), "own")
    assert 'date_formats: ["%d/%m/%Y"]  # unsure: these days can be read as %m/%d/%Y too' in draft
    assert "unsure: the amounts do not show whether their decimal mark is" in draft
    assert 'account: {value: "own"}  # unsure: the file names no account' in draft


def test_the_draft_of_a_settlement_reads_it(tmp_path: Path) -> None:
    data = (
        b"Transaction ID,Type,Created,Currency,Gross,Fee,Net,Order ID\n"
        b"t1,Payment,2026-04-13 10:00:00,EUR,10.00,-0.30,9.70,o1\n"
        b"t2,Zap,2026-04-14 10:00:00,EUR,-5.00,0.00,-5.00,o1\n"
    )
    draft = guess(Head("x.csv", data), "own")
    assert '"Zap": adjustment  # unsure: what is it?' in draft
    assert "time_zone: UTC  # unsure" in draft
    reading = Reading.of_bytes(described(tmp_path, draft), data)
    assert reading.column("markup_minor") == [30, 0]
    assert reading.column("line_kind") == ["charge", "adjustment"]


def test_the_draft_of_a_processor_s_dashboard_reads_it(tmp_path: Path) -> None:
    """Fees make it a settlement; a column that is empty says nothing of what a line is."""
    data = (
        b"Date,Net Sales,Total Collected,Other Tender Type,Fees,Net Total,Event Type,Payment ID\n"
        b'2026-04-02,"$1,200.00","$1,250.00",,($32.50),"$1,217.50",Payment,P1\n'
        b"2026-04-14,($5.00),($5.00),,$0.00,($5.00),Refund,P2\n"
    )
    draft = guess(Head("x.csv", data), "own")
    assert 'currency: {value: "USD"}  # unsure' in draft
    reading = Reading.of_bytes(described(tmp_path, draft), data)
    columns = ("line_kind", "gross_minor", "markup_minor", "net_minor")
    assert [tuple(row[name] for name in columns) for row in reading.rows] == [
        ("charge", 125000, 3250, 121750),
        ("refund", -500, 0, -500),
    ]


def test_the_draft_of_a_report_in_portuguese_leaves_out_its_total(tmp_path: Path) -> None:
    data = (
        "Nº Lote;Data Liquidação;Tipo;Montante Bruto;Comissão;Montante Líquido;Moeda\n"
        "L1;13/04/2026;Compra;1.250,00;10,00;1.240,00;EUR\n"
        "L1;14/04/2026;Devolução;-20,00;0,00;-20,00;EUR\nTotal;;;1.230,00;10,00;1.220,00;\n"
    ).encode()
    draft = guess(Head("x.csv", data), "own")
    assert '{column: "Nº Lote", values: ["Total"]}  # unsure' in draft
    reading = Reading.of_bytes(described(tmp_path, draft), data)
    assert (reading.quarantined, reading.column("net_minor")) == ([], [124000, -2000])


def test_the_samples_are_read_with_their_drafts(realdata: Path, tmp_path: Path) -> None:
    found = {}
    for path in sorted((realdata / "bank" / "ofx_csv").glob("*.csv")):
        reader = described(tmp_path, guess(Head.of(path, path.name), "own"))
        reading = Reading.of(reader, path)
        assert all(total.stated == total.computed for total in reading.totals)
        lines = [row["amount_minor"] for row in reading.rows if "booking_date" in row]
        found[path.stem] = (sum(lines), len(reading.quarantined))
    assert found == {
        "csv_european_decimals": (226094, 0),
        "csv_french_headers": (226094, 0),
        "csv_garbled_amount": (10000, 1),
        "csv_spanish_headers": (226094, 0),
        "sample_statement": (130000, 0),
    }


@MODEST
@given(st.data(), st.sampled_from(["giro", "psp"]), st.integers(20, 200))
def test_damage_is_contained(data: st.DataObject, name: str, block_bytes: int) -> None:
    reader = {"giro": GIRO, "psp": PSP}[name]
    original = (FOLDER / f"{name}.csv").read_bytes()
    assert_read_or_refused(reader, data.draw(damaged(original)), block_bytes)


@MODEST
@given(st.binary(max_size=200) | damaged((FOLDER / "giro.csv").read_bytes()))
def test_a_draft_of_anything_is_a_mapping_or_a_refusal(data: bytes) -> None:
    with suppress(UnreadableFile), TemporaryDirectory() as folder:
        draft = guess(Head("x", data), "own")
        assert_read_or_refused(described(Path(folder), draft), data, 64)

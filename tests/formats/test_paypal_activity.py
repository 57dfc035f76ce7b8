from __future__ import annotations

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
from tieout.formats.base import ControlTotal, Head
from tieout.formats.paypal_activity import PayPalActivity

READER = PayPalActivity()
GERMAN = FIXTURES / "paypal_activity" / "german_newest_first.csv"
REAL = SAMPLES / "paypal"
# One real header of each language, as far as the columns that every download has.
HEADERS = {
    "en": "Date,Time,Time Zone,Description,Currency,Gross ,Fee ,Net,Balance,Transaction ID",
    "de": "Datum,Uhrzeit,Zeitzone,Beschreibung,Währung,Brutto,Entgelt,Netto,Guthaben,"
    "Transaktionscode",
    "es": "Fecha,Hora,Zona horaria,Descripción,Divisa,Bruto,Comisión,Neto,Saldo,"
    "Id. de transacción",
    "fr": "Date,Heure,Fuseau horaire,Description,Devise,Avant commission,Commission,Net,Solde,"
    "Numéro de transaction",
    "it": "Data,Ora,Fuso orario,Descrizione,Valuta,Lordo ,Tariffa ,Netto,Saldo,"
    "Codice transazione",
    "nl": "Datum,Tijd,Tijdzone,Omschrijving,Valuta,Bruto,Kosten,Net,Saldo,Transactiereferentie",
    "pt": "Data,Hora,Fuso horário,Descrição,Moeda,Bruto,Tarifa,Líquido,Saldo,ID da transação",
}  # fmt: skip
PAYMENTS = ["Website Payment", "Handyzahlung", "Pago estándar", "Paiement Express Checkout",
            "Pagamento Express Checkout", "Algemene betaling", "Pagamento do site"]  # fmt: skip
REFUNDS = ["Payment Refund", "Rückzahlung", "Reembolso de pago", "Remboursement de paiement",
           "Rimborso pagamento", "Terugbetaling", "Reembolso de pagamento"]  # fmt: skip


def table(language: str, *rows: tuple[str, ...]) -> bytes:
    """A download: day, description, gross, fee, net, balance by row, at noon in Berlin, in EUR."""
    lines = [HEADERS[language].replace(",", "\t")]
    for place, (day, kind, gross, fee, net, balance) in enumerate(rows):
        cells = (day, "12:00:00", "Europe/Berlin", kind, "EUR", gross, fee, net, balance)
        lines.append("\t".join((*cells, f"T{place}")))
    return "\n".join(lines).encode()


def days(reading: Reading) -> list[str]:
    return [str(moment.date()) for moment in reading.column("created_at")]


def test_rows_are_the_canonical_lines() -> None:
    columns = ("source_line", "line_kind", "gross_minor", "markup_minor", "net_minor", "currency")
    rows = Reading.of(READER, GERMAN).rows
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (2, "payout", -120000, 0, -120000, "EUR"),
        (3, "refund", -10000, -35, -9965, "EUR"),
        (4, "reserve_release", 5000, 0, 5000, "EUR"),
        (5, "reserve_hold", -5000, 0, -5000, "EUR"),
        (7, "fx", 4612, 0, 4612, "EUR"),
        (8, "fx", -5000, 0, -5000, "USD"),
        (9, "charge", 130050, 1200, 128850, "EUR"),
        (10, "charge", 5175, 175, 5000, "USD"),
    ]
    by_line = {row["source_line"]: row for row in rows}
    refund, charge = by_line[3], by_line[9]
    assert (refund["payment_reference"], refund["merchant_reference"]) == ("3PY", "R-7")
    assert charge["created_at"].isoformat() == "2026-10-25T00:30:00+00:00"
    assert (charge["line_id"], by_line[2]["payout_id"]) == ("3PY/EUR/CR", "9WD")


def test_what_is_said_of_the_file() -> None:
    """Line 9 is in the hour that the clock set back shows twice; the memo on line 6 is no line."""
    reading = Reading.of(READER, GERMAN)
    assert reading.reasons() == {
        11: "date and time: 'Mars/Olympus' is not a known time zone",
        12: "Brutto: '1.75' is not an amount",
    }
    assert reading.codes() == [("time_ambiguous", 9), ("transactions_without_effect", None)]
    assert reading.structural == 2
    assert reading.totals == [
        ControlTotal("balance", "balance in EUR", "EUR", 3497, 3497),
        ControlTotal("balance", "balance in USD", "USD", 0, 0),
    ]


def test_a_lost_line_shows_in_the_balances() -> None:
    lines = GERMAN.read_bytes().splitlines(keepends=True)
    reading = Reading.of_bytes(READER, b"".join(lines[:3] + lines[4:]))
    (finding,) = [f for f in reading.findings if f.code == "balance_does_not_chain"]
    assert finding.message.startswith(
        "the balance is 1,284.62 EUR where the lines come to 1,334.62"
    )
    assert finding.line == 4
    assert reading.totals[0] == ControlTotal("balance", "balance in EUR", "EUR", 3497, -1503)


@pytest.mark.parametrize("place", range(7))
def test_every_language(place: int) -> None:
    language = list(HEADERS)[place]
    comma = language != "en"
    amounts = [
        ("1,234.50", "-34.50", "1,200.00", "1,200.00"),
        ("-7.00", "0.00", "-7.00", "1,193.00"),
    ]
    if comma:
        amounts = [tuple(a.translate(str.maketrans(",.", ".,")) for a in row) for row in amounts]  # type: ignore[misc]
    day = "1/13/2026" if language == "en" else "13/1/2026"
    rows = [(day, PAYMENTS[place], *amounts[0]), (day, REFUNDS[place], *amounts[1])]
    reading = Reading.of_bytes(READER, table(language, *rows))
    assert READER.recognises(Head("file", table(language)))
    assert days(reading) == ["2026-01-13"] * 2
    assert reading.column("line_kind") == ["charge", "refund"]
    assert reading.column("net_minor") == [120000, -700]
    assert (reading.findings, reading.quarantined) == ([], [])
    assert reading.totals == [ControlTotal("balance", "balance in EUR", "EUR", 119300, 119300)]


@pytest.mark.parametrize(
    ("language", "kind", "amount", "line_kind"),
    [
        # Cards that money comes from or goes to are no bank account of the company.
        ("en", "General Card Withdrawal", "-5.00", "transfer"),
        ("de", "Allgemeine Abbuchung von Kreditkarte", "-5,00", "transfer"),
        ("de", "Allgemeine Gutschrift auf Kreditkarte", "5,00", "transfer"),
        ("de", "Von Nutzer eingeleitete Abbuchung", "-5,00", "payout"),
        # What came from the bank, and went back to it.
        ("de", "Rückbuchung von ACH-Gutschrift", "-5,00", "transfer"),
        ("de", "Rückbuchung", "-5,00", "chargeback"),
        ("de", "ACH-Überweisung als Zahlungsquelle für Ausgleich", "5,00", "transfer"),
        ("en", "ACH Funding for Funds Recovery from Account Balance", "5.00", "transfer"),
        ("it", "Prelievo generico con carta", "-5,00", "transfer"),
        ("it", "Storno di versamento con addebito diretto", "-5,00", "transfer"),
        ("it", "Storno pagamento", "-5,00", "chargeback"),
        ("it", "Recupero di denaro da saldo con addebito diretto", "5,00", "transfer"),
        ("it", "Bonifico bancario sul conto PayPal", "5,00", "transfer"),
        ("it", "Trasferimento avviato dall'utente", "-5,00", "payout"),
        ("it", "Trasferimento generico (conto bancario)", "-5,00", "payout"),
        ("fr", "Virement standard", "-5,00", "payout"),
        ("fr", "Virement bancaire sur le compte PayPal", "5,00", "transfer"),
        ("fr", "Suspension de paiement", "-5,00", "reserve_hold"),
        ("fr", "Solde suspendu pour enquête sur un litige", "-5,00", "reserve_hold"),
        ("fr", "Annulation de la suspension", "5,00", "reserve_release"),
        ("nl", "Vastgehouden saldo", "-5,00", "reserve_hold"),
        ("nl", "Vasthouden - algemeen", "-5,00", "reserve_hold"),
    ],
)
def test_kinds(language: str, kind: str, amount: str, line_kind: str) -> None:
    row = ("13.1.2026", kind, amount, "0.00" if language == "en" else "0,00", amount, "")
    reading = Reading.of_bytes(READER, table(language, row))
    assert (reading.column("line_kind"), reading.codes()) == ([line_kind], [])


def test_spanish_downloads_call_the_effect_on_the_balance_repercusiones() -> None:
    header = HEADERS["es"].replace("Descripción", "Tipo")
    header += ",Id. de referencia de la transacción,Repercusiones en el saldo"
    rows = [
        "13/1/2026,10:00:00,PST,Reembolso de pago,EUR,-7,0,-7,20,4TX,3TX,Cargo",
        "13/1/2026,10:01:00,PST,Autorización general,EUR,9,0,9,20,5TX,,Memo",
    ]
    reading = Reading.of_bytes(READER, "\n".join([header, *rows]).encode())
    assert reading.column("payment_reference") == ["3TX"]
    assert reading.codes() == [("transactions_without_effect", None)]


@pytest.mark.parametrize(
    "header",
    [
        HEADERS["nl"].replace("Omschrijving", "Type").replace("Kosten", "Fee"),
        HEADERS["de"].replace("Uhrzeit", "Zeit").replace("Entgelt", "Gebühr"),
    ],
)
def test_names_of_earlier_years(header: str) -> None:
    row = '13-1-2026,10:00:00,CET,Rückzahlung,EUR,"-100,00","5,00","-95,00","1.900,00",1TX'
    reading = Reading.of_bytes(READER, f"{header}\n{row}\n".encode())
    assert READER.recognises(Head("file", header.encode()))
    assert reading.column("net_minor") == [-9500]
    assert reading.column("markup_minor") == [-500]


@pytest.mark.parametrize(
    ("language", "written", "read", "codes"),
    [
        ("en", ["3/4/2026", "25/4/2026"], ["2026-04-03", "2026-04-25"], []),
        ("fr", ["3/4/2026", "4/25/2026"], ["2026-03-04", "2026-04-25"], []),
        ("en", ["3/4/2026"], ["2026-03-04"], [("date_order_assumed", None)]),
        ("es", ["3/4/26"], ["2026-04-03"], [("date_order_assumed", None)]),
        ("en", ["3.4.2026"], ["2026-04-03"], []),
        ("nl", ["2026-04-03"], ["2026-04-03"], []),
        ("en", ["13/4/2026", "14/4/2026", "4/15/2026"], ["2026-04-13", "2026-04-14"], []),
    ],
)
def test_the_order_of_dates_is_the_file_s(
    language: str, written: list[str], read: list[str], codes: list[tuple[str, None]]
) -> None:
    """The language decides only where no date does. What is in the other order is quarantined."""
    rows = [(day, "", "1,00", "0,00", "1,00", "") for day in written]
    reading = Reading.of_bytes(READER, table(language, *rows))
    assert days(reading) == read
    assert [c for c in reading.codes() if c[0] == "date_order_assumed"] == codes
    assert len(reading.quarantined) == len(written) - len(read)


@pytest.mark.parametrize(
    ("language", "written", "read", "assumed"),
    [
        ("en", ["1.234,56", "1.000"], [123456, 100000], False),
        ("de", ["1,234.56", "1,000"], [123456, 100000], False),
        ("fr", ["1\u202f234,56", "-1\u00a0000,00"], [123456, -100000], False),
        ("de", ["1'234.56"], [123456], False),
        ("en", ["1,234"], [123400], True),
        ("de", ["1.234"], [123400], True),
        ("de", ["1,50", "2,50", "3.50"], [150, 250], False),
    ],
)
def test_the_decimal_mark_is_the_file_s(
    language: str, written: list[str], read: list[int], assumed: bool
) -> None:
    rows = [("13.1.2026", "", amount, "0", amount, "") for amount in written]
    reading = Reading.of_bytes(READER, table(language, *rows))
    assert reading.column("net_minor") == read
    assert (("decimal_mark_assumed", None) in reading.codes()) == assumed
    assert len(reading.quarantined) == len(written) - len(read)


def test_gross_and_fee_that_do_not_come_to_the_net() -> None:
    row = ("13/1/2026", "Donation", "10.00", "-1.00", "9.50", "9.50")
    reading = Reading.of_bytes(READER, table("en", row))
    assert (reading.column("gross_minor"), reading.column("net_minor")) == ([1050], [950])
    assert reading.codes() == [("net_is_not_gross_plus_fee", 2)]
    assert reading.rows[0]["extra"] == '{"stated_gross":"10.00"}'


AMOUNTS = st.integers(-(10**9), 10**9)


@MODEST
@given(
    st.sampled_from(list(HEADERS)),
    st.lists(st.tuples(AMOUNTS, st.integers(0, 10**6)), min_size=1, max_size=12),
    st.booleans(),
    st.integers(150, 3000),
)
def test_what_is_written_is_read(
    language: str, transactions: list[tuple[int, int]], newest_first: bool, block_bytes: int
) -> None:
    def money(minor: int) -> str:
        text = f"{minor // 100 if minor >= 0 else -(-minor // 100):,}.{abs(minor) % 100:02}"
        text = f"-{text}" if minor < 0 and not text.startswith("-") else text
        return text if language == "en" else text.translate(str.maketrans(",.", ".,"))

    rows: list[tuple[str, ...]] = []
    balance = 5000
    for gross, fee in transactions:
        balance += gross - fee
        amounts = map(money, (gross, -fee, gross - fee, balance))
        rows.append(("13/1/2026" if language != "en" else "1/13/2026", "?", *amounts))
    ordered = rows[::-1] if newest_first else rows
    reading = Reading.of_bytes(READER, table(language, *ordered), block_bytes)
    expected: list[Any] = [gross - fee for gross, fee in transactions]
    assert reading.column("net_minor") == (expected[::-1] if newest_first else expected)
    assert [(total.stated, total.computed) for total in reading.totals] == [(balance, balance)]
    assert not {"balance_does_not_chain"} & {code for code, _ in reading.codes()}


@MODEST
@given(damaged(GERMAN.read_bytes()), st.integers(200, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not in this checkout")
@pytest.mark.parametrize(
    ("name", "lines", "balances", "codes"),
    [
        ("en", 19, {"EUR": 75, "USD": 28119}, []),
        ("es", 4, {"EUR": 471030}, [("date_order_assumed", None)]),
    ],
)
def test_real_samples(
    name: str, lines: int, balances: dict[str, int], codes: list[tuple[str, None]]
) -> None:
    """Gross and fee come to the net on every line, and the balances chain."""
    path = REAL / f"statement_{name}.csv"
    reading = Reading.of(READER, path)
    assert (len(reading.rows), reading.quarantined, reading.codes()) == (lines, [], codes)
    assert {total.currency: total.stated for total in reading.totals} == balances
    assert all(total.stated == total.computed for total in reading.totals)
    assert READER.recognises(Head.of(path, path.name))


STATUSES = {
    "en": ("status", "Completed", "Pending", "Denied"),
    "de": ("status", "Abgeschlossen", "Ausstehend", "Abgelehnt"),
    "es": ("estado", "Completado", "Pendiente", "Rechazado"),
    "fr": ("État", "Terminé", "En attente", "Refusé"),
    "it": ("Stato", "Completata", "In sospeso", "Annullata"),
    "nl": ("Status", "Voltooid", "In behandeling", "Geweigerd"),
    "pt": ("Estado", "Concluído", "Pendente", "Cancelada"),
}


@pytest.mark.parametrize("language", HEADERS)
def test_without_the_impact_the_status_says_what_moved_no_money(language: str) -> None:
    name, *statuses = STATUSES[language]
    row = ("1.2.2026", "x", "5,00", "0,00", "5,00", "")
    header, *rows = table(language, *[row] * 4).decode().split("\n")
    lines = [f"{header}\t{name}"]
    lines += [f"{line}\t{s}" for line, s in zip(rows, [*statuses, "Refunded"], strict=True)]
    reading = Reading.of_bytes(READER, "\n".join(lines).encode())
    assert [row["source_line"] for row in reading.rows] == [2, 5]
    assert statuses[0] in reading.rows[0]["extra"]
    (reason,) = reading.reasons().values()
    assert statuses[2] in reason
    assert "Balance Impact" in reason
    assert list(reading.reasons()) == [4]
    assert any("1 transactions that change no balance" in f.message for f in reading.findings)


def test_where_the_impact_is_stated_the_status_decides_nothing() -> None:
    row = ("1.2.2026", "x", "5,00", "0,00", "5,00", "")
    header, *rows = table("en", row, row).decode().split("\n")
    lines = [f"{header}\tStatus\tBalance Impact"]
    lines += [f"{rows[0]}\tPending\tCredit", f"{rows[1]}\tDenied\tMemo"]
    reading = Reading.of_bytes(READER, "\n".join(lines).encode())
    assert [row["source_line"] for row in reading.rows] == [2]
    assert reading.reasons() == {}

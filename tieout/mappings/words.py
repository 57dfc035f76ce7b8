"""What columns of banks and processors are called, in the languages they are sent in.

English, German, French, Spanish, Italian, Dutch and Portuguese, without accents and in small
letters. The first words of a role are the surest.
"""

from __future__ import annotations

import re
import unicodedata

ROLES: dict[str, tuple[str, ...]] = {
    "booking_date": (
        "booking date", "posting date", "posted date", "transaction date", "buchungstag",
        "buchungsdatum", "date operation", "date de l operation", "date comptable",
        "date d operation",
        "fecha operacion", "fecha de operacion", "fecha contable", "data operazione",
        "data contabile", "boekingsdatum", "boekdatum", "data movimento", "date", "datum", "fecha",
        "data", "dato",
    ),
    "value_date": (
        "value date", "valuta", "wertstellung", "valutadatum", "wertstellungsdatum", "date valeur",
        "date de valeur", "fecha valor", "data valuta", "rentedatum", "data valor", "value",
    ),
    "created_at": (
        "created at", "created", "created utc", "processed on", "transaction time", "timestamp",
        "date time", "datetime", "date", "datum", "fecha", "settlement date",
    ),
    "credit": (
        "credit", "credit amount", "paid in", "money in", "deposit", "deposits", "haben",
        "gutschrift", "eingang", "einnahmen", "abono", "abonos", "haber", "ingreso", "ingresos",
        "accrediti", "avere", "entrate", "bij", "credito",
    ),
    "debit": (
        "debit", "debit amount", "paid out", "money out", "withdrawal", "withdrawals", "soll",
        "belastung", "lastschrift", "ausgang", "ausgaben", "cargo", "cargos", "debe", "gasto",
        "gastos", "addebiti", "dare", "uscite", "af", "debito",
    ),
    "amount": (
        "amount", "transaction amount", "betrag", "umsatz", "montant", "importe", "importo",
        "bedrag", "valor", "montante", "net amount", "cantidad", "belop",
    ),
    "direction": (
        "debit credit", "credit debit", "dr cr", "cr dr", "d c", "c d", "soll haben", "s h",
        "credit debit indicator", "sens", "sentido", "debe haber", "af bij", "segno", "direction",
        "type", "sh",
    ),
    "currency": (
        "currency", "ccy", "wahrung", "waehrung", "devise", "moneda", "divisa", "valuta", "munt",
        "moeda", "currency code", "monnaie", "settlement currency",
    ),
    "balance_after": (
        "balance", "running balance", "balance after", "account balance", "saldo", "kontostand",
        "saldo nach buchung", "solde", "saldo disponible", "saldo na mutatie",
    ),
    "account": (
        "account", "account number", "iban", "auftragskonto", "konto", "kontonummer",
        "iban auftragskonto", "compte", "numero de compte", "cuenta", "numero de cuenta", "conto",
        "rekening", "rekeningnummer", "conta", "account id",
    ),
    "bank_reference": (
        "reference", "bank reference", "transaction id", "transaction reference", "ref", "referenz",
        "kundenreferenz", "buchungsreferenz", "referencia", "riferimento", "kenmerk",
        "referencia banco",
        "numero d operation", "id",
    ),
    "end_to_end_id": ("end to end id", "end to end reference", "endtoendid", "end to end"),
    "counterparty": (
        "counterparty", "payee", "beneficiary", "name", "beguenstigter zahlungspflichtiger",
        "begunstigter zahlungspflichtiger", "auftraggeber empfanger", "auftraggeber", "empfanger",
        "zahlungspflichtiger", "beneficiaire", "contrepartie", "beneficiario", "ordenante",
        "naam tegenpartij", "merchant",
    ),
    "remittance": (
        "description", "details", "narrative", "memo", "particulars", "verwendungszweck",
        "buchungstext", "libelle", "concepto", "descripcion", "descrizione", "causale",
        "omschrijving", "mededelingen", "descricao", "text", "vorgang", "motif", "communication",
    ),
    "gross_minor": ("gross", "gross amount", "brutto", "bruttobetrag", "brut", "montant brut",
                    "total collected", "montante bruto", "valor bruto", "bruto", "importe bruto",
                    "lordo"),
    "markup_minor": ("fee", "fees", "fee amount", "commission", "gebuhr", "gebuhren", "frais",
                     "comision", "tarifa", "commissione", "comissao", "kosten", "total fee"),
    "net_minor": ("net", "net amount", "netto", "nettobetrag", "net settlement", "montant net",
                  "net total", "montante liquido", "valor liquido", "liquido", "neto",
                  "importe neto", "netto amount"),
    "line_kind": ("type", "transaction type", "record type", "typ", "art", "tipo", "kind",
                  "reporting category", "event"),
    "line_id": ("transaction id", "balance transaction id", "line id", "id"),
    "payout_id": ("payout id", "payout", "transfer id", "settlement id", "auszahlung"),
    "payment_reference": ("payment id", "payment reference", "charge id", "psp reference"),
    "merchant_reference": ("order id", "merchant reference", "order reference", "invoice id",
                           "bestellnummer", "reference"),
}  # fmt: skip

TOTALS = ("total", "totals", "summe", "gesamt", "somme", "suma", "totale", "totaal", "soma")

# Each word of the one has its opposite at the same place in the other.
INCOMING = ("h", "haben", "c", "cr", "credit", "crdt", "gutschrift", "abono", "haber", "avere",
            "bij", "in", "+", "credito")  # fmt: skip
OUTGOING = ("s", "soll", "d", "dr", "debit", "dbit", "belastung", "cargo", "debe", "dare", "af",
            "out", "-", "debito")  # fmt: skip

# What processors call the lines of their reports.
KINDS: dict[str, tuple[str, ...]] = {
    "charge": ("charge", "payment", "sale", "capture", "captured", "settled", "purchase",
               "zahlung"),
    "refund": ("refund", "refunded", "refund payment", "erstattung", "remboursement", "reembolso"),
    "chargeback": ("chargeback", "dispute", "ruckbuchung"),
    "chargeback_reversal": ("chargeback reversal", "dispute reversal", "chargeback reversed"),
    "fee": ("fee", "fees", "gebuhr", "frais", "commission", "comision"),
    "payout": ("payout", "transfer", "withdrawal", "auszahlung", "virement", "settlement"),
    "adjustment": ("adjustment", "correction", "korrektur", "ajuste"),
    "reserve_hold": ("reserve hold", "hold", "reserve"),
    "reserve_release": ("reserve release", "release"),
}  # fmt: skip


def plain(text: str) -> str:
    """Small letters without accents; what is no letter or digit becomes one space."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def fit(role: str, header: str) -> int:
    """How surely a header is of a role: the higher the surer, 0 for not at all."""
    said, words = plain(header), set(plain(header).split())
    for place, name in enumerate(ROLES[role]):
        if said == name:
            return 1000 - place
    for place, name in enumerate(ROLES[role]):
        if len(name) > 2 and set(name.split()) <= words:
            return 500 - place
    return 0

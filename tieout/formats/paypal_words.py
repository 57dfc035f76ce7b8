"""What PayPal's downloads call their columns and transactions, by language.

Column names are compared without regard to capitals and surrounding blanks. Where PayPal has
changed a name over the years, all of them are listed. The Portuguese names are not verified
against a file of PayPal's own.
"""

from __future__ import annotations

from tieout.formats.paypal_codes import RESERVE

# Of a column, by language: en, de, es, fr, it, nl, pt. Names of one language are set apart by |.
_LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pt")
_COLUMNS = {
    "date": ("date", "datum", "fecha", "date", "data", "datum", "data"),
    "time": ("time", "uhrzeit|zeit", "hora", "heure", "ora|orario", "tijd", "hora"),
    "zone": (
        "timezone|time zone",
        "zeitzone",
        "zona horaria",
        "fuseau horaire",
        "fuso orario",
        "tijdzone",
        "fuso horário|fusohorário",
    ),
    "type": (
        "type|description",
        "typ|beschreibung",
        "tipo|descripción",
        "type|description",
        "tipo|descrizione",
        "type|omschrijving",
        "tipo|descrição",
    ),
    "currency": ("currency", "währung", "divisa|moneda", "devise", "valuta", "valuta", "moeda"),
    "gross": ("gross", "brutto", "bruto", "avant commission|brut", "lordo", "bruto", "bruto"),
    "fee": (
        "fee|fees",
        "gebühr|entgelt",
        "comisión|tarifa",
        "commission|frais",
        "tariffa|commissione",
        "kosten|vergoeding|fee",
        "tarifa|comissão|taxa",
    ),
    "net": ("net", "netto", "neto", "net", "netto", "net|netto", "líquido|valor líquido"),
    "balance": ("balance", "guthaben", "saldo", "solde", "saldo", "saldo", "saldo"),
    "transaction": (
        "transaction id",
        "transaktionscode",
        "id. de transacción",
        "numéro de transaction",
        "codice transazione",
        "transactiereferentie|transactie-id",
        "id da transação|código da transação",
    ),
    "reference": (
        "reference txn id",
        "zugehöriger transaktionscode|txn-referenzkennung",
        "id. de referencia de trans.|id. de referencia de la transacción",
        "numéro de la transaction de référence|nº de transaction de référence",
        "codice transazione di riferimento",
        "reference txn id",
        "id de referência da transação|código da transação de referência",
    ),
    "invoice": (
        "invoice id|invoice number",
        "rechnungsnummer",
        "id. de factura|número de factura",
        "identifiant de facture|numéro de facture",
        "n. fattura pro-forma|n° ordine commerciante",
        "factuurreferentie|factuurnummer",
        "id da fatura|número da fatura",
    ),
    "impact": (
        "balance impact",
        "auswirkung auf guthaben",
        "repercusiones en el saldo|impacto en el saldo",
        "impact sur le solde|balance impact",
        "impatto sul saldo",
        "effect op saldo|invloed op saldo",
        "impacto no saldo",
    ),
    "status": ("status", "status", "estado", "état|statut", "stato", "status", "status|estado"),
}
_REQUIRED = {"date", "time", "zone", "currency", "gross", "fee", "net", "transaction"}

# What a transaction is, by words in its description; the first that fits decides. A refund of a
# fee is a fee, and the word for payment is part of many others, so it is asked for last.
KINDS = (
    (
        "fx",
        "currency conversion|währungsumrechnung|conversión de (?:divisa|moneda)|cambio de divisa"
        "|conversion de devise|conversione (?:di |della )?valuta|valuta-?(?:omrekening|conversie)"
        "|conversão de moeda",
    ),
    (
        "fee",
        r"\bfees?\b|gebühr|entgelt|comisión|tarifa|\bcommission|\bfrais\b|tariffa|commissione"
        "|kosten|vergoeding|comissão",
    ),
    (
        RESERVE,
        r"\bhold\b|\brelease\b|reserve|einbehalt|freigabe|retención|liberación|reserva|réserve"
        "|retenue|blocage|suspen(?:sion|du)|blocco|sblocco|riserva|trattenuta|blokkering|vrijgave|inhouding"
        "|vastgehouden|vasthouden|retenção|bloqueio|liberação",
    ),
    # What funds the account, a card or the bank, and what goes back there: neither a chargeback
    # of a buyer nor a payout.
    (
        "transfer",
        "card (?:withdrawal|deposit)|(?:abbuchung von|gutschrift auf) kreditkarte"
        "|prelievo generico con carta|ach-gutschrift|storno di versamento|ach funding"
        "|zahlungsquelle|recupero di denaro",
    ),
    (
        "chargeback_reversal",
        "(?:chargeback reversal|cancell?ed chargeback|cancellation of chargeback"
        "|(?:aufhebung|stornierung) der rückbuchung|cancelación de(?:l)? contracargo)",
    ),
    (
        "chargeback",
        "chargeback|payment reversal|rückbuchung|contracargo|rétrofacturation|storno|terugboeking"
        "|estorno",
    ),
    (
        "refund",
        "refund|rückzahlung|erstattung|reembolso|devolución|remboursement|rimborso"
        "|terugbetaling|restitutie|devolução",
    ),
    (
        "payout",
        "withdrawal|abbuchung|auszahlung|retirada|retiro|retrait|prelievo|opname|saque"
        "|transfer to bank|virement (?:vers|standard)|transferência para|trasferimento avviato dall"
        r"|trasferimento generico \(conto bancario\)",
    ),
    (
        "transfer",
        "deposit|bankgutschrift|einzahlung|depósito|ingreso|dépôt|approvisionnement|deposito"
        "|versamento|bonifico bancario sul|virement bancaire sur|storting|bijschrijving",
    ),
    (
        "charge",
        "payment|checkout|donation|zahlung|spende|pago|cobro|donación|paiement|pagamento"
        "|donazione|betaling|donatie|doação",
    ),
)
# Of a transaction that changes no balance: an authorisation, an order, a denied payment.
MEMO = "memo"
# What the status says where a download does not state the impact: that no money has moved yet, or
# that something ended which may have moved it. All others have moved it.
NOT_YET = (
    "pending|uncleared|unclaimed|ausstehend|offen|nicht verrechnet|pendiente|en attente|in sospeso"
    "|in attesa|in behandeling|openstaand|pendente"
)
ENDED = (
    "denied|declined|refused|cancell?ed|failed|expired|voided|removed|returned|abgelehnt|storniert"
    "|abgebrochen|fehlgeschlagen|abgelaufen|entfernt|denegad[oa]|rechazad[oa]|cancelad[oa]"
    "|fallid[oa]|caducad[oa]|anulad[oa]|refusée?|annulée?|échouée?|expirée?|rifiutat[oa]|negat[oa]"
    "|annullat[oa]|non riuscit[oa]|scadut[oa]|geweigerd|geannuleerd|mislukt|verlopen|negad[oa]"
    "|recusad[oa]|falhou|expirad[oa]"
)


def columns(names: list[str]) -> tuple[str, dict[str, str]] | None:
    """The language of a header, and the name in it of each column that is known; None if none is.

    A language fits if it names all that a download must have.
    """
    by_word = {name.lower(): name for name in names}
    best: tuple[str, dict[str, str]] | None = None
    for place, language in enumerate(_LANGUAGES):
        found = {
            field: by_word[word]
            for field, words in _COLUMNS.items()
            for word in reversed(words[place].split("|"))
            if word in by_word
        }
        if found.keys() >= _REQUIRED and (best is None or len(found) > len(best[1])):
            best = language, found
    return best

"""The words for what the tables call by name. They stand in addresses too, so they stay."""

from __future__ import annotations

LEGS = {
    "ledger_balance": "Ledger balance",
    "payment_ledger": "Payments to ledger",
    "payment_settlement": "Payments to settlement",
    "batch_payout": "Settlement to payout",
    "payout_bank": "Payout to bank",
    "ledger_bank": "Ledger cash to bank balance",
    "clearing": "Money in transit in the ledger",
    "fee_contract": "Fees to contract",
    "fx_conversion": "Conversions to rate",
}
SIDES = {
    "ledger_balance": ("Debits", "Credits"),
    "payment_ledger": ("Payments", "Ledger"),
    "payment_settlement": ("Payments", "Settlement"),
    "batch_payout": ("Settlement lines", "Payout"),
    "payout_bank": ("Payout", "Bank"),
    "ledger_bank": ("Cash postings", "Statement"),
    "clearing": ("Payouts posted", "Arrivals posted"),
    "fee_contract": ("Fees charged", "Contract"),
    "fx_conversion": ("Settled", "At stated rate"),
}
TABLES = {
    "payments": "Payment",
    "refunds": "Refund",
    "disputes": "Dispute",
    "ledger_entries": "Ledger entry",
    "settlement_lines": "Settlement line",
    "bank_lines": "Bank line",
    "bank_balances": "Stated balance",
    "fee_contracts": "Contract price",
}


def words(name: str | None) -> str:
    """A name of the tables in words: missing_in_bank is Missing in bank."""
    if not name or name == "none":
        return "–"
    return (name[0].upper() + name[1:]).replace("_", " ")


def processor(name: str | None) -> str:
    """The word for a processor, also where a record names none."""
    return "No processor" if name in (None, "none") else words(name)


def leg(name: str) -> str:
    """The word for a leg."""
    return LEGS.get(name, words(name))


def sides(leg_name: str) -> tuple[str, str]:
    """What stands on the left and on the right of a leg."""
    return SIDES.get(leg_name, ("Left", "Right"))


def table(name: str) -> str:
    """The word for one record of a canonical table."""
    return TABLES.get(name, words(name))


def age(bucket: str) -> str:
    """The word for an age bucket: 8-30 is 8–30 days."""
    if bucket.startswith(">"):
        return f"Over {bucket[1:]} days"
    return f"{bucket.replace('-', '–')} days"

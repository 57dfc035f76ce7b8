"""What the names in the tables mean, in words for a person."""

from __future__ import annotations

BREAKS = {
    "late": "one side is overdue and may still come",
    "missing_in_payments": "the company has no record of it",
    "missing_in_ledger": "the ledger has no posting for it",
    "missing_in_settlement": "no processor has settled it",
    "missing_in_bank": "the bank has no entry for it",
    "unknown_reference": "the bank has an entry that no processor announced",
    "status_mismatch": "the company says that no money moved, and it did",
    "amount_mismatch": "both sides have it, with other amounts",
    "currency_mismatch": "both sides have it, in other currencies",
    "fee_mismatch": "the fee is not what the contract says",
    "fx_mismatch": "the conversion is not at the stated rate",
    "control_total_mismatch": "what is stated is not what its lines come to",
    "unbalanced_journal": "the debits are not the credits",
    "duplicate": "one side has it more than once",
    "partial": "only a part has come, and the rest still may",
}
STATUSES = {
    "in_transit": "one side has not come yet and is not due yet",
    "matched_within_tolerance": "the difference is within the tolerance",
    "written_off": "a person has given up the difference",
}
PASSES = {
    "exact": "one record on each side, equal",
    "grouped": "several records, equal in sum",
    "netting": "one entry without a reference is the only sum of these payouts",
    "tolerance": "equal within the tolerance",
    "fuzzy": "no key is shared, but amount, day and text are as of one",
    "manual": "a person has matched them",
}
REASONS = {
    "nothing_captured": "nothing was captured",
    "moves_no_money": "this stage moves no money",
    "account_not_in_chart": "the account is not in the chart of accounts",
    "not_a_clearing_account": "it is not on a processor's clearing account",
    "not_a_payment_event": "it is no capture, refund or chargeback",
    "not_in_a_payout": "it was not paid out yet",
    "paid_from_a_balance": "it pays out a balance, and no line says what it is made of",
    "report_states_no_payout": "the report states no payout to compare with",
    "payout_is_stated": "the payout itself is compared with the bank",
    "not_from_a_processor": "it names no processor",
    "on_a_statement": "the statement of the account has it as well",
    "account_not_stated": "it does not say on which account it was booked",
    "on_another_notice": "another interim report or notification has it as well",
    "not_priced": "no contract prices it",
    "payment_unknown": "its payment is not known, so no price is",
    "not_converted": "it was not converted",
    "no_rate_stated": "no rate is stated",
    "no_contract": "there is no contract with the processor",
    "no_bank_account": "the ledger's account names no bank account",
    "account_not_in_ledger": "no account of the ledger is this bank account",
    "account_without_statements": "no statement of the account has come",
    "before_first_statement": "it is older than the first statement",
    "not_a_booked_balance": "it is no booked balance",
    "statement_without_both_balances": "the statement lacks its opening or closing balance",
}
BECAUSE = {
    "newer_version": "it states a newer version",
    "later_arrival": "it arrived on a later day",
    "later_change": "it was changed later",
    "newer_full_export": "it is a newer full export of the same table",
    "order_unknown": "nothing says which of the two corrects the other: check them",
}
COMPARED = {
    "ledger_balance": "source, journal, currency",
    "payment_ledger": "kind of event, id of the event",
    "payment_settlement": "processor, kind of event, processor's reference",
    "batch_payout": "processor, payout, currency",
    "payout_bank": "processor, letters and digits of the payout's reference",
    "ledger_bank": "bank account, currency, statement",
    "clearing": "processor, payout as the bank leg ties it",
    "fee_contract": "the settlement line itself",
    "fx_conversion": "the settlement line itself",
}


def words(name: str) -> str:
    """A name of the tables in words: missing_in_bank is missing in bank."""
    return name.replace("_", " ")


def meaning(status: str, match_pass: str | None, break_type: str | None) -> str:
    """Why an item has its status; a name that is new here is said as it is."""
    if break_type:
        return BREAKS.get(break_type, words(break_type))
    if match_pass and status != "written_off":
        return PASSES.get(match_pass, words(match_pass))
    return STATUSES.get(status, words(status))


def plural(count: int, one: str) -> str:
    """A number and its noun: 1 record, 2 records."""
    return f"1 {one}" if count == 1 else f"{count:,} {one}s"


def noun(table: str) -> str:
    """One record of a canonical table: ledger_entries is a ledger entry."""
    name = words(table)
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def nouns(count: int, table: str) -> str:
    """A number of records of a canonical table: 1 ledger entry, 2 ledger entries."""
    return f"1 {noun(table)}" if count == 1 else f"{count:,} {words(table)}"

"""Braintree transaction-level fee report: what each transaction was settled for, and its fees.

There are two: at flat prices (Total Fee Amount), and with interchange passed on (Est. Total Fee
Amount), whose fees are estimates. Neither states what was transferred to the bank.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES, TIMESTAMP
from tieout.formats.base import Finding, Head, Part, Report, Rows
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft, translate

_REQUIRED = {
    "Transaction ID", "Transaction Type", "Settlement Currency", "Settlement Amount",
    "Settlement Date", "Disbursement Date",
}  # fmt: skip
_FLAT, _ESTIMATED = "Total Fee Amount", "Est. Total Fee Amount"
_ACCOUNTS = ("Merchant Account ID", "Merchant Account Token")
_KNOWN = {
    *_REQUIRED, *_ACCOUNTS, _FLAT, _ESTIMATED, "Original Transaction ID", "Presentment Currency",
    "Presentment Amount", "Original Sale Amount", "Payment Instrument", "Card Brand",
    "Exchange Rate", "Order ID", "Est. Interchange Total Amount", "Braintree Total Amount",
}  # fmt: skip
_KEPT = (
    "Card Type|First 6 of CC|Issuing Bank|Refunded Amount|Refund Type|Card Issuing Country"
    "|Discount(?: Credit)?|Per Transaction Fee(?: Credit)?|Multicurrency Fee (?:Amount|Credit)"
    "|Interchange (?:Description|Currency)|Est. Interchange (?:Rate|Fixed)(?: Credit)?"
    "|Record (?:Type|Subtype)|Acquirer Reference Number|Deposit ID"
)
_VOIDED = "voided sale"
_KINDS = {
    "sale": "charge", "credit": "refund", _VOIDED: "fee", "dispute debit": "chargeback",
    "dispute credit": "chargeback_reversal",
}  # fmt: skip
_OUTGOING = ("refund", "chargeback")
_BRANDS = {
    "visa": "visa", "mastercard": "mastercard", "american express": "amex", "discover": "discover",
    "diners club": "diners", "jcb": "jcb", "maestro": "maestro", "unionpay": "unionpay",
}  # fmt: skip
_NO_FEES = ("scheme_fee_minor", "fixed_fee_minor", "tax_minor")


class BraintreeFees:
    """Reads the report at flat prices, and with interchange."""

    format: ClassVar[str] = "braintree_fees"
    version: ClassVar[int] = 3
    source: ClassVar[str] = "braintree"
    title: ClassVar[str] = "Braintree transaction-level fee report (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with the settlement of transactions, and one of the two totals of fees."""
        names = names_in(head)
        return names >= _REQUIRED and bool(names & {_FLAT, _ESTIMATED})

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, and which disbursements they are of."""
        reports = set[str]()
        with path.open("rb") as file:
            sheet = Delimited(
                file,
                required=_REQUIRED,
                known=_KNOWN.__contains__,
                free=_KEPT,
                block_bytes=block_bytes,
            )
            yield from sheet.preamble()
            for block in sheet.blocks():
                rows, others = _draft(block).accept()
                reports.update(pc.unique(rows["report_id"]).to_pylist())
                yield Rows(SETTLEMENT_LINES, rows)
                yield from others
        if _FLAT not in sheet.names:
            message = "fees are what Braintree estimates; what it charges is on its invoice"
            yield Finding("fees_estimated", message)
        if reports:
            yield Report("+".join(sorted(reports)))


def _draft(block: Block) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need(*sorted(_REQUIRED))
    own, type_ = draft.text("Transaction ID"), draft.text("Transaction Type")
    draft["processor"] = pa.repeat("braintree", len(draft))
    account = draft["account"] = pc.coalesce(*map(draft.text, _ACCOUNTS))
    paid = draft["available_on"] = draft.date("Disbursement Date", "%Y-%m-%d")
    draft["created_at"] = draft.date("Settlement Date", "%Y-%m-%d").cast(TIMESTAMP)
    batch = pc.binary_join_element_wise(account.fill_null(""), pc.strftime(paid, "%Y-%m-%d"), "/")
    draft["batch_id"] = draft["report_id"] = batch
    draft["raw_kind"], draft["processor_reference"] = type_, own
    draft["payment_reference"] = pc.coalesce(draft.text("Original Transaction ID"), own)
    draft["merchant_reference"] = draft.reference("Order ID")
    draft["payment_method"] = draft.text("Payment Instrument")
    brand = pc.utf8_lower(draft.text("Card Brand"))
    draft["card_brand"] = translate(brand, _BRANDS)
    draft.reference("Acquirer Reference Number")

    kind = translate(pc.utf8_lower(type_), _KINDS)
    draft["line_kind"] = kind.fill_null("adjustment")
    message = "{!r} is not known; the line was taken as an adjustment"
    draft.note("unknown_type", pc.is_null(kind), message, type_)
    _set_amounts(draft, pc.equal(pc.utf8_lower(type_), _VOIDED))
    return draft


def _set_amounts(draft: Draft, voided: pa.Array) -> None:
    """Amounts are written without a sign: credits and disputes go out. A voided sale is its fee."""
    currency = draft["currency"] = draft.currency("Settlement Currency")
    stated = draft.minor("Settlement Amount", currency)
    goes_out = pc.is_in(draft["line_kind"], pa.array(_OUTGOING))
    gross = pc.if_else(goes_out, pc.negate(pc.abs(stated)), stated)
    gross = draft["gross_minor"] = pc.if_else(voided, pc.multiply(stated, 0), gross)
    interchange, own, flat, estimated = (
        draft.minor(name, currency)
        for name in ("Est. Interchange Total Amount", "Braintree Total Amount", _FLAT, _ESTIMATED)
    )
    fee = pc.coalesce(flat, estimated)
    draft.reject(pc.is_null(fee), f"neither {_FLAT} nor {_ESTIMATED} is an amount")
    # At flat prices Braintree pays the interchange itself, whatever it comes to.
    passed_on = pc.and_(pc.is_null(flat), pc.is_valid(interchange))
    draft["interchange_minor"] = pc.if_else(passed_on, interchange, 0)
    draft["markup_minor"] = pc.subtract(fee, draft["interchange_minor"])
    draft["net_minor"] = pc.subtract(gross, fee)
    for name in _NO_FEES:
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    differs = pc.and_(passed_on, pc.not_equal(pc.add(interchange, own), fee)).fill_null(False)
    message = "interchange {} and Braintree's own fee {} do not come to {} (minor units)"
    draft.note("fee_is_not_its_parts", differs, message, interchange, own, fee)
    _set_presentment(draft, gross)


def _set_presentment(draft: Draft, gross: pa.Array) -> None:
    """What the payer saw is stated for sales alone: a credit repeats the amount of its sale."""
    currency = draft["currency"]
    seen_currency = pc.coalesce(draft.currency("Presentment Currency"), currency)
    columns = ("Presentment Amount", "Original Sale Amount")
    seen = pc.coalesce(*(draft.minor(name, seen_currency) for name in columns))
    converted = pc.not_equal(seen_currency, currency).fill_null(False)
    is_told = pc.and_(pc.is_valid(seen), pc.equal(draft["line_kind"], "charge"))
    taken = pc.and_(converted, is_told)
    draft["presentment_minor"] = pc.if_else(taken, seen, gross)
    draft["presentment_currency"] = pc.if_else(taken, seen_currency, currency)
    draft["fx_rate"] = draft.rate("Exchange Rate")
    untold = pc.and_(converted, pc.invert(is_told))
    message = (
        "converted from {}, and what the payer saw is not stated; the settled amount was taken"
    )
    draft.note("presentment_not_stated", untold, message, seen_currency)

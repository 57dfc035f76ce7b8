"""Adyen settlement details: the lines of a settlement batch, down to what was paid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import exact_sums
from tieout.formats.base import ControlTotal, Head, Part, Report, Rows
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft, translate

_NEEDED = {
    "Company Account",
    "Merchant Account",
    "Creation Date",
    "TimeZone",
    "Type",
    "Net Currency",
    "Batch Number",
}
_REQUIRED = _NEEDED | {
    "Psp Reference",
    "Modification Reference",
    "Gross Currency",
    "Gross Debit (GC)",
    "Gross Credit (GC)",
    "Net Debit (NC)",
    "Net Credit (NC)",
}
_REFERENCES = (
    "Psp Reference",
    "Merchant Reference",
    "Modification Reference",
    "Modification Merchant Reference",
    "Merchant Order Reference",
    "Dispute Reference",
    "ARN",
)
_KNOWN = {
    *_REQUIRED,
    *_REFERENCES,
    *(f"Reserved{number}" for number in range(4, 11)),
    "Payment Method",
    "Payment Method Variant",
    "Exchange Rate",
    "Commission (NC)",
    "Markup (NC)",
    "Scheme Fees (NC)",
    "Interchange (NC)",
    "Booking Date",
    "Booking Date TimeZone",
    "Metadata",
    "Balance Currency",
    "Net Debit (BC)",
    "Net Credit (BC)",
    "Payment Fees (NC)",
    "DCC Markup (NC)",
    "Funds Destination",
    "Balance Platform Debit",
    "Balance Platform Credit",
    "Shopper Country",
    "Clearing Network",
    "Settlement Flow",
    "Authorisation Code",
    "Gross Fees (NC)",
}

_RESERVE = "reserve"  # a hold or a release, as the sign says
_KINDS = {
    "Settled": "charge",
    "Refunded": "refund",
    "RefundedReversed": "refund",
    "Chargeback": "chargeback",
    "SecondChargeback": "chargeback",
    "ChargebackReversed": "chargeback_reversal",
    "Fee": "fee",
    "MiscCosts": "fee",
    "InvoiceDeduction": "fee",
    "PaymentCost": "fee",
    "MerchantPayout": "payout",
    "PaidOut": "payout",
    "PaidOutReversed": "payout",
    "BankInstructionReturned": "payout",
    "MerchantPayin": "payout",
    "Balancetransfer": "transfer",
    "ReserveAdjustment": _RESERVE,
    "DepositCorrection": "adjustment",
    "ManualCorrected": "adjustment",
    "MatchedStatement": "adjustment",
    "EpaPaid": "adjustment",
}
_BRANDS = {
    "visa": "visa",
    "mc": "mastercard",
    "amex": "amex",
    "discover": "discover",
    "diners": "diners",
    "jcb": "jcb",
    "cup": "unionpay",
    "maestro": "maestro",
}


class AdyenSettlementDetails:
    """Reads the settlement detail report, whatever the order and choice of its columns."""

    format: ClassVar[str] = "adyen_settlement_details"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "adyen"
    title: ClassVar[str] = "Adyen settlement details (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with Adyen's column names for gross and net amounts of a batch."""
        return names_in(head) >= _REQUIRED

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, the batches' totals against their payouts, and which report it is."""
        totals, reports = _BatchTotals(), set[str]()
        with path.open("rb") as file:
            sheet = Delimited(
                file, required=_REQUIRED, known=_KNOWN.__contains__, block_bytes=block_bytes
            )
            yield from sheet.preamble()
            for block in sheet.blocks():
                rows, others = _draft(block).accept()
                totals.add(rows)
                reports.update(pc.unique(rows["report_id"]).to_pylist())
                yield Rows(SETTLEMENT_LINES, rows)
                yield from others
        yield from totals.parts()
        if reports:
            yield Report("+".join(sorted(reports)))


class _BatchTotals:
    """A batch pays out what its other lines come to, or carries it over to the next batch."""

    def __init__(self) -> None:
        self.paid, self.lines = Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
        self.closed: dict[tuple[str, ...], None] = {}

    def add(self, rows: pa.Table) -> None:
        """Count the lines of one block."""
        scope = ["payout_id", "currency"]
        rows = rows.select([*scope, "line_kind", "net_minor"])
        is_payout = pc.equal(rows["line_kind"], "payout")
        closes = pc.or_(is_payout, pc.equal(rows["line_kind"], "transfer"))
        self.closed.update(dict.fromkeys(exact_sums(rows.filter(closes), scope, "net_minor")))
        self.paid.update(exact_sums(rows.filter(is_payout), scope, "net_minor"))
        self.lines.update(exact_sums(rows.filter(pc.invert(is_payout)), scope, "net_minor"))

    def parts(self) -> Iterator[Part]:
        """One total for each batch and currency that was paid out or carried over."""
        for scope in sorted(self.closed):
            batch, currency = scope
            stated, computed = -self.paid[scope], self.lines[scope]
            yield ControlTotal("payout_equals_its_batch", batch, currency, stated, computed)


def _draft(block: Block) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need(*sorted(_NEEDED))
    type_, account = draft.text("Type"), draft.text("Merchant Account")
    batch, psp = draft.text("Batch Number"), draft.text("Psp Reference")
    modification = draft.text("Modification Reference")

    draft["processor"] = pa.repeat("adyen", len(draft))
    draft["account"], draft["batch_id"], draft["raw_kind"] = account, batch, type_
    draft["payout_id"] = pc.binary_join_element_wise(account, batch, "/")
    draft["report_id"] = pc.binary_join_element_wise(
        draft.text("Company Account"), draft["payout_id"], "/"
    )
    draft["created_at"] = draft.time("Creation Date", draft.text("TimeZone")).utc
    draft["merchant_reference"] = draft.text("Merchant Reference")
    draft["payment_method"] = draft.text("Payment Method")
    draft["card_brand"] = translate(draft.text("Payment Method"), _BRANDS)
    draft["description"] = pc.if_else(pc.is_null(psp), modification, None)
    _set_amounts(draft)
    _set_kind(draft)

    is_payout = pc.equal(draft["line_kind"], "payout")
    # "TX2342222277XT batch 2, …": the bank statement carries the first word.
    of_payouts = pc.if_else(is_payout, modification, None)
    word = pc.struct_field(pc.extract_regex(of_payouts, r"^\s*(?P<word>\S+)"), "word")
    draft["payout_reference"] = word
    draft["payment_reference"] = psp
    event = pc.if_else(pc.equal(type_, "Settled"), psp, modification)
    draft["processor_reference"] = pc.coalesce(event, psp)
    for name in _REFERENCES:
        draft.reference(name)
    return draft


def _set_amounts(draft: Draft) -> None:
    """The net is stated; the gross is the net before fees, in the currency of settlement.

    The column says the direction, never the type: a charge can be a debit when its fees are higher
    than its amount.
    """
    currency = draft["currency"] = draft.currency("Net Currency")
    net = _signed(draft, "Net Debit (NC)", "Net Credit (NC)", currency)
    draft.reject(_both_empty(draft, "Net Debit (NC)", "Net Credit (NC)"), "no net amount")
    fees = {
        name: draft.minor(name, currency).fill_null(0)
        for name in ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
    }
    commission, markup, scheme, interchange = fees.values()
    draft["markup_minor"] = pc.add(commission, markup)
    draft["scheme_fee_minor"], draft["interchange_minor"] = scheme, interchange
    for name in ("fixed_fee_minor", "tax_minor"):
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    gross = pc.add(pc.add(net, draft["markup_minor"]), pc.add(scheme, interchange))
    draft["net_minor"], draft["gross_minor"] = net, gross

    seen_currency = draft.currency("Gross Currency")
    seen = _signed(draft, "Gross Debit (GC)", "Gross Credit (GC)", seen_currency)
    was_seen = pc.invert(_both_empty(draft, "Gross Debit (GC)", "Gross Credit (GC)"))
    no_currency = pc.and_(was_seen, pc.is_null(draft.text("Gross Currency")))
    draft.reject(no_currency, "Gross Currency is empty")
    draft["presentment_minor"] = pc.if_else(was_seen, seen, gross)
    draft["presentment_currency"] = pc.if_else(was_seen, seen_currency, currency)
    rate = draft["fx_rate"] = draft.rate("Exchange Rate")
    unconverted = pc.and_(
        pc.equal(draft["presentment_currency"], currency), pc.equal(rate.fill_null(1), 1)
    )
    draft.note(
        "net_is_not_gross_minus_fee",
        pc.and_(unconverted, pc.not_equal(draft["presentment_minor"], gross)).fill_null(False),
        "gross and net in {} differ by other than the stated fees: gross {}, net plus fees {} "
        "(minor units)",
        currency,
        draft["presentment_minor"],
        gross,
    )


def _signed(draft: Draft, debit: str, credit: str, currency: pa.Array) -> pa.Array:
    amounts = (draft.minor(name, currency).fill_null(0) for name in (credit, debit))
    return pc.subtract(*amounts)


def _both_empty(draft: Draft, debit: str, credit: str) -> pa.Array:
    return pc.and_(pc.is_null(draft.text(debit)), pc.is_null(draft.text(credit)))


def _set_kind(draft: Draft) -> None:
    known = translate(draft["raw_kind"], _KINDS)
    reserve = pc.if_else(pc.less(draft["net_minor"], 0), "reserve_hold", "reserve_release")
    kind = pc.if_else(pc.equal(known, _RESERVE), reserve, known).fill_null("adjustment")
    draft["line_kind"] = kind
    draft.note(
        "unknown_type",
        pc.is_null(known),
        "Type {!r} is not known; the line was taken as an adjustment",
        draft["raw_kind"],
    )

"""dLocal's older report: transactions as they were created and settled, in dollars.

It states no payout and no totals. Its settlement report does, and is to be preferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.base import Finding, Head, Part, Rows, Structural
from tieout.formats.delimited import BLOCK_BYTES, Delimited, Layout, names_in
from tieout.formats.draft import Block, Draft, translate

_NEEDED = ("Type", "Reference", "Creation date")
_REQUIRED = {*_NEEDED, "Settlement date", "Amount (USD)", "Status", "Fee", "currency"}
_KNOWN = {
    *_REQUIRED,
    "Net Amount (local)",
    "Invoice",
    "Payment Method",
    "Transaction Reference",
    "Transaction Invoice",
    "IOF",
}
_KEPT = "Country|Payment Method Type|User Mail"
_DELIMITER = ";"
_KINDS = {
    "Payment": "charge",
    "Refund": "refund",
    "Chargeback": "chargeback",
    "Chargebacks": "chargeback",
    "Chargeback Reversal": "chargeback_reversal",
    "Credit Note": "adjustment",
    "Debit Note": "adjustment",
    "Refund processing fee": "fee",
    "Chargeback processing fee": "fee",
}
_OUTGOING = ("Refund", "Chargeback", "Chargebacks", "Debit Note", "Refund processing fee",
             "Chargeback processing fee")  # fmt: skip
# Nothing has come of these yet, or ever will.
_UNSETTLED = ("Cancelled", "In process", "Reimbursed", "Waiting Details")
_TIME = "%Y-%m-%d %H:%M:%S"


class DLocalReport:
    """Reads the older report; only what was settled becomes lines."""

    format: ClassVar[str] = "dlocal_report"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "dlocal"
    title: ClassVar[str] = "dLocal transaction report, older layout (semicolons)"

    def recognises(self, head: Head) -> bool:
        """A header with the report's column names."""
        return names_in(head, _DELIMITER) >= _REQUIRED

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines in dollars."""
        unsettled = 0
        with path.open("rb") as file:
            sheet = Delimited(
                file,
                required=_REQUIRED,
                known=_KNOWN.__contains__,
                free=_KEPT,
                block_bytes=block_bytes,
                layout=Layout(_DELIMITER),
            )
            yield from sheet.preamble()
            for block in sheet.blocks():
                rows, others = _draft(block).accept()
                settled = pc.fill_null(
                    pc.invert(pc.is_in(rows["_status"], pa.array(_UNSETTLED))), True
                )
                lines = rows.filter(settled).drop_columns(["_status"])
                unsettled += len(rows) - len(lines)
                yield Structural(len(rows) - len(lines))
                yield Rows(SETTLEMENT_LINES, lines)
                yield from others
        if unsettled:
            message = f"{unsettled} transactions were not settled; they are no settlement lines"
            yield Finding("transactions_without_effect", message)


def _draft(block: Block) -> Draft:
    """Amounts have no sign in this report, so the type says the direction."""
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need(*_NEEDED)
    kind, own = draft.text("Type"), draft.text("Reference")
    draft["_status"] = draft.text("Status")
    draft["raw_kind"], draft["payment_method"] = kind, draft.text("Payment Method")
    draft["processor"] = draft["report_id"] = pa.repeat("dlocal", len(draft))
    draft["processor_reference"] = own
    draft["line_id"] = pc.binary_join_element_wise(own, kind, "/")
    draft["payment_reference"] = pc.coalesce(draft.text("Transaction Reference"), own)
    draft["merchant_reference"] = pc.coalesce(
        draft.text("Invoice"), draft.text("Transaction Invoice")
    )
    draft["created_at"] = draft.time("Creation date", "UTC", _TIME).utc
    draft["available_on"] = draft.time("Settlement date", "UTC", _TIME).utc.cast(pa.date32())

    known = translate(kind, _KINDS)
    draft["line_kind"] = known.fill_null("adjustment")
    message = "{!r} is not known; the line was taken as an adjustment"
    draft.note("unknown_type", pc.is_null(known), message, kind)
    currency = draft["currency"] = pa.repeat("USD", len(draft))
    is_open = pc.is_in(draft["_status"], pa.array(_UNSETTLED))
    no_amount = pc.and_(pc.is_null(draft.text("Amount (USD)")), pc.invert(is_open))
    draft.reject(no_amount, "Amount (USD) is empty")
    outgoing = pc.is_in(kind, pa.array(_OUTGOING))

    def signed(amount: pa.Array) -> pa.Array:
        return pc.if_else(outgoing, pc.negate(pc.abs(amount)), amount)

    gross = signed(draft.rounded("Amount (USD)", currency)[0].fill_null(0))
    fee, tax = (draft.rounded(n, currency)[0].fill_null(0) for n in ("Fee", "IOF"))
    draft["gross_minor"], draft["net_minor"] = gross, pc.subtract(gross, fee)
    # The tax on financial operations is part of the fee.
    draft["tax_minor"], draft["markup_minor"] = tax, pc.subtract(fee, tax)
    for name in ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor"):
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    local = draft.currency("currency")
    seen = signed(draft.rounded("Net Amount (local)", pc.coalesce(local, currency))[0])
    was_seen = pc.and_(pc.is_valid(seen), pc.is_valid(local))
    draft["presentment_minor"] = pc.if_else(was_seen, seen, gross)
    draft["presentment_currency"] = pc.if_else(was_seen, local, currency)
    return draft

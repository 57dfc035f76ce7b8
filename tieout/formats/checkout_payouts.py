"""Checkout.com payouts: what was transferred to the bank, one payout a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.base import Head, Part
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft

_REQUIRED = {"Client Entity ID", "Holding Currency", "Payout ID", "Payout Date", "Payout Amount"}
# What the payout is the sum of, by kind: the breakdown tells it line by line.
_KEPT = (
    "Client Entity Name|(?:Sub Entity|Currency Account) (?:ID|Name)|Reporting (?:Start|End) Date"
    "|Payments|Refunds|Chargebacks|Pay To Cards|Acquiring Premiums|Adjustments|Tax"
    "|Transfers (?:In|Out)|.* Fees"
)
_FEES = (
    "interchange_minor", "scheme_fee_minor", "markup_minor", "fixed_fee_minor", "tax_minor",
)  # fmt: skip
_TIMES = ("%Y-%m-%dT%H:%M:%S:%f",)  # as the publisher describes them; ISO 8601 is read as well


class CheckoutPayouts:
    """Reads the report of payouts."""

    format: ClassVar[str] = "checkout_payouts"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "checkout"
    title: ClassVar[str] = "Checkout.com payouts (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with the id, the day and the amount of payouts."""
        return names_in(head) >= _REQUIRED

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """The payouts, as settlement lines."""
        with path.open("rb") as file:
            sheet = Delimited(
                file,
                required=_REQUIRED,
                known=_REQUIRED.__contains__,
                free=_KEPT,
                block_bytes=block_bytes,
            )
            yield from sheet.preamble()
            for block in sheet.blocks():
                yield from _draft(block).parts()


def _draft(block: Block) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need(*sorted(_REQUIRED))
    own = pc.utf8_upper(draft.text("Payout ID"))
    for name in ("line_id", "report_id", "payout_id", "payout_reference", "processor_reference"):
        draft[name] = own
    draft["processor"] = pa.repeat("checkout", len(draft))
    draft["account"] = draft.text("Client Entity ID")
    draft["line_kind"] = draft["raw_kind"] = pa.repeat("payout", len(draft))
    draft["created_at"] = draft.time("Payout Date", "UTC", *_TIMES).utc
    currency = draft["currency"] = draft.currency("Holding Currency")
    paid = pc.negate(draft.minor("Payout Amount", currency))
    for name in ("gross_minor", "net_minor", "presentment_minor"):
        draft[name] = paid
    draft["presentment_currency"] = currency
    for name in _FEES:
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    return draft

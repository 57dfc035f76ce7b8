"""Adyen payments accounting report: the stages that payments go through, booked one by one.

What it says of money that was settled, the settlement details report says again, line by line and
with its batch. So its records are read and checked, and counted as no settlement lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.base import Finding, Head, Part, Structural
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft

_NEEDED = ("Company Account", "Merchant Account", "Booking Date", "TimeZone", "Record Type")
_FEES = ("Commission (SC)", "Markup (SC)", "Scheme Fees (SC)", "Interchange (SC)")
_REQUIRED = {
    *_NEEDED,
    *_FEES,
    "Psp Reference",
    "Main Currency",
    "Main Amount",
    "Payment Currency",
    "Captured (PC)",
    "Settlement Currency",
    "Payable (SC)",
}


class AdyenPaymentsAccounting:
    """Reads the report to its last record, holds payables against captures, and counts."""

    format: ClassVar[str] = "adyen_payments_accounting"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "adyen"
    title: ClassVar[str] = "Adyen payments accounting report (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with the report's column names."""
        return names_in(head) >= _REQUIRED

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """No rows: what is wrong with its records, and how many there are of each type."""
        types = Counter[str]()
        with path.open("rb") as file:
            sheet = Delimited(
                file, required=_REQUIRED, known=lambda _: True, block_bytes=block_bytes
            )
            yield from sheet.preamble()
            for block in sheet.blocks():
                rows, others = _draft(block).accept()
                types.update(rows["raw_kind"].to_pylist())
                yield Structural(len(rows))
                yield from others
        if types:
            counts = ", ".join(f"{count} {type_}" for type_, count in sorted(types.items()))
            message = f"settled lines come from the settlement details report; read here: {counts}"
            yield Finding("told_by_another_report", message)


def _draft(block: Block) -> Draft:
    """Every time, currency and amount of a record, typed; nothing of it is kept."""
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need(*_NEEDED)
    draft["raw_kind"] = draft.text("Record Type")
    draft.time("Booking Date", draft.text("TimeZone"))
    main, paid, settled = (
        draft.currency(f"{name} Currency") for name in ("Main", "Payment", "Settlement")
    )
    draft.minor("Main Amount", main)
    for name in ("Received (PC)", "Authorised (PC)"):
        draft.minor(name, paid)
    captured = draft.minor("Captured (PC)", paid)
    payable = draft.minor("Payable (SC)", settled)
    fees = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    for name in _FEES:
        fees = pc.add(fees, draft.minor(name, settled).fill_null(0))
    # Captured is booked out when a payment is settled; a payment that is captured and settled in
    # one record has it booked in. A settled payment is money to the company in either case.
    is_settled = pc.and_(pc.equal(draft["raw_kind"], "Settled"), pc.equal(paid, settled))
    differs = pc.and_(is_settled, pc.not_equal(pc.subtract(pc.abs(captured), fees), payable))
    draft.note(
        "payable_is_not_captured_minus_fees",
        differs.fill_null(False),
        "captured {} less fees {} is not payable {} (minor units)",
        captured,
        fees,
        payable,
    )
    return draft

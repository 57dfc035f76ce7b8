"""Stripe balance summary: what a balance was, what changed it, and what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import exact_sums
from tieout.formats.base import ControlTotal, Finding, Head, Part, Structural
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft

_REQUIRED = {"category", "net_amount", "currency"}
_KNOWN = {*_REQUIRED, "description"}
_OPENING, _CHANGES, _CLOSING = "starting_balance", ("activity", "payouts"), "ending_balance"


class StripeBalanceSummary:
    """Reads the summary: it has no lines, so all that comes of it is whether it adds up."""

    format: ClassVar[str] = "stripe_balance_summary"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "stripe"
    title: ClassVar[str] = "Stripe balance summary (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with the summary's columns, and its first category."""
        return names_in(head) >= _KNOWN and _OPENING in head.text

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """The closing balance of each currency against the opening one and the changes."""
        sums = Counter[tuple[str, ...]]()
        with path.open("rb") as file:
            sheet = Delimited(
                file, required=_REQUIRED, known=_KNOWN.__contains__, block_bytes=block_bytes
            )
            yield from sheet.preamble()
            for block in sheet.blocks():
                rows, others = _draft(block).accept()
                sums.update(exact_sums(rows, ["currency", "raw_kind"], "net_minor"))
                yield Structural(len(rows))
                yield from others
        for currency in sorted({currency for currency, _ in sums}):
            parts = (_OPENING, *_CHANGES, _CLOSING)
            missing = [name for name in parts if (currency, name) not in sums]
            if missing:
                message = f"the summary in {currency} does not state {', '.join(missing)}"
                yield Finding("summary_incomplete", message)
                continue
            computed = sum(sums[currency, name] for name in parts[:-1])
            stated = sums[currency, _CLOSING]
            yield ControlTotal("closing_balance", "summary", currency, stated, computed)


def _draft(block: Block) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("category", "net_amount", "currency")
    draft["raw_kind"] = pc.utf8_trim_whitespace(draft.text("category"))
    currency = draft["currency"] = draft.currency("currency")
    draft["net_minor"] = draft.minor("net_amount", currency)
    return draft

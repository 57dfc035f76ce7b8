"""Stripe's objects as a data warehouse extracts them: one CSV a kind, amounts in minor units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import ClassVar, NamedTuple

from tieout.formats.base import Finding, Head, Part, Structural, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block
from tieout.formats.stripe_rows import (
    FIELDS,
    disputes,
    payments,
    payouts,
    readable,
    refunds,
    settlement_lines,
)


class _Extract(NamedTuple):
    """What the header of one kind of extract has, and what its records become (None: no rows)."""

    kind: str
    columns: Set[str]
    rows: Callable[[Block], Iterator[Part]] | None


_EXTRACTS = (
    _Extract(
        "balance transactions",
        {"id", "amount", "fee", "net", "currency", "created", "available_on", "source"},
        settlement_lines,
    ),
    _Extract(
        "charges",
        {"id", "amount", "amount_refunded", "captured", "currency", "created", "paid", "status"},
        payments,
    ),
    _Extract(
        "disputes",
        {"id", "amount", "currency", "created", "is_charge_refundable", "status"},
        disputes,
    ),
    _Extract(
        "payouts",
        {"id", "amount", "arrival_date", "automatic", "currency", "created", "method", "status"},
        payouts,
    ),
    _Extract(
        "refunds",
        {"id", "amount", "currency", "created", "failure_reason", "receipt_number", "status"},
        refunds,
    ),
    _Extract(
        "payment intents",
        {"id", "amount", "amount_capturable", "amount_received", "capture_method", "status"},
        None,
    ),
    _Extract(
        "parts of fees",
        {"balance_transaction_id", "index", "amount", "application", "currency", "type"},
        None,
    ),
    _Extract("links of payouts", {"payout_id", "_fivetran_synced", "balance_transaction_id"}, None),
)
# What is told twice, and by what.
_TOLD_BY = {
    "payment intents": "their charges are the attempts to pay",
    "parts of fees": "a balance transaction states its whole fee",
    "links of payouts": "a balance transaction names its payout itself",
}


class StripeExtract:
    """Reads balance transactions, charges, refunds, disputes and payouts."""

    format: ClassVar[str] = "stripe_extract"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "stripe"
    title: ClassVar[str] = "Stripe objects from a data warehouse (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with the columns of exactly one kind of object."""
        return len(_fitting(names_in(head))) == 1

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """The rows of the one kind that the file has."""
        with path.open("rb") as file:
            sheet = Delimited(
                file, required=(), known=FIELDS.__contains__, free=".*", block_bytes=block_bytes
            )
            extracts = _fitting(set(sheet.names))
            if len(extracts) != 1:
                raise UnreadableFile("the header is not that of one kind of Stripe's objects")
            yield from sheet.preamble()
            kind, _, rows = extracts[0]
            count = 0
            for block in sheet.blocks():
                if rows:
                    yield from rows(readable(block))
                else:
                    count += len(block.lines)
                    yield from block.accounted
                    yield Structural(len(block.lines))
        if count:
            message = f"{count} {kind} are no rows: {_TOLD_BY[kind]}"
            yield Finding("objects_without_effect", message)


def _fitting(names: Set[str]) -> list[_Extract]:
    return [extract for extract in _EXTRACTS if names >= extract.columns]

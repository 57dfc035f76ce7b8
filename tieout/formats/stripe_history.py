"""Stripe balance history: all balance transactions, as people export them in the Dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from tieout.formats.amounts import flat
from tieout.formats.base import Head, Part
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block
from tieout.formats.stripe import settlement_lines
from tieout.formats.stripe_rows import category_of

# What the itemised reports call the same columns.
_NAMES = {
    "id": "balance_transaction_id",
    "ID": "balance_transaction_id",
    "Type": "reporting_category",
    "Source": "source_id",
    "Amount": "gross",
    "Fee": "fee",
    "Net": "net",
    "Currency": "currency",
    "Created (UTC)": "created_utc",
    "Available On (UTC)": "available_on_utc",
    "Description": "description",
    "Customer Facing Amount": "customer_facing_amount",
    "Customer Facing Currency": "customer_facing_currency",
    # A payout, which was called a transfer when this export was made.
    "Transfer": "automatic_payout_id",
}
_REQUIRED = {"Type", "Amount", "Fee", "Net", "Currency", "Created (UTC)"}
_IDS = {"id", "ID"}
# What the export has beside these, and the company's own keys: kept as they are.
_KEPT = (
    r"Status|Destination Platform Fee(?: Currency)?|Transfer (?:Group|Date \(UTC\))|.* \(metadata\)"
)


class StripeBalanceHistory:
    """One line a balance transaction; they are versions of the lines of Stripe's reports.

    A history of some days has payouts without all of their lines, so the two are not compared.
    """

    format: ClassVar[str] = "stripe_balance_history"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "stripe"
    title: ClassVar[str] = "Stripe balance history, exported in the Dashboard (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with the export's column names."""
        names = names_in(head)
        return names >= _REQUIRED and len(names & _IDS) == 1

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, each with the payout it is in where that is known."""
        with path.open("rb") as file:
            sheet = Delimited(
                file,
                required=_REQUIRED,
                known=_NAMES.__contains__,
                free=_KEPT,
                block_bytes=block_bytes,
            )
            yield from sheet.preamble()
            for block in sheet.blocks():
                yield from settlement_lines(_renamed(block)).parts()


def _renamed(block: Block) -> Block:
    """The block as one of an itemised report: it tells categories where this one tells types."""
    names = [_NAMES.get(name, name) for name in block.table.column_names]
    table = block.table.rename_columns(names)
    place = names.index("reporting_category")
    category = category_of(flat(table["reporting_category"]).cast("string"))
    return replace(block, table=table.set_column(place, "reporting_category", category))

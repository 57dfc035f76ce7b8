"""The company's own records: payments, ledger, invoices, costs, contracts and all the others.

They come with the column names of the contract, as CSV, JSON Lines or Parquet. Amounts are whole
minor units; ``12.50`` is refused, since nobody can tell what was meant.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tieout import contracts
from tieout.contracts import Table
from tieout.formats.base import Finding, Head, Part, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft
from tieout.formats.structured import DAMAGED_PARQUET, json_blocks, parquet_blocks

_PARQUET = b"PAR1"
# Words that decide what is done with a row; a misspelt one must not change that unnoticed.
WORDS: Mapping[str, tuple[str, ...]] = {
    "status": (
        "created",
        "invalid",
        "blocked",
        "authentication_failed",
        "declined",
        "authorised",
        "captured",
    ),
    "stage": (
        "inquiry",
        "chargeback",
        "representment",
        "pre_arbitration",
        "arbitration",
        "reversal",
        "won",
        "lost",
    ),
    "refund_stage": ("refund", "reversal"),
    "billing_interval": ("day", "week", "month", "quarter", "year"),
    "subscription_status": ("trialing", "active", "past_due", "paused", "cancelled"),
    "invoice_status": ("draft", "open", "paid", "void", "uncollectible"),
    "advance_stage": ("granted", "repaid", "written_off"),
    "tax_kind": ("vat", "gst", "sales_tax"),
    "line_kind": contracts.LINE_KINDS,
    "stated_in": contracts.STATED_IN,
    "fee_component": ("interchange", "scheme_fee", "markup", "fixed_fee", "network_fee"),
    "account_type": ("asset", "liability", "equity", "income", "expense"),
    "role": (
        "processor_clearing",
        "payout_in_transit",
        "cash",
        "merchant_payable",
        "fee_revenue",
        "processing_cost",
        "processor_reserve",
        "tax_payable",
        "merchant_advance",
        "deferred_revenue",
        "currency_exchange",
        "exchange_difference",
        "other",
    ),
}
# Decisions have roles of their own: those of people.
_DECISION_WORDS = {
    "kind": (*contracts.PROPOSALS, *contracts.ANSWERS),
    "role": contracts.DECIDING_ROLES,
}


@dataclass
class _Memory:
    """What the later blocks of a file must know of the earlier ones."""

    naive_times: set[str] = field(default_factory=set)
    cost_ids: set[str] = field(default_factory=set)


class _OwnRecords:
    """Reads one table of the contract from the company's own systems."""

    table: ClassVar[Table]
    format: ClassVar[str]
    version: ClassVar[int] = 2
    source: ClassVar[str]
    title: ClassVar[str]
    words: ClassVar[Mapping[str, tuple[str, ...]]] = WORDS

    def __init_subclass__(cls, table: Table) -> None:
        cls.table, cls.source, cls.format = table, table.name, f"own_{table.name}"
        cls.title = f"Own {table.name.replace('_', ' ')} (CSV, JSON Lines or Parquet)"

    def recognises(self, head: Head) -> bool:
        """Whether this is the one table that has all its required columns in the header."""
        if head.data.startswith(_PARQUET):
            names = _parquet_names(head)
        else:
            names = _json_names(head) or names_in(head)
        fitting = [reader.table for reader in OWN_READERS if not reader.missing(names)]
        return fitting == [self.table]

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """The rows, typed as the contract says."""
        memory = _Memory()
        for item in self._items(path, block_bytes):
            if isinstance(item, Block):
                draft = Draft(self.table, item)
                self.fill(draft, memory)
                yield from draft.parts()
            else:
                yield item
        for name in sorted(memory.naive_times):
            message = f"{name}: times without an offset were taken as UTC"
            yield Finding("time_zone_assumed_utc", message)

    def missing(self, names: Collection[str]) -> list[str]:
        """What the header of a file lacks."""
        return sorted(self.table.required.difference(names))

    def columns(self) -> list[str]:
        """The columns that a file may have."""
        return list(self.table.columns.names)

    def fill(self, draft: Draft, memory: _Memory) -> None:
        """Set the columns of the table."""
        draft.need(*sorted(self.table.required))
        for column in self.table.columns:
            draft[column.name] = self._typed(draft, column, memory)

    def _typed(self, draft: Draft, column: pa.Field, memory: _Memory) -> pa.Array:
        name = column.name
        if name.endswith("currency"):
            return draft.currency(name)
        if name in self.words:
            return draft.choice(name, self.words[name])
        if pa.types.is_integer(column.type):
            return draft.integer(name, column.type)
        if pa.types.is_date(column.type):
            return draft.date(name, "%Y-%m-%d")
        if pa.types.is_decimal(column.type):
            return draft.rate(name)
        if pa.types.is_timestamp(column.type):
            times = draft.time(name)
            if pc.any(times.naive).as_py():
                memory.naive_times.add(name)
            return times.utc
        return draft.text(name)

    def _items(self, path: Path, block_bytes: int) -> Iterator[Part | Block]:
        head = Head.of(path, path.name)
        with path.open("rb") as file:
            if head.data.startswith(_PARQUET):
                integers = [f.name for f in self.table.columns if pa.types.is_integer(f.type)]
                yield from parquet_blocks(file, self.columns(), integers, self.missing)
            elif head.text.lstrip().startswith("{"):
                yield from json_blocks(file, self.columns(), block_bytes)
            else:
                known = set(self.columns()).__contains__
                sheet = Delimited(file, required=(), known=known, block_bytes=block_bytes)
                if missing := self.missing(sheet.names):
                    raise UnreadableFile(f"the header lacks: {', '.join(missing)}")
                yield from sheet.preamble()
                yield from sheet.blocks()


class OwnPayments(_OwnRecords, table=contracts.PAYMENTS):
    """Attempts to pay."""

    version = 3


class OwnRefunds(_OwnRecords, table=contracts.REFUNDS):
    """Refunds of payments."""


class OwnDisputes(_OwnRecords, table=contracts.DISPUTES):
    """Events of disputes."""


class OwnLedgerEntries(_OwnRecords, table=contracts.LEDGER_ENTRIES):
    """Posting lines of the ledger."""


class OwnChartOfAccounts(_OwnRecords, table=contracts.CHART_OF_ACCOUNTS):
    """Accounts of the ledger."""


class OwnSubscriptions(_OwnRecords, table=contracts.SUBSCRIPTIONS):
    """Subscriptions that merchants sell."""


class OwnInvoices(_OwnRecords, table=contracts.INVOICES):
    """Invoices that merchants send."""


class OwnTransfers(_OwnRecords, table=contracts.TRANSFERS):
    """Transfers of marketplaces to their sellers."""


class OwnAdvances(_OwnRecords, table=contracts.ADVANCES):
    """Events of advances to merchants."""


class OwnTaxLines(_OwnRecords, table=contracts.TAX_LINES):
    """Taxes by jurisdiction."""


class OwnFeeContracts(_OwnRecords, table=contracts.FEE_CONTRACTS):
    """Prices that were agreed with processors."""


class OwnMerchants(_OwnRecords, table=contracts.MERCHANTS):
    """Merchants, with what the company calls their segment and where they are."""


class OwnNetworkBills(_OwnRecords, table=contracts.NETWORK_BILLS):
    """Bills of card networks by month of service."""


class OwnFxRates(_OwnRecords, table=contracts.FX_RATES):
    """Exchange rates that treasury keeps, of currencies that no central bank publishes."""


class OwnSettlementLines(_OwnRecords, table=contracts.SETTLEMENT_LINES):
    """Processors' lines that a data warehouse has already brought into the contract's columns."""


class OwnBankLines(_OwnRecords, table=contracts.BANK_LINES):
    """Bank entries that a data warehouse has already brought into the contract's columns."""


class OwnBankBalances(_OwnRecords, table=contracts.BANK_BALANCES):
    """Stated balances that a data warehouse has already brought into the contract's columns."""


class OwnDecisions(_OwnRecords, table=contracts.DECISIONS):
    """People's decisions, as the store of decisions hands them over."""

    words = _DECISION_WORDS

    def recognises(self, head: Head) -> bool:
        """Never by content: a file in the inbox does not become a decision by looking like one."""
        return False


class OwnCosts(_OwnRecords, table=contracts.COSTS):
    """Costs as people write them: by month, in major units or minor, with or without an id."""

    def missing(self, names: Collection[str]) -> list[str]:
        """A period, a driver, a currency and an amount are all it takes."""
        missing = sorted({"period", "cost_driver", "currency"}.difference(names))
        has_amount = {"amount", "amount_minor"}.intersection(names)
        return missing if has_amount else [*missing, "amount or amount_minor"]

    def columns(self) -> list[str]:
        """Those of the contract, and the amount in major units."""
        return [*super().columns(), "amount"]

    def fill(self, draft: Draft, memory: _Memory) -> None:
        """Set the columns; a record without an id is known by all that it says but the amount."""
        draft.need("period", "cost_driver", "currency")
        day = draft.date("period", "%Y-%m", "%Y-%m-%d")
        draft["period"] = pc.floor_temporal(day, unit="month")
        draft["cost_driver"], draft["category"] = draft.text("cost_driver"), draft.text("category")
        currency = draft["currency"] = draft.currency("currency")
        minor, major = draft.integer("amount_minor", pa.int64()), draft.minor("amount", currency)
        draft["amount_minor"] = pc.coalesce(minor, major)
        both_empty = pc.and_(
            pc.is_null(draft.text("amount_minor")), pc.is_null(draft.text("amount"))
        )
        draft.reject(both_empty, "the amount is empty")
        draft.reject(pc.not_equal(minor, major), "amount and amount_minor differ")
        draft["updated_at"] = self._typed(draft, self.table.columns.field("updated_at"), memory)
        self._set_cost_id(draft, memory)

    def _set_cost_id(self, draft: Draft, memory: _Memory) -> None:
        month = pc.strftime(draft["period"], "%Y-%m")
        category = draft["category"].fill_null("")
        derived = pc.binary_join_element_wise(
            month, draft["cost_driver"], category, draft["currency"], "/"
        )
        derived = pc.if_else(pc.is_null(draft.text("cost_id")), derived, None)
        draft["cost_id"] = pc.coalesce(draft.text("cost_id"), derived)
        codes = derived.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
        is_first = np.zeros(len(draft), dtype=bool)
        is_first[np.unique(codes, return_index=True)[1]] = True
        seen_before = pc.is_in(derived, pa.array(memory.cost_ids, pa.string()))
        repeated = pc.and_(pc.is_valid(derived), pc.or_(pa.array(~is_first), seen_before))
        draft.reject(repeated, "a second record for {}: give each a cost_id", derived)
        memory.cost_ids.update(derived.drop_null().to_pylist())


OWN_READERS = (
    OwnPayments(),
    OwnRefunds(),
    OwnDisputes(),
    OwnLedgerEntries(),
    OwnCosts(),
    OwnChartOfAccounts(),
    OwnSubscriptions(),
    OwnInvoices(),
    OwnTransfers(),
    OwnAdvances(),
    OwnTaxLines(),
    OwnFeeContracts(),
    OwnNetworkBills(),
    OwnMerchants(),
    OwnFxRates(),
    OwnSettlementLines(),
    OwnBankLines(),
    OwnBankBalances(),
    OwnDecisions(),
)


def _json_names(head: Head) -> set[str]:
    """The keys of the first JSON object of the head; none if it does not begin with one."""
    if head.text.lstrip().startswith("{"):
        for line in head.text.splitlines():
            with suppress(ValueError, RecursionError):
                # A bare number is JSON too, and a line of a SWIFT message may be nothing else.
                if isinstance(found := json.loads(line), dict):
                    return set(found)
    return set()


def _parquet_names(head: Head) -> set[str]:
    """The columns of a Parquet file, which its end names; none where the end is damaged."""
    try:
        return set(pq.read_schema(head.path or io.BytesIO(head.data)).names)
    except DAMAGED_PARQUET:
        return set()

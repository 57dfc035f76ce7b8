"""Amazon settlement report, flat file V2: what a marketplace collected for the company in a period.

Each line is one component of an amount: a price, a tax, a promotion, a fee. The first line of a
settlement has its total instead, which is what Amazon pays out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import exact_sums, flat, known_currency
from tieout.formats.base import ControlTotal, Finding, Head, Part, Report, Rows
from tieout.formats.delimited import BLOCK_BYTES, Delimited, Layout, names_in
from tieout.formats.draft import Block, Draft
from tieout.formats.habits import Habits

_REQUIRED = {
    "settlement-id", "deposit-date", "total-amount", "currency", "transaction-type", "order-id",
    "amount-type", "amount-description", "amount", "posted-date",
}  # fmt: skip
_KNOWN = {
    *_REQUIRED, "posted-date-time", "adjustment-id", "merchant-order-id",
    "merchant-adjustment-item-id", "settlement-start-date", "settlement-end-date",
}  # fmt: skip
# Columns of the report that say more than the contract has a place for.
_KEPT = (
    "shipment-id|marketplace-name|fulfillment-id|order-item-code|merchant-order-item-id|sku"
    "|quantity-purchased|promotion-id"
)
_DELIMITER = "\t"

# What a line is, by its type and description; the first that fits decides.
_KINDS = (
    ("reserve", r"reserve amount"),
    ("transfer", r"successful charge|payable to amazon|transfer of funds|debt recovery"),
    ("adjustment", r"/(?:fba|mcf) inventory reimbursement/|^safe-t reimbursement/"),
    (
        "fee",
        r"/itemfees/|/cost of advertising/|fees?\b|commission|storage|subscription|removal"
        "|disposal",
    ),
    ("chargeback", r"^(?:chargeback refund|a-to-z guarantee refund)/"),
    ("refund", r"^(?:refund|retrocharge)"),
    ("charge", r"^(?:order|order_retrocharge|payment)\b"),
)
# What a buyer pays or gets back is never a fee, whatever it is paid for (a restocking fee).
_OF_BUYERS = ("ItemPrice", "ItemWithheldTax", "Promotion")


class AmazonSettlement:
    """Reads the flat file V2 of any marketplace, in its own numbers and dates."""

    format: ClassVar[str] = "amazon_settlement"
    version: ClassVar[int] = 3
    source: ClassVar[str] = "amazon"
    title: ClassVar[str] = "Amazon settlement report, flat file V2 (tab-delimited)"

    def recognises(self, head: Head) -> bool:
        """A header with Amazon's column names."""
        return names_in(head, _DELIMITER) >= _REQUIRED

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines and payouts, whose amounts must be those of their lines."""
        with path.open("rb") as file:
            sheet = partial(
                Delimited,
                file,
                required=_REQUIRED,
                known=_KNOWN.__contains__,
                free=_KEPT,
                block_bytes=block_bytes,
                layout=Layout(_DELIMITER),
            )
            habits = Habits(is_american=False, because="as Amazon's European marketplaces do")
            settlements = _Settlements()
            for block in sheet().blocks():
                columns = {name: flat(block.table[name]) for name in _REQUIRED}
                for name in ("deposit-date", "posted-date"):
                    habits.add_days(pc.utf8_slice_codeunits(columns[name], 0, 10))
                for name in ("total-amount", "amount"):
                    habits.add_amounts(columns[name])
                settlements.learn(columns["settlement-id"], known_currency(columns["currency"]))
            yield from sheet().preamble()
            yield from habits.findings()
            for block in sheet().blocks():
                rows, others = _draft(block, habits, settlements).accept()
                settlements.add(rows)
                yield Rows(SETTLEMENT_LINES, rows)
                yield from others
        yield from settlements.parts()


class _Settlements:
    """Which currency each settlement is in, and what its lines come to."""

    def __init__(self) -> None:
        self.currencies: dict[str, str] = {}
        self._totals: dict[tuple[str, str], tuple[int, int]] = {}
        self._sums = Counter[tuple[str, ...]]()

    def learn(self, ids: pa.Array, currencies: pa.Array) -> None:
        """Take the currencies that these lines state; only the line with the total does."""
        pairs = pa.table({"id": ids, "currency": currencies}).drop_null()
        first = pairs.group_by("id", use_threads=False).aggregate([("currency", "first")])
        for row in first.to_pylist():
            self.currencies.setdefault(row["id"], row["currency_first"])

    def currency_of(self, ids: pa.Array) -> pa.Array:
        """The currency of each settlement."""
        places = pc.index_in(ids, pa.array(self.currencies.keys(), pa.string()))
        return pa.array(self.currencies.values(), pa.string()).take(places)

    def add(self, rows: pa.Table) -> None:
        """Add what these lines come to."""
        is_payout = pc.equal(rows["line_kind"], "payout")
        lines = rows.filter(pc.invert(is_payout))
        self._sums.update(exact_sums(lines, ["payout_id", "currency"], "net_minor"))
        totals = rows.filter(is_payout).select(
            ["payout_id", "currency", "net_minor", "source_line"]
        )
        for row in totals.to_pylist():
            stated = -row["net_minor"], row["source_line"]
            self._totals.setdefault((row["payout_id"], row["currency"]), stated)

    def parts(self) -> Iterator[Part]:
        """Each total against its lines, and which settlements these are."""
        for (settlement, currency), (stated, line) in self._totals.items():
            computed = self._sums[settlement, currency]
            yield ControlTotal(
                "settlement_equals_its_lines", settlement, currency, stated, computed, line
            )
        for settlement, currency in self._sums.keys() - self._totals.keys():
            message = f"settlement {settlement} states no total in {currency} to compare with"
            yield Finding("no_settlement_total", message)
        if names := sorted({settlement for settlement, _ in (*self._totals, *self._sums)}):
            yield Report("+".join(names))


def _draft(block: Block, habits: Habits, settlements: _Settlements) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("settlement-id")
    settlement, order = draft.text("settlement-id"), draft.text("order-id")
    currency = pc.coalesce(draft.currency("currency"), settlements.currency_of(settlement))
    draft["currency"] = currency
    draft.reject(pc.is_null(currency), "neither the line nor its settlement states a currency")
    amount, total = (draft.minor(n, currency, habits.marks) for n in ("amount", "total-amount"))
    is_payout = pc.and_(pc.is_null(draft.text("amount")), pc.is_valid(draft.text("total-amount")))
    draft.reject(pc.and_(pc.is_null(draft.text("amount")), pc.invert(is_payout)), "no amount")

    draft["processor"] = pa.repeat("amazon", len(draft))
    for name in ("report_id", "batch_id", "payout_id", "payout_reference"):
        draft[name] = settlement
    draft["payout_reference"] = pc.if_else(is_payout, settlement, None)
    net = pc.if_else(is_payout, pc.negate(total), amount)
    draft["net_minor"] = draft["gross_minor"] = draft["presentment_minor"] = net
    draft["presentment_currency"] = currency
    for name in ("interchange", "scheme_fee", "markup", "fixed_fee", "tax"):
        draft[f"{name}_minor"] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    _set_times(draft, habits, is_payout)
    _set_kind(draft, is_payout)

    is_charge = pc.equal(draft["line_kind"], "charge")
    adjustment = pc.coalesce(
        draft.text("adjustment-id"), draft.text("merchant-adjustment-item-id"), order
    )
    draft["processor_reference"] = pc.if_else(is_charge, order, adjustment)
    draft["payment_reference"] = order
    draft["merchant_reference"] = pc.coalesce(draft.text("merchant-order-id"), order)
    return draft


def _set_times(draft: Draft, habits: Habits, is_payout: pa.Array) -> None:
    """When a line was posted and a settlement paid; in UTC where no other zone is written."""
    clocks = (" %H:%M:%S%z", " %H:%M:%S", "")
    formats = [f"{habits.day}{clock}" for clock in clocks]
    posted, day, deposited = (
        draft.time(name, "UTC", *formats).utc
        for name in ("posted-date-time", "posted-date", "deposit-date")
    )
    created = draft["created_at"] = pc.if_else(is_payout, deposited, pc.coalesce(posted, day))
    draft.reject(pc.is_null(created), "the line states no time")
    draft["available_on"] = pc.if_else(is_payout, deposited, None).cast(pa.date32())


def _set_kind(draft: Draft, is_payout: pa.Array) -> None:
    words = [draft.text(n) for n in ("transaction-type", "amount-type", "amount-description")]
    raw = pc.binary_join_element_wise(*(word.fill_null("") for word in words), "/")
    raw = draft["raw_kind"] = pc.if_else(is_payout, "settlement", raw)
    type_, amount_type, draft["description"] = words
    of_buyer = pc.is_in(amount_type, pa.array(_OF_BUYERS))
    type_alone = pc.binary_join_element_wise(type_.fill_null(""), "", "/")
    telling = pc.utf8_lower(pc.if_else(of_buyer, type_alone, raw))
    kind = pa.nulls(len(draft), pa.string())
    for name, pattern in reversed(_KINDS):
        kind = pc.if_else(pc.match_substring_regex(telling, pattern), name, kind)
    reserve = pc.if_else(pc.less(draft["net_minor"], 0), "reserve_hold", "reserve_release")
    kind = pc.if_else(pc.equal(kind, "reserve"), reserve, kind)
    draft["line_kind"] = pc.if_else(is_payout, "payout", kind.fill_null("adjustment"))
    unknown = pc.and_(pc.is_null(kind), pc.invert(is_payout))
    draft.note(
        "unknown_type", unknown, "{!r} is not known; the line was taken as an adjustment", raw
    )

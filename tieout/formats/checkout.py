"""Checkout.com settlement breakdown: what a settlement is made of, line by line.

Amounts have more decimals than their currency, and only their sum is paid out in whole units. So
each line is rounded, and what rounding leaves over in a settlement is a line of its own beside its
last one. The payout itself stands in another report.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.base import Finding, Head, Part, Report, Rows
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft, translate
from tieout.money import exponent, format_minor

_HELD = "In Holding Currency"
_GROSS, _NET = f"Gross {_HELD}", f"Net {_HELD}"
_FEES = {
    f"Interchange {_HELD}": "interchange_minor",
    f"Scheme Fee {_HELD}": "scheme_fee_minor",
    f"Processing Fee {_HELD}": "markup_minor",
    f"Tax {_HELD}": "tax_minor",
}
_RESERVE = f"Reserve {_HELD}"
_REQUIRED = {
    "Client Entity ID", "Type", "Payment ID", "Processed On", "Holding Currency", "Payout ID",
    _GROSS, _NET, *_FEES, _RESERVE,
}  # fmt: skip
_KNOWN = {
    *_REQUIRED, "Reference", "Available On", "Processing Currency", "Gross In Processing Currency",
    "FX Rate Applied", "Payment Method", "Processed On UTC", "Timezone",
}  # fmt: skip
_KEPT = (
    "Client Entity Name|Processing Channel (?:ID|Name)|Deduction In Holding Currency|Payout Date"
    "|Available On UTC|Card (?:Type|Category|Product Type)|Acquirer Reference Number|Payment Type"
    "|Action ID|Net In Processing Currency|Issuer Country|Entity Country|Region|MID|Issuing Bank"
    "|Bin|Merchant Category Code|Account Funding Transaction|Entity Segment|UDF ?[1-5]"
)
_HOLD = "reserve"  # a hold or a release, as the sign says
_KINDS = {
    "charge": "charge", "partial charge": "charge", "capture": "charge",
    "partial capture": "charge", "refund": "refund", "partial refund": "refund",
    "clearing failed": "refund", "chargeback": "chargeback", "payout": "payout",
    "merchant payout": "payout", "void": "fee",
    "network token": "fee", "account updater": "fee", "tiered pricing adjustment": "fee",
    "top up": "transfer", "transfer": "transfer", "pay to card": "transfer",
    "security deposit reservation": _HOLD, "security deposit release": _HOLD,
    "operational funding reservation": _HOLD, "operational funding release": _HOLD,
    "rolling reserve": _HOLD, "adjustment": "adjustment", "invoice settlement": "adjustment",
    "cover negative position": "adjustment", "transaction amount discrepancy": "adjustment",
}  # fmt: skip
_WITH_GROSS = ("charge", "refund", "chargeback", "payout")
_BRANDS = ("visa", "mastercard", "amex", "discover", "diners", "jcb", "maestro")
# Each of the columns loses up to half a unit by rounding.
_ROUNDING_MAX = 4
_LOST = "lost"


class CheckoutBreakdown:
    """Reads the breakdown of a settlement."""

    format: ClassVar[str] = "checkout_breakdown"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "checkout"
    title: ClassVar[str] = "Checkout.com settlement breakdown (CSV)"

    def recognises(self, head: Head) -> bool:
        """A header with gross, fees and net in the currency that is held."""
        return names_in(head) >= _REQUIRED

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, what rounding left over, and which settlements they are of."""
        settlements = dict[tuple[str, str], _Settlement]()
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
                _add(settlements, rows)
                yield Rows(SETTLEMENT_LINES, _apart(rows.drop_columns([_LOST])))
                yield from others
        for _, settlement in sorted(settlements.items()):
            yield from settlement.parts()
        if settlements:
            yield Report("+".join(sorted({payout for payout, _ in settlements})))


class _Settlement:
    """What the lines of a settlement lose together by being rounded one by one."""

    def __init__(self, currency: str) -> None:
        self.currency, self.lost, self.last = currency, Decimal(0), pa.table({})

    def parts(self) -> Iterator[Part]:
        """A line of whole minor units, where they lose any."""
        over = int(self.lost.scaleb(exponent(self.currency)).quantize(Decimal(1), ROUND_HALF_EVEN))
        if not over:
            return
        amounts = dict.fromkeys(("gross_minor", "net_minor", "presentment_minor"), over)
        kept = ("processor", "account", "report_id", "payout_id", "currency", "created_at")
        (last,) = self.last.select([*kept, "source_line"]).to_pylist()
        line = {
            **last, **amounts, **dict.fromkeys(_FEES.values(), 0), "fixed_fee_minor": 0,
            "presentment_currency": self.currency, "line_kind": "adjustment",
            "raw_kind": "rounding", "line_id": f"{last['payout_id']}/{self.currency}/rounding",
        }  # fmt: skip
        fields = [field for field in SETTLEMENT_LINES.columns if field.name in line]
        fields.append(pa.field("source_line", pa.int64()))
        yield Rows(SETTLEMENT_LINES, pa.Table.from_pylist([line], pa.schema(fields)))
        yield Finding(
            "amounts_rounded",
            f"the lines of {last['payout_id']} have more decimals than {self.currency} has; what "
            f"rounding left over, {format_minor(over, self.currency)}, is a line of its own",
            last["source_line"],
        )


def _add(settlements: dict[tuple[str, str], _Settlement], rows: pa.Table) -> None:
    """Sum up what the lines of a block lose, and remember the last line of each settlement."""
    rows = rows.append_column("place", pa.array(np.arange(len(rows))))
    sums = rows.group_by(["payout_id", "currency"]).aggregate([(_LOST, "sum"), ("place", "max")])
    for each in sums.to_pylist():
        scope = each["payout_id"], each["currency"]
        settlement = settlements.setdefault(scope, _Settlement(each["currency"]))
        settlement.lost += each[f"{_LOST}_sum"]
        settlement.last = rows.slice(each["place_max"], 1)


def _apart(rows: pa.Table) -> pa.Table:
    """The lines, and what of them was held in reserve or released as lines of its own."""
    held = rows["held"].combine_chunks()
    rows, moved = rows.drop_columns(["held"]), pc.not_equal(held, 0)
    if not pc.any(moved).as_py():
        return rows
    reserves, net = rows.filter(moved), pc.negate(held.filter(moved))
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(reserves))
    values = dict.fromkeys((*_FEES.values(), "fixed_fee_minor"), zero)
    values |= dict.fromkeys(("gross_minor", "net_minor", "presentment_minor"), net)
    values["presentment_currency"] = reserves["currency"]
    values["line_kind"] = pc.if_else(pc.less(net, 0), "reserve_hold", "reserve_release")
    values["fx_rate"] = pa.nulls(len(reserves), reserves["fx_rate"].type)
    for name, column in values.items():
        reserves = reserves.set_column(reserves.column_names.index(name), name, column)
    return pa.concat_tables([rows, reserves])


def _draft(block: Block) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("Client Entity ID", "Type", "Holding Currency", "Payout ID", _GROSS, _NET)
    draft["processor"] = pa.repeat("checkout", len(draft))
    draft["account"], draft["raw_kind"] = draft.text("Client Entity ID"), draft.text("Type")
    draft["payout_id"] = draft["report_id"] = pc.utf8_upper(draft.text("Payout ID"))
    draft["payment_reference"] = draft["processor_reference"] = draft.text("Payment ID")
    draft["merchant_reference"] = draft.reference("Reference")
    method = draft["payment_method"] = draft.text("Payment Method")
    brand = pc.utf8_lower(method)
    draft["card_brand"] = pc.if_else(pc.is_in(brand, pa.array(_BRANDS)), brand, None)
    draft["created_at"] = _processed_at(draft)
    available = draft.local_time("Available On", draft.text("Available On"), "UTC").utc
    draft["available_on"] = available.cast(pa.date32())
    _set_amounts(draft)
    _set_kind(draft)
    return draft


def _processed_at(draft: Draft) -> pa.Array:
    """Times in UTC where the report has them, else local to the zone that it names."""
    exact, local = draft.text("Processed On UTC"), draft.text("Processed On")
    zone = pc.if_else(pc.is_valid(exact), "UTC", pc.coalesce(draft.text("Timezone"), "UTC"))
    return draft.local_time("Processed On", pc.coalesce(exact, local), zone).utc


def _set_amounts(draft: Draft) -> None:
    """Gross and net are rounded; what lies between is fees, and what was held in reserve.

    Whether fees are written as costs or as deductions is not said, so what adds up is taken.
    """
    currency = draft["currency"] = draft.currency("Holding Currency")
    stated, _ = draft.rounded(_GROSS, currency)
    net, lost = draft.rounded(_NET, currency)
    draft[_LOST] = lost.fill_null(0)
    parts = [draft.rounded(name, currency)[0].fill_null(0) for name in (*_FEES, _RESERVE)]
    between, told = pc.subtract(stated, net), parts[0]
    for part in parts[1:]:
        told = pc.add(told, part)
    as_costs, as_deductions = (
        pc.abs(pc.subtract(between, each)) for each in (told, pc.negate(told))
    )
    is_cost = pc.less_equal(as_costs, as_deductions)
    gap = pc.if_else(is_cost, as_costs, as_deductions)
    fits = pc.less_equal(gap, _ROUNDING_MAX)
    parts = [pc.if_else(fits, pc.if_else(is_cost, p, pc.negate(p)), 0) for p in parts]
    interchange, scheme, _, tax, held = parts
    draft["held"], draft["net_minor"] = held.fill_null(0), pc.add(net, held)
    draft["gross_minor"], draft["interchange_minor"] = stated, interchange
    draft["scheme_fee_minor"], draft["tax_minor"] = scheme, tax
    rest = pc.subtract(between, pc.add(pc.add(interchange, scheme), pc.add(tax, held)))
    draft["markup_minor"] = rest
    draft["fixed_fee_minor"] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    draft.note(
        "net_is_not_gross_minus_fee",
        pc.invert(fits).fill_null(False),
        "gross {} and net {} differ by other than the fees; the fee was taken as what lies between",
        draft.text(_GROSS),
        draft.text(_NET),
    )
    seen_currency = draft.currency("Processing Currency")
    seen, _ = draft.rounded("Gross In Processing Currency", pc.coalesce(seen_currency, currency))
    was_seen = pc.and_(pc.is_valid(seen), pc.is_valid(seen_currency))
    turned = pc.if_else(pc.less(stated, 0), pc.negate(pc.abs(seen)), pc.abs(seen))
    draft["presentment_minor"] = pc.if_else(was_seen, turned, stated)
    draft["presentment_currency"] = pc.if_else(was_seen, seen_currency, currency)
    draft["fx_rate"] = draft.rate("FX Rate Applied")


def _set_kind(draft: Draft) -> None:
    """Kinds by type; what has no amount of its own is a fee, and the sign turns some around."""
    words = pc.utf8_lower(draft["raw_kind"])
    word = pc.utf8_rtrim_whitespace(pc.replace_substring_regex(words, r"\(.*$", ""))
    known = translate(word, _KINDS)
    known = pc.if_else(pc.match_substring_regex(word, r"\bfees?$"), "fee", known)
    gross = draft["gross_minor"]
    incoming = pc.greater(pc.if_else(pc.equal(gross, 0), draft["net_minor"], gross), 0)
    reserve = pc.if_else(incoming, "reserve_release", "reserve_hold")
    kind = pc.if_else(pc.equal(known, _HOLD), reserve, known)
    won = pc.and_(pc.equal(known, "chargeback"), incoming)
    kind = pc.if_else(won, "chargeback_reversal", kind)
    # There are dozens of words for fees; none of them has a gross amount.
    may_be_fee = pc.or_(pc.is_in(known, pa.array(_WITH_GROSS)), pc.is_null(known))
    kind = pc.if_else(pc.and_(may_be_fee, pc.equal(gross, 0)), "fee", kind)
    draft["line_kind"] = kind.fill_null("adjustment")
    message = "{!r} is not known; the line was taken as an adjustment"
    draft.note("unknown_type", pc.is_null(kind), message, draft["raw_kind"])
    # A payout is one line, whichever of the reports tells it.
    is_payout = pc.equal(draft["line_kind"], "payout")
    draft["line_id"] = pc.if_else(is_payout, draft["payout_id"], None)
    draft["payout_reference"] = draft["line_id"]

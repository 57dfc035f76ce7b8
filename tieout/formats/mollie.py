"""Mollie balance transactions as its API lists them, and whether settlements and reports add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import flat
from tieout.formats.base import Finding, Head, Part, Structural
from tieout.formats.delimited import BLOCK_BYTES
from tieout.formats.documents import as_lines, documents, is_lines
from tieout.formats.draft import Block, Draft, translate
from tieout.formats.mollie_totals import NAMES, totals
from tieout.formats.structured import json_blocks, json_values

# The API wrote its name with an underscore once, and writes it with a hyphen now.
_RESOURCES = ("balance_transaction", "balance-transaction")
_AMOUNTS = ("resultAmount", "initialAmount", "deductions")
_NAMES = ["resource", "id", "type", "createdAt", "context", *_AMOUNTS, *NAMES]
_FREE = "_links|mode|status|settledAt|invoiceId|timeZone|grouping|currency|transfer.*|.*Amount"
_MOLLIE = re.compile(
    r'"resource"\s*:\s*"(?:balance[_-]transaction|balance|balance-report|settlement)"'
)
_RESERVE = "reserve"  # a hold or a release, as the sign says
_KINDS = {
    "payment": "charge",
    "capture": "charge",
    "split-payment": "transfer",
    "failed-payment": "refund",
    "refund": "refund",
    "returned-refund": "refund",
    "canceled-refund": "refund",
    "chargeback": "chargeback",
    "unauthorized-direct-debit": "chargeback",
    "chargeback-reversal": "chargeback_reversal",
    "failed-chargeback": "chargeback_reversal",
    "outgoing-transfer": "payout",
    "failed-outgoing-transfer": "payout",
    "canceled-outgoing-transfer": "payout",
    "canceled-transfer": "payout",
    "returned-transfer": "payout",
    "invoice-compensation": "fee",
    "invoice-rounding-compensation": "fee",
    "fee-prepayment": "fee",
    "payment-fee": "fee",
    "failed-payment-fee": "fee",
    "bank-charged-failure-fee": "fee",
    "reimbursement-fee": "fee",
    "platform-connected-organizations-fee": "fee",
    "managed-fee": "fee",
    "returned-managed-fee": "fee",
    "application-fee": "transfer",
    "post-payment-split-payment": "transfer",
    "incoming-transfer": "transfer",
    "topup": "transfer",
    "balance-topup": "transfer",
    "movement": "transfer",
    "cash-advance-loan": "transfer",
    "loan": "transfer",
    "repayment": "transfer",
    "balance-reserve": _RESERVE,
    "balance-reserve-return": _RESERVE,
    "rolling-reserve-hold": _RESERVE,
    "rolling-reserve-release": _RESERVE,
    "capture-rolling-reserve-release": _RESERVE,
    "api-payment-rolling-reserve-release": _RESERVE,
    "cash-collateral-issuance": _RESERVE,
    "cash-collateral-release": _RESERVE,
    "balance-correction": "adjustment",
}


class MollieBalance:
    """Reads balance transactions; balances, settlements and reports are no lines of their own."""

    format: ClassVar[str] = "mollie_balance"
    version: ClassVar[int] = 4
    source: ClassVar[str] = "mollie"
    title: ClassVar[str] = "Mollie balance transactions, settlements, reports (JSON, JSON Lines)"

    def recognises(self, head: Head) -> bool:
        """JSON objects that name themselves as resources of Mollie's balances."""
        text = head.text
        return text.lstrip()[:1] in ("{", "[") and bool(_MOLLIE.search(text))

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, and the totals of settlements and reports."""
        others = Counter[str]()
        with path.open("rb") as file:
            for item in json_blocks(_lines(file, path), _NAMES, block_bytes, free=_FREE):
                if isinstance(item, Block):
                    yield from _parts(item, others)
                else:
                    yield item
        if others:
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(others.items()))
            yield Finding("objects_without_effect", f"objects that are no rows: {counts}")


def _lines(file: BinaryIO, path: Path) -> BinaryIO:
    """The file where each line is an object; else its objects, numbered in their order."""
    if is_lines(Head.of(path, path.name), lambda found: "resource" in found):
        return file
    return as_lines([each for document in documents(file) for each in _unrolled(document)])


def _unrolled(document: Any) -> list[Any]:
    """The objects of an answer, which embeds them under the name of their kind."""
    embedded = document.get("_embedded") if isinstance(document, dict) else None
    if not isinstance(embedded, dict):
        return document if isinstance(document, list) else [document]
    lists = (each if isinstance(each, list) else [each] for each in embedded.values())
    return [each for objects in lists for each in objects]


def _parts(block: Block, others: Counter[str]) -> Iterator[Part]:
    yield from block.accounted
    kinds = flat(block.table["resource"]).fill_null("without a resource")
    is_line = pc.is_in(kinds, pa.array(_RESOURCES))
    others.update(kind[:40] for kind in kinds.filter(pc.invert(is_line)).to_pylist())
    lines = replace(block.only(is_line), accounted=())
    yield Structural(len(block.lines) - len(lines.lines))
    yield from totals(block.only(pc.invert(is_line)))
    yield from _draft(_flattened(lines)).parts()


def _flattened(block: Block) -> Block:
    """The block with value and currency of each amount as columns of their own."""
    table = block.table
    for name in _AMOUNTS:
        found = json_values(flat(block.table[name]), "$.value", "$.currency")
        for part, values in zip(("value", "currency"), found, strict=True):
            table = table.append_column(f"{name}.{part}", values)
    return replace(block, table=table)


def _draft(block: Block) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("id", "type", "createdAt", "resultAmount.value", "resultAmount.currency")
    own, type_ = draft.text("id"), draft.text("type")
    draft["processor"] = draft["report_id"] = pa.repeat("mollie", len(draft))
    draft["line_id"], draft["raw_kind"] = own, type_
    draft["created_at"] = draft.time("createdAt").utc
    _set_amounts(draft)

    known = translate(type_, _KINDS)
    reserve = pc.if_else(pc.less(draft["net_minor"], 0), "reserve_hold", "reserve_release")
    kind = pc.if_else(pc.equal(known, _RESERVE), reserve, known).fill_null("adjustment")
    draft["line_kind"] = kind
    message = "type {!r} is not known; the line was taken as an adjustment"
    draft.note("unknown_type", pc.is_null(known), message, type_)
    payment, refund, chargeback, transfer = json_values(
        _context(draft, type_), "$.paymentId", "$.refundId", "$.chargebackId", "$.transferId"
    )
    draft["payment_reference"] = payment
    draft["processor_reference"] = pc.coalesce(refund, chargeback, payment)
    payout = pc.if_else(pc.equal(kind, "payout"), pc.coalesce(transfer, own), None)
    draft["payout_id"] = draft["payout_reference"] = payout
    return draft


def _context(draft: Draft, type_: pa.Array) -> pa.Array:
    """What a transaction refers to; today it stands under its type: ``{"refund": {…}}``."""
    context, types = draft.text("context"), set(pc.unique(type_).to_pylist())
    names = [name for name in _KINDS if name in types]
    camels = (re.sub("-(.)", lambda found: found[1].upper(), name) for name in names)
    found = json_values(context, *(f"$.{camel}" for camel in camels)) if names else []
    for name, inner in zip(names, found, strict=True):
        is_inner = pc.and_(pc.equal(type_, name), pc.starts_with(inner, "{")).fill_null(False)
        context = pc.if_else(is_inner, inner, context)
    return context


def _set_amounts(draft: Draft) -> None:
    """What was left of the first amount after deductions, which are negative."""
    currency = draft["currency"] = draft.currency("resultAmount.currency")
    net = draft["net_minor"] = draft.minor("resultAmount.value", currency)
    deducted = draft.minor("deductions.value", currency).fill_null(0)
    gross = draft["gross_minor"] = pc.subtract(net, deducted)
    draft["markup_minor"] = pc.negate(deducted)
    for name in ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor", "tax_minor"):
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    seen_currency = draft.currency("initialAmount.currency")
    seen = draft.minor("initialAmount.value", seen_currency)
    draft["presentment_minor"] = pc.coalesce(seen, gross)
    draft["presentment_currency"] = pc.if_else(pc.is_valid(seen), seen_currency, currency)
    same = pc.equal(seen_currency, currency)
    differs = pc.and_(same, pc.not_equal(seen, gross)).fill_null(False)
    message = "initial amount {} and deductions {} do not come to {}; gross was taken from the net"
    texts = [
        draft.text(f"{name}.value") for name in ("initialAmount", "deductions", "resultAmount")
    ]
    draft.note("net_is_not_gross_minus_fee", differs, message, *texts)

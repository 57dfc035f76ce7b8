"""Square payouts: what the Payouts API lists, as JSON Lines or as the answers themselves.

A payout is a transfer to the company's bank, its entries are what it is made of. They come from two
endpoints, so in one file or in two.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import MINOR_MAX, exact_sums, to_integer
from tieout.formats.base import (
    ControlTotal,
    Finding,
    Head,
    Part,
    Records,
    Rows,
    Structural,
    UnreadableFile,
)
from tieout.formats.delimited import BLOCK_BYTES
from tieout.formats.draft import Block, Draft, translate
from tieout.formats.structured import json_blocks, json_values

_MONEY = ("gross_amount_money", "fee_amount_money", "net_amount_money", "amount_money")
_DETAILS = ("type_charge_details", "type_refund_details", "type_dispute_details")
_NAMES = [
    "id", "payout_id", "effective_at", "type", *_MONEY, *_DETAILS, "status", "location_id",
    "created_at", "updated_at", "arrival_date", "end_to_end_id", "destination", "version",
    "payout_fee",
]  # fmt: skip
_LISTS = ("payouts", "payout_entries")
_ANSWER_BYTES_MAX = 64 << 20  # an answer has a hundred entries at most
_RESERVE = "reserve"  # a hold or a release, as the sign says
_KINDS = {
    "CHARGE": "charge",
    "REFUND": "refund",
    "DISPUTE": "chargeback",
    "OPEN_DISPUTE": "chargeback",
    "FEE": "fee",
    "TAX_ON_FEE": "fee",
    "THIRD_PARTY_FEE": "fee",
    "THIRD_PARTY_FEE_REFUND": "fee",
    "DEPOSIT_FEE": "fee",
    "DEPOSIT_FEE_REVERSED": "fee",
    "FREE_PROCESSING": "fee",
    "PAID_SERVICE_FEE": "fee",
    "PAID_SERVICE_FEE_REFUND": "fee",
    "SUBSCRIPTION_FEE": "fee",
    "SUBSCRIPTION_FEE_PAID_REFUND": "fee",
    "SUBSCRIPTION_FEE_REFUND": "fee",
    # Sellers with gross settlement are charged for processing by entries of their own.
    "PROCESSING_FEE": "fee",
    "PROCESSING_FEE_REFUND": "fee",
    "UNDO_PROCESSING_FEE_REFUND": "fee",
    "GIFT_CARD_LOAD_FEE": "fee",
    "GIFT_CARD_LOAD_FEE_REFUND": "fee",
    "UNDO_GIFT_CARD_LOAD_FEE_REFUND": "fee",
    "LOCAL_OFFERS_FEE": "fee",
    "HOLD_ADJUSTMENT": _RESERVE,
    "RELEASE_ADJUSTMENT": _RESERVE,
    "RESERVE_HOLD": _RESERVE,
    "RESERVE_RELEASE": _RESERVE,
    "APP_FEE_REVENUE": "transfer",
    "APP_FEE_REFUND": "transfer",
    "AUTOMATIC_SAVINGS": "transfer",
    "AUTOMATIC_SAVINGS_REVERSED": "transfer",
    "MONEY_TRANSFER": "transfer",
    "MONEY_TRANSFER_REVERSAL": "transfer",
    "RETURNED_PAYOUT": "transfer",
    "SQUARE_CAPITAL_PAYMENT": "transfer",
    "SQUARE_CAPITAL_REVERSED_PAYMENT": "transfer",
    # What Square lent for a negative balance, and what it takes back of later payments.
    "PERCENTAGE_PROCESSING_ENROLLMENT": "transfer",
    "PERCENTAGE_PROCESSING_DEACTIVATION": "transfer",
    "PERCENTAGE_PROCESSING_REPAYMENT": "transfer",
    "PERCENTAGE_PROCESSING_REPAYMENT_REVERSED": "transfer",
    "CREDIT_CARD_REPAYMENT": "transfer",
    "CREDIT_CARD_REPAYMENT_REVERSED": "transfer",
    "AUTOMATIC_BITCOIN_CONVERSIONS": "transfer",
    "AUTOMATIC_BITCOIN_CONVERSIONS_REVERSED": "transfer",
    "BALANCE_FOLDERS_TRANSFER": "transfer",
    "BALANCE_FOLDERS_TRANSFER_REVERSED": "transfer",
    "GIFT_CARD_POOL_TRANSFER": "transfer",
    "GIFT_CARD_POOL_TRANSFER_REVERSED": "transfer",
    "SQUARE_PAYROLL_TRANSFER": "transfer",
    "SQUARE_PAYROLL_TRANSFER_REVERSED": "transfer",
    "ADJUSTMENT": "adjustment",
    "INITIAL_BALANCE_CHANGE": "adjustment",
    "ESCHEATMENT": "adjustment",
    "REDEMPTION_CODE": "adjustment",
    "LOCAL_OFFERS_CASHBACK": "adjustment",
    "OTHER": "adjustment",
    "OTHER_ADJUSTMENT": "adjustment",
}
_FAILED = "FAILED"
_INSIDE = {
    **dict.fromkeys(_MONEY, ("amount", "currency", "currency_code")),
    "type_charge_details": ("payment_id",),
    "type_refund_details": ("payment_id", "refund_id"),
    "type_dispute_details": ("payment_id", "dispute_id"),
}


class SquarePayouts:
    """Reads payouts and payout entries, together or each alone."""

    format: ClassVar[str] = "square_payouts"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "square"
    title: ClassVar[str] = "Square payouts and payout entries (JSON, JSON Lines)"

    def recognises(self, head: Head) -> bool:
        """The fields of an entry, or of a payout, near the beginning."""
        text = head.text.lstrip()[:20_000]
        entry = '"payout_id"' in text and '"net_amount_money"' in text
        payout = '"amount_money"' in text and '"location_id"' in text and '"po_' in text
        return text.startswith(("{", "[")) and (entry or payout)

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines and payouts, whose amounts must be those of their entries."""
        payouts = _Payouts()
        with path.open("rb") as file:
            objects, around = _objects(file)
            yield Records(around)
            yield Structural(around)
            for item in json_blocks(objects, _NAMES, block_bytes):
                if not isinstance(item, Block):
                    yield item
                    continue
                rows, others = _draft(item).accept()
                lines = payouts.add(rows)
                yield Rows(SETTLEMENT_LINES, lines)
                yield Structural(len(rows) - len(lines))
                yield from others
        yield from payouts.parts()


def _objects(file: BinaryIO) -> tuple[BinaryIO, int]:
    """The file as one object a line, and how many records stand around these objects.

    An answer of the API is one document, whose list becomes the lines, numbered from 1.
    """
    first = next((line for line in file if line.strip()), b"").removeprefix(b"\xef\xbb\xbf")
    file.seek(0)
    try:
        found = json.loads(first)
        if isinstance(found, dict) and not {*_LISTS, "payout"} & found.keys():
            return file, 0
    except ValueError:
        if not re.match(rb"\s*(?:[\[{]\s*$|\[|\{\s*\"(?:payouts?|payout_entries)\")", first):
            return file, 0
    text = file.read(_ANSWER_BYTES_MAX + 1)
    if len(text) > _ANSWER_BYTES_MAX:
        raise UnreadableFile("the file is one JSON document of more than 64 MB: send JSON Lines")
    try:
        # Numbers stay as they are written, so none passes through a float.
        document = json.loads(text.decode("utf-8-sig"), parse_float=str)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"the file is not whole JSON: {error}") from error
    objects = _listed(document)
    lines = "\n".join(json.dumps(item, ensure_ascii=False) for item in objects)
    return io.BytesIO(lines.encode("utf-8", errors="replace")), 1


def _listed(document: Any) -> list[Any]:
    """The payouts and entries of an answer, or of several in one list."""
    if isinstance(document, list):
        return [item for part in document for item in _listed(part)]
    if not isinstance(document, dict):
        return [document]
    if isinstance(document.get("payout"), dict):
        return [document["payout"]]
    lists = [document[name] for name in _LISTS if isinstance(document.get(name), list)]
    return [item for part in lists for item in part] if lists else [document]


class _Payouts:
    """What each payout states, and what its entries come to."""

    def __init__(self) -> None:
        self._stated: dict[tuple[str, str], tuple[int, int]] = {}
        self._sums = Counter[tuple[str, ...]]()
        self._failed = 0

    def add(self, rows: pa.Table) -> pa.Table:
        """The rows without payouts that failed, which moved nothing."""
        is_payout = pc.equal(rows["line_kind"], "payout")
        failed = pc.and_(is_payout, pc.equal(rows["_status"], _FAILED).fill_null(False))
        self._failed += pc.sum(failed).as_py() or 0
        rows = rows.filter(pc.invert(failed)).drop_columns(["_status"])
        is_payout = pc.equal(rows["line_kind"], "payout")
        entries = rows.filter(pc.invert(is_payout))
        self._sums.update(exact_sums(entries, ["payout_id", "currency"], "net_minor"))
        for row in rows.filter(is_payout).to_pylist():
            scope = row["payout_id"], row["currency"]
            self._stated[scope] = -row["net_minor"], row["source_line"]
        return rows

    def parts(self) -> Iterator[Part]:
        """Payouts against their entries, where the file has both."""
        for scope, (stated, line) in self._stated.items():
            if scope in self._sums:
                payout, currency = scope
                yield ControlTotal(
                    "payout_equals_its_entries", payout, currency, stated, self._sums[scope], line
                )
        if self._failed:
            message = f"{self._failed} payouts failed; they are no settlement lines"
            yield Finding("transactions_without_effect", message)


def _draft(block: Block) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("id")
    own, payout, kind = draft.text("id"), draft.text("payout_id"), draft.text("type")
    is_payout = pc.is_null(payout)
    payout = pc.coalesce(payout, own)
    draft["_status"] = draft.text("status")
    draft["line_id"], draft["payout_id"], draft["report_id"] = own, payout, payout
    draft["processor"] = pa.repeat("square", len(draft))
    draft["account"] = draft.text("location_id")
    end_to_end = pc.coalesce(draft.text("end_to_end_id"), payout)
    draft["payout_reference"] = pc.if_else(is_payout, end_to_end, None)
    draft["raw_kind"] = pc.if_else(is_payout, "PAYOUT", kind)
    effective, created = (draft.time(name).utc for name in ("effective_at", "created_at"))
    draft["created_at"] = pc.if_else(is_payout, created, effective)
    draft["available_on"] = draft.date("arrival_date", "%Y-%m-%d")
    inside = _inside(draft)
    _set_amounts(draft, inside, is_payout)

    known = translate(kind, _KINDS)
    incoming = pc.greater_equal(draft["net_minor"], 0)
    reserve = pc.if_else(incoming, "reserve_release", "reserve_hold")
    known = pc.if_else(pc.equal(known, _RESERVE), reserve, known)
    won = pc.and_(pc.equal(known, "chargeback"), incoming)
    known = pc.if_else(won, "chargeback_reversal", known)
    draft["line_kind"] = pc.if_else(is_payout, "payout", known.fill_null("adjustment"))
    message = "{!r} is not known; the line was taken as an adjustment"
    draft.note("unknown_type", pc.and_(pc.is_null(known), pc.invert(is_payout)), message, kind)

    payment = pc.coalesce(*(inside[f"{name}.payment_id"] for name in _DETAILS))
    draft["payment_reference"] = payment
    event = pc.coalesce(
        inside["type_refund_details.refund_id"], inside["type_dispute_details.dispute_id"], payment
    )
    draft["processor_reference"] = pc.if_else(is_payout, None, event)
    return draft


def _set_amounts(draft: Draft, inside: dict[str, pa.Array], is_payout: pa.Array) -> None:
    """Money is in the smallest unit of its currency already."""
    money = {name: _money(draft, inside, name) for name in _MONEY}
    (gross, _), (fee, _), (net, currency), (paid, paid_in) = money.values()
    net = pc.if_else(is_payout, pc.negate(paid), net)
    gross = pc.if_else(is_payout, net, pc.coalesce(gross, pc.add(net, fee.fill_null(0))))
    draft["currency"] = currency = pc.if_else(is_payout, paid_in, currency)
    draft["net_minor"], draft["gross_minor"] = net, gross
    draft["markup_minor"] = pc.subtract(gross, net)
    for name in ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor", "tax_minor"):
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    draft["presentment_minor"], draft["presentment_currency"] = gross, currency
    differs = pc.and_(pc.invert(is_payout), pc.not_equal(fee, draft["markup_minor"]))
    draft.note(
        "net_is_not_gross_minus_fee",
        differs.fill_null(False),
        "gross {} less fee {} is not net {}; the fee was taken as what lies between",
        gross,
        fee,
        net,
    )


def _money(draft: Draft, inside: dict[str, pa.Array], name: str) -> tuple[pa.Array, pa.Array]:
    """Amounts and their currencies; an object that is no money rejects its record."""
    amount, *codes = (inside[f"{name}.{field}"] for field in _INSIDE[name])
    code = pc.coalesce(*codes)
    values, bad = to_integer(amount, pa.int64())
    bad = pc.or_(bad, pc.greater(pc.abs(values), MINOR_MAX).fill_null(False))
    text = draft.text(name)
    bad = pc.or_(bad, pc.and_(pc.is_valid(text), pc.is_null(amount)))
    draft.reject(bad, f"{name}: {{!r}} is not an amount", text)
    return pc.if_else(bad, None, values), draft.code(f"{name}.currency", code)


def _inside(draft: Draft) -> dict[str, pa.Array]:
    """The fields of the objects in the records as text, by ``object.field``."""
    inside: dict[str, pa.Array] = {}
    for name, fields in _INSIDE.items():
        found = json_values(draft.text(name), *(f"$.{field}" for field in fields))
        inside |= {f"{name}.{field}": each for field, each in zip(fields, found, strict=True)}
    return inside

"""Stripe's objects of money as canonical rows, whether the API tells them or a warehouse.

The API writes a reference as ``charge`` (an id, or the whole object where it was expanded) and a
time as seconds; a warehouse writes ``charge_id`` and a date. All else is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import DISPUTES, PAYMENTS, REFUNDS, SETTLEMENT_LINES, TIMESTAMP
from tieout.formats.amounts import MINOR_MAX, flat
from tieout.formats.base import Part, Rows
from tieout.formats.draft import Block, Draft
from tieout.formats.stripe import set_line_kind
from tieout.formats.structured import json_values

# What each object is told by. All other fields stay in `extra`.
_REFERENCES = (
    "balance_transaction", "charge", "payment_intent", "customer", "invoice", "source", "payout",
    "failure_balance_transaction", "connected_account",
)  # fmt: skip
_TIMES = ("created", "available_on", "arrival_date", "_fivetran_synced")
_FIELDS = (
    "object", "id", "amount", "fee", "net", "currency", "description", "exchange_rate",
    "reporting_category", "type", "status", "amount_captured", "captured", "outcome",
    "outcome_type", "failure_code", "payment_method_details", "reason",
)  # fmt: skip
FIELDS = (*_FIELDS, *_TIMES, *_REFERENCES, *(f"{name}_id" for name in _REFERENCES))

# The API has ids of kinds; where the reporting category is not told, the type is what there is.
_CATEGORIES = {
    "charge": r"^(?:charge|payment)$",
    "refund": r"^(?:refund|payment_refund)$",
    "charge_failure": r"^payment_failure_refund$",
    "refund_failure": r"^refund_failure$",
    "payout": r"^payout$",
    "payout_reversal": r"^payout_(?:cancel|failure)$",
    "fee": r"^(?:stripe_fee|stripe_fx_fee|tax_fee)$",
    "platform_earning": r"^application_fee$",
    "platform_earning_refund": r"^application_fee_refund$",
    "transfer": r"^(?:transfer|payment_transfer)",
    "topup": r"^topup$",
    "topup_reversal": r"^topup_reversal$",
    "connect_reserved_funds": r"^(?:reserve_transaction|reserved_funds|connect_reserved_funds)$",
    "payout_minimum_balance_hold": r"^payout_minimum_balance_hold$",
    "payout_minimum_balance_release": r"^payout_minimum_balance_release$",
}
_METHOD = {
    "method": "$.type",
    "card_brand": "$.card.brand",
    "funding": "$.card.funding",
    "issuer_country": "$.card.country",
    "card_fingerprint": "$.card.fingerprint",
}
_SECONDS = r"^[0-9]{9,10}$"
# Currencies whose smallest unit in Stripe's API is not that of ISO 4217: the factor to it.
_HUNDREDTHS, _WHOLE = ("ISK", "UGX"), ("MGA",)
# Room for a hundred times as much, and for sums of three.
AMOUNT_MAX = MINOR_MAX // 100
_NO_FEE = ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor", "tax_minor")


def readable(block: Block) -> Block:
    """The block with times as ISO 8601 and references as ids; each as what the API calls it."""
    table = block.table
    for name in _TIMES:
        if name in table.column_names:
            table = _with(table, name, _iso(flat(table[name])))
    for name in _REFERENCES:
        texts = [flat(table[n]) for n in (name, f"{name}_id") if n in table.column_names]
        if texts:
            table = _with(table, f"{name}:object", texts[0])
            table = _with(table, name, pc.coalesce(*map(_id, texts)))
    return replace(block, table=table)


def settlement_lines(block: Block) -> Iterator[Part]:
    """Balance transactions. They are versions of the lines of Stripe's reports."""
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("id", "amount", "fee", "net", "currency", "created")
    _set_origin(draft)
    draft["line_id"] = draft.text("id")
    told = draft.text("reporting_category")
    draft["raw_kind"] = pc.coalesce(told, category_of(draft.text("type")))
    draft["available_on"] = draft.time("available_on").utc.cast(pa.date32())
    draft["description"], source = draft.text("description"), draft.text("source")
    currency = draft["currency"] = draft.currency("currency")
    stated, fee, net = (_minor(draft, name, currency) for name in ("amount", "fee", "net"))
    gross = pc.add(net, fee)
    differs = pc.not_equal(stated, gross).fill_null(False)
    texts = [*map(draft.text, ("amount", "fee", "net")), currency]
    message = "amount {} less fee {} is not net {} {}; gross was taken as net plus fee"
    draft.note("net_is_not_gross_minus_fee", differs, message, *texts)
    draft.keep("stated_gross", pc.if_else(differs, draft.text("amount"), None))
    _set_amounts(draft, gross, fee, net)
    rate = draft["fx_rate"] = draft.rate("exchange_rate")
    converted = pc.not_equal(rate, pa.scalar(1, rate.type)).fill_null(False)
    message = "converted at {}, and what the payer saw is not stated; the settled amount was taken"
    draft.note("presentment_not_stated", converted, message, rate)
    set_line_kind(draft)

    is_payout = pc.is_in(draft["raw_kind"], pa.array(["payout", "payout_reversal"]))
    payout = draft["payout_id"] = pc.coalesce(
        pc.if_else(is_payout, source, None), draft.text("payout")
    )
    draft["payout_reference"] = payout
    draft["report_id"] = pc.coalesce(payout, draft["processor"])
    [expanded] = json_values(draft.text("source:object"), "$.charge")
    is_charge = pc.match_substring_regex(source, "^(?:ch|py)_").fill_null(False)
    draft["payment_reference"] = pc.coalesce(pc.if_else(is_charge, source, None), expanded)
    draft["processor_reference"] = source
    yield from draft.parts()


def payments(block: Block) -> Iterator[Part]:
    """Charges: each is one attempt of its payment intent, or a payment by itself."""
    draft = Draft(PAYMENTS, block)
    draft.need("id", "amount", "currency", "created", "status")
    own = draft["attempt_id"] = draft["processor_reference"] = draft.text("id")
    draft["payment_id"] = pc.coalesce(draft.text("payment_intent"), own)
    draft["attempt_no"] = pa.repeat(pa.scalar(1, pa.int32()), len(draft))
    draft["processor"] = pa.repeat("stripe", len(draft))
    draft["created_at"] = draft.time("created").utc
    draft["updated_at"] = draft.time("_fivetran_synced").utc
    draft["customer_token"], draft["invoice_id"] = draft.text("customer"), draft.text("invoice")
    draft["decline_code"] = draft.text("failure_code")

    currency = draft["currency"] = draft.currency("currency")
    amount = draft["amount_minor"] = _minor(draft, "amount", currency)
    outcome = draft.text("outcome_type")
    outcome = pc.coalesce(outcome, *json_values(draft.text("outcome"), "$.type"))
    status = draft.choice("status", ("succeeded", "pending", "failed"))
    is_captured = pc.and_(
        pc.equal(status, "succeeded"), pc.equal(pc.utf8_lower(draft.text("captured")), "true")
    ).fill_null(False)
    refused = pc.if_else(pc.is_in(outcome, pa.array(["blocked", "invalid"])), outcome, "declined")
    open_ = pc.if_else(pc.equal(status, "pending"), "created", "authorised")
    done = pc.if_else(is_captured, "captured", open_)
    draft["status"] = pc.if_else(pc.equal(status, "failed"), refused, done)
    stated = _minor(draft, "amount_captured", currency)
    none = pc.and_(is_captured, pc.equal(stated, 0)).fill_null(False)
    message = "captured, but amount_captured is 0; the whole amount was taken"
    draft.note("captured_amount_not_stated", none, message)
    captured = pc.if_else(none, amount, pc.coalesce(stated, amount))
    draft["captured_minor"] = pc.if_else(is_captured, captured, pa.scalar(0, pa.int64()))

    details = json_values(draft.text("payment_method_details"), *_METHOD.values())
    for column, values in zip(_METHOD, details, strict=True):
        draft[column] = values
    yield from draft.parts()


def refunds(block: Block) -> Iterator[Part]:
    """Refunds; one that failed after its money had left comes back as a second row."""
    draft = Draft(REFUNDS, block)
    draft.need("id", "amount", "currency", "created")
    _set_event(draft)
    draft["refund_id"] = draft["processor_reference"]
    draft["refund_stage"] = pa.repeat("refund", len(draft))
    status = draft.choice(
        "status", ("succeeded", "pending", "failed", "canceled", "requires_action")
    )
    ended = pc.is_in(status, pa.array(["failed", "canceled"]))
    draft["_back"] = pc.or_(pc.is_valid(draft.text("failure_balance_transaction")), ended)
    rows, others = draft.accept()
    back = rows.filter(rows["_back"])
    back = _with(back, "refund_id", pc.binary_join_element_wise(back["refund_id"], "reversal", "/"))
    back = _with(back, "refund_stage", pa.repeat("reversal", len(back)))
    for part in (rows, back):
        yield Rows(REFUNDS, part.drop_columns(["_back"]))
    yield from others


def disputes(block: Block) -> Iterator[Part]:
    """Disputes: the chargeback, and what came of it where its status says so."""
    draft = Draft(DISPUTES, block)
    draft.need("id", "amount", "currency", "created", "status")
    _set_event(draft)
    draft["dispute_event_id"] = draft["processor_reference"]
    status = draft["_status"] = draft.text("status")
    inquiry = pc.or_(pc.starts_with(status, "warning_"), pc.equal(status, "prevented"))
    draft["stage"] = pc.if_else(inquiry, "inquiry", "chargeback")
    rows, others = draft.accept()
    yield Rows(DISPUTES, rows.drop_columns(["_status"]))
    for end, stages in (("won", ("reversal", "won")), ("lost", ("lost",))):
        ended = rows.filter(pc.equal(rows["_status"], end)).drop_columns(["_status"])
        for stage in stages:
            ids = pc.binary_join_element_wise(ended["processor_reference"], stage, "/")
            events = _with(ended, "dispute_event_id", ids)
            yield Rows(DISPUTES, _with(events, "stage", pa.repeat(stage, len(events))))
    yield from others


def payouts(block: Block) -> Iterator[Part]:
    """Payouts, as the lines that their balance transactions are; one that failed came back."""
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("id", "amount", "currency", "created", "arrival_date")
    _set_origin(draft)
    own = draft.text("id")
    for name in ("report_id", "payout_id", "payout_reference", "processor_reference"):
        draft[name] = own
    draft["line_id"] = pc.coalesce(draft.text("balance_transaction"), own)
    draft["raw_kind"] = draft["line_kind"] = pa.repeat("payout", len(draft))
    draft["description"] = draft.text("description")
    draft["available_on"] = draft.time("arrival_date").utc.cast(pa.date32())
    currency = draft["currency"] = draft.currency("currency")
    paid = pc.negate(_minor(draft, "amount", currency))
    _set_amounts(draft, paid, pa.repeat(pa.scalar(0, pa.int64()), len(draft)), paid)
    failure = draft["_failure"] = draft.text("failure_balance_transaction")
    ended = pc.is_in(draft.text("status"), pa.array(["failed", "canceled"]))
    draft.note(
        "payout_not_returned",
        pc.and_(ended, pc.is_null(failure)),
        "the payout is {}, but no balance transaction returns its money",
        draft.text("status"),
    )
    rows, others = draft.accept()
    back = rows.filter(pc.is_valid(rows["_failure"]))
    for name in ("gross_minor", "net_minor", "presentment_minor"):
        back = _with(back, name, pc.negate(back[name]))
    back = _with(back, "line_id", back["_failure"])
    back = _with(back, "raw_kind", pa.repeat("payout_reversal", len(back)))
    for part in (rows, back):
        yield Rows(SETTLEMENT_LINES, part.drop_columns(["_failure"]))
    yield from others


def _set_origin(draft: Draft) -> None:
    draft["processor"] = pa.repeat("stripe", len(draft))
    draft["account"] = draft.text("connected_account")
    draft["created_at"] = draft.time("created").utc


def _set_event(draft: Draft) -> None:
    """What refunds and disputes have in common; their amounts have no sign."""
    draft["processor"] = pa.repeat("stripe", len(draft))
    draft["processor_reference"] = draft.text("id")
    payment = pc.coalesce(draft.text("payment_intent"), draft.text("charge"))
    draft.reject(pc.is_null(payment), "neither payment_intent nor charge is stated")
    draft["payment_id"] = payment
    currency = draft["currency"] = draft.currency("currency")
    amount = draft["amount_minor"] = _minor(draft, "amount", currency)
    draft.reject(pc.less(amount, 0), "amount: {} is below zero", amount)
    draft["created_at"] = draft.time("created").utc
    draft["updated_at"] = draft.time("_fivetran_synced").utc
    draft["reason"] = draft.text("reason")


def _set_amounts(draft: Draft, gross: pa.Array, fee: pa.Array, net: pa.Array) -> None:
    draft["gross_minor"], draft["markup_minor"], draft["net_minor"] = gross, fee, net
    draft["presentment_minor"], draft["presentment_currency"] = gross, draft["currency"]
    for name in _NO_FEE:
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))


def _minor(draft: Draft, name: str, currency: pa.Array) -> pa.Array:
    """An amount in the smallest unit that Stripe has for its currency, in that of ISO 4217."""
    amount = draft.integer(name, pa.int64())
    fits = pc.and_(pc.less_equal(amount, AMOUNT_MAX), pc.greater_equal(amount, -AMOUNT_MAX))
    draft.reject(pc.invert(fits), f"{name}: {{}} is too large an amount", amount)
    amount = pc.if_else(fits, amount, None)
    hundredths = pc.is_in(currency, pa.array(_HUNDREDTHS))
    units = pc.divide(amount, 100)
    broken = pc.and_(hundredths, pc.not_equal(pc.multiply(units, 100), amount)).fill_null(False)
    draft.reject(broken, f"{name}: {{}} hundredths are no whole {{}}", amount, currency)
    whole = pc.is_in(currency, pa.array(_WHOLE))
    return pc.if_else(hundredths, units, pc.if_else(whole, pc.multiply(amount, 100), amount))


def category_of(kind: pa.Array) -> pa.Array:
    """The reporting category that a type of balance transaction comes to; the type where none."""
    known = kind
    for category, pattern in _CATEGORIES.items():
        known = pc.if_else(pc.match_substring_regex(kind, pattern), category, known)
    return known


def _iso(text: pa.Array) -> pa.Array:
    """Seconds since 1970 as ISO 8601; what is none stays as it is."""
    seconds = pc.if_else(pc.match_substring_regex(text, _SECONDS), text, None).cast(pa.int64())
    stamps = seconds.cast(pa.timestamp("s", "UTC")).cast(TIMESTAMP)
    return pc.coalesce(pc.strftime(stamps, "%Y-%m-%dT%H:%M:%SZ"), text)


def _id(text: pa.Array) -> pa.Array:
    """The id of an object, where a reference was expanded to the object itself."""
    [inside] = json_values(text, "$.id")
    return pc.if_else(pc.starts_with(text, "{"), inside, text)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)

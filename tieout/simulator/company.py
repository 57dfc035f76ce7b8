"""What the company itself exports of a month: payments, refunds, disputes, ledger and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tieout.contracts import DISPUTES, MERCHANTS, PAYMENTS, REFUNDS
from tieout.simulator.draws import SMALL, Bits, Draws, Ints, tokens
from tieout.simulator.events import CHARGEBACK, REFUND, RETURNED_REFUND, REVERSAL, Events
from tieout.simulator.identifiers import (
    attempt_ids,
    charge_references,
    event_ids,
    merchant_ids,
    payment_ids,
    references,
)
from tieout.simulator.incidents import Incident, regions
from tieout.simulator.months import Month
from tieout.simulator.payments import (
    AUTHORISED,
    BRANDS,
    CAPTURED,
    DECLINES,
    FUNDINGS,
    INVALID,
    METHODS,
    STATUSES,
    Attempts,
)
from tieout.simulator.phases import COUNTRIES, CURRENCIES, MARKETS, PROCESSORS, REGIONS, phase_of
from tieout.simulator.schedule import DAY, seconds
from tieout.simulator.text import csv, json_lines, names, timestamps

_CUSTOMERS = 400  # of each merchant
# By the number of a merchant: the lower it is, the more it sells.
_SEGMENTS, _SEGMENT_BELOW = ("enterprise", "mid_market", "small"), (10, 200)
_REFUND_REASONS = ("requested_by_customer", "duplicate", "fraudulent")
_DISPUTE_REASONS = ("fraudulent", "product_not_received", "unrecognized", "credit_not_processed")
# What each cost driver is made of, in percent.
_CATEGORIES = {
    "infrastructure": {"compute": 46, "storage": 22, "network": 18, "tooling": 14},
    "people": {"engineering": 58, "operations": 24, "general": 18},
    "compliance": {"licences": 35, "audit": 30, "monitoring": 35},
    "fraud": {"losses": 60, "screening": 40},
    "support": {"agents": 75, "tooling": 25},
}


def csv_export(table: pa.Table) -> bytes:
    """A table as the company's own CSV: moments with their offset, nothing that needs a quote."""
    return csv({name: _as_text(table[name]) for name in table.column_names})


def jsonl_export(table: pa.Table) -> bytes:
    """A table as JSON Lines; what is null is left empty."""
    columns = {
        name: column if pa.types.is_integer(column.type) else _as_text(column)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return json_lines(columns)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("s", tz="UTC")), "%Y-%m-%dT%H:%M:%S+00:00")
    return column.cast(pa.string())


def parquet(table: pa.Table) -> bytes:
    """A Parquet file; nothing in it depends on when or where it was written."""
    buffer = BytesIO()
    text = [field.name for field in table.schema if pa.types.is_string(field.type)]
    # Ids do not repeat, so a dictionary of them, or packing, would only cost time.
    repeating = [name for name in text if not name.endswith(("_id", "_token", "reference"))]
    packed = {name: "zstd" if name in repeating else "none" for name in table.schema.names}
    pq.write_table(table, buffer, compression=packed, use_dictionary=repeating)
    return buffer.getvalue()


def refunds(draws: Draws, parts: Sequence[tuple[Attempts, Events]]) -> pa.Table:
    """The refunds of several months' payments, and those that came back, as one export."""
    tables = [
        _refunds(draws, attempts, happened.where(happened.kind == kind), kind)
        for attempts, happened in parts
        for kind in (REFUND, RETURNED_REFUND)
    ]
    order = [("created_at", "ascending"), ("refund_id", "ascending")]
    return pa.concat_tables(tables).sort_by(order)


def disputes(draws: Draws, parts: Sequence[tuple[Attempts, Events]]) -> pa.Table:
    """The events of disputes about several months' payments as one export."""
    tables = []
    for attempts, happened in parts:
        chargebacks = happened.where(happened.kind == CHARGEBACK)
        reversals = happened.where(happened.kind == REVERSAL)
        tables += [
            _disputes(draws, attempts, chargebacks, "chargeback", CHARGEBACK),
            _disputes(draws, attempts, reversals, "reversal", REVERSAL),
            *_correspondence(draws, attempts, chargebacks, reversals),
        ]
    order = [("created_at", "ascending"), ("dispute_event_id", "ascending")]
    return pa.concat_tables(tables).sort_by(order)


def _refunds(draws: Draws, attempts: Attempts, own: Events, kind: int) -> pa.Table:
    chosen = attempts.take(own.row)
    reason = draws.pick("refund.reason", own.index, (85, 8, 7))
    columns = {
        "refund_id": event_ids(draws, kind, own.index),
        "payment_id": payment_ids(draws, chosen.payment),
        "amount_minor": pa.array(own.amount),
        "currency": names(chosen.currency, CURRENCIES),
        "created_at": timestamps(own.at),
        "refund_stage": pa.repeat("refund" if kind == REFUND else "reversal", len(own.row)),
        "processor": names(chosen.processor, PROCESSORS),
        "processor_reference": references(draws, kind, own.index, chosen.processor),
        "reason": names(reason, _REFUND_REASONS),
        "updated_at": timestamps(own.at + 1),
    }
    return pa.table(columns, schema=REFUNDS.columns)


def _disputes(
    draws: Draws, attempts: Attempts, own: Events, stage: str, kind: int | None = None
) -> pa.Table:
    """Events of one stage; those that move money have the processor's name of the movement."""
    chosen = attempts.take(own.row)
    reason = draws.pick("dispute.reason", own.index, (60, 20, 14, 6))
    if kind is None:
        ids = tokens("dsp_", draws.bits(f"dispute.{stage}.id", own.index), SMALL)
        reference = references(draws, CHARGEBACK, own.index, chosen.processor)
    else:
        ids = event_ids(draws, kind, own.index)
        reference = references(draws, kind, own.index, chosen.processor)
    columns = {
        "dispute_event_id": ids,
        "payment_id": payment_ids(draws, chosen.payment),
        "amount_minor": pa.array(own.amount),
        "currency": names(chosen.currency, CURRENCIES),
        "stage": pa.repeat(stage, len(own.row)),
        "created_at": timestamps(own.at),
        "processor": names(chosen.processor, PROCESSORS),
        "processor_reference": reference,
        "reason": names(reason, _DISPUTE_REASONS),
        "updated_at": timestamps(own.at + 1),
    }
    return pa.table(columns, schema=DISPUTES.columns)


def _correspondence(
    draws: Draws, attempts: Attempts, chargebacks: Events, reversals: Events
) -> list[pa.Table]:
    """The stages around the money: what was asked before, answered, and decided in the end."""
    asked = chargebacks.where(draws.chance("dispute.inquiry", chargebacks.index, 3000))
    inquiry = replace(asked, at=asked.at - DAY)
    was_won = np.isin(chargebacks.index, reversals.index)
    was_answered = was_won | draws.chance("dispute.answer", chargebacks.index, 4000)
    answered = chargebacks.where(was_answered)
    representment = replace(answered, at=_later_that_day(answered.at, 3600))
    return [
        _disputes(draws, attempts, inquiry, "inquiry"),
        _disputes(draws, attempts, representment, "representment"),
        _disputes(draws, attempts, replace(reversals, at=_later_that_day(reversals.at, 60)), "won"),
    ]


def _later_that_day(at: Ints, seconds: int) -> Ints:
    """Moments so much later, but not on another day: what comes after the end has not happened."""
    later: Ints = np.minimum(at + seconds, at // DAY * DAY + DAY - 1)
    return later


def _customers(draws: Draws, month: Attempts) -> Bits:
    """A number for each attempt's payer: every merchant has some customers who come back."""
    known = draws.below("customer", month.likeness, _CUSTOMERS)
    return draws.bits("customer.id", (month.merchant * _CUSTOMERS + known).astype(np.uint64))


def payments(draws: Draws, every: Attempts, incidents: Sequence[Incident]) -> pa.Table:
    """The attempts that the company knows of, as its own records have them."""
    month = every.take(np.flatnonzero(every.is_recorded))
    was_captured = month.is_seen_captured
    # What was captured without the company's knowledge is an authorisation to it.
    status = np.where((month.status == CAPTURED) & ~was_captured, AUTHORISED, month.status)
    sent = month.status != INVALID
    answered = month.status >= AUTHORISED
    authorised_at = month.created_at + 1
    customer = _customers(draws, month)
    reference = charge_references(draws, month.index, month.processor)
    of_market = np.array([market.region for market in MARKETS])[month.market]
    region, region_names = regions(incidents, of_market, month.created_at, REGIONS)
    columns = {
        "attempt_id": attempt_ids(draws, month.index),
        "payment_id": payment_ids(draws, month.payment),
        "attempt_no": pa.array(month.attempt_no.astype(np.int32)),
        "amount_minor": pa.array(month.amount),
        "captured_minor": pa.array(np.where(was_captured, month.captured, 0)),
        "currency": names(month.currency, CURRENCIES),
        "status": names(status, STATUSES),
        "created_at": timestamps(month.created_at),
        "merchant_id": merchant_ids(month.merchant),
        "customer_token": tokens("cus_", customer, SMALL),
        "region": names(region, region_names),
        "processor": names(month.processor, PROCESSORS),
        "processor_reference": pc.if_else(pa.array(sent), reference, None),
        "method": names(month.method, METHODS),
        "card_brand": names(month.brand, BRANDS),
        "funding": names(month.funding, FUNDINGS),
        "issuer_country": names(month.issuer, COUNTRIES),
        "decline_code": names(month.decline, DECLINES),
        # It knows which attempts are of one payment, so nothing else has to tell.
        "invoice_id": pa.nulls(len(month.index), pa.string()),
        "card_fingerprint": pa.nulls(len(month.index), pa.string()),
        "authorised_at": timestamps(authorised_at, ~answered),
        "captured_at": timestamps(month.captured_at, ~was_captured),
        "updated_at": timestamps(np.where(was_captured, month.captured_at, authorised_at)),
    }
    return pa.table(columns, schema=PAYMENTS.columns)


def merchants(month: Month, tried: Attempts) -> pa.Table:
    """The merchants that sold something in a month, as they were at its beginning."""
    numbers, first = np.unique(tried.merchant, return_index=True)
    segment = np.searchsorted(_SEGMENT_BELOW, numbers, side="right")
    columns = {
        "merchant_id": merchant_ids(numbers),
        "segment": names(segment, _SEGMENTS),
        "merchant_name": pa.nulls(len(numbers), pa.string()),
        "country": names(tried.market[first], COUNTRIES),
        "mcc": pa.nulls(len(numbers), pa.string()),
        "updated_at": timestamps(np.full(len(numbers), seconds(month.first_day))),
    }
    return pa.table(columns, schema=MERCHANTS.columns)


def costs_csv(draws: Draws, costs: Sequence[tuple[Month, int]]) -> tuple[bytes, int]:
    """The costs of the months of one year, by driver and category; they add up exactly."""
    rows: list[tuple[Month, str, str, int]] = []
    for month, total in costs:
        for driver, driver_minor in split(total, phase_of(month).cost_shares).items():
            for category, minor in split(driver_minor, _CATEGORIES[driver]).items():
                rows.append((month, driver, category, minor))
    per_month = len(rows) // len(costs)
    numbers = [row[0].ordinal * 100 + place % per_month for place, row in enumerate(rows)]
    columns = {
        "period": pa.array([str(month.first_day) for month, *_ in rows]),
        "cost_driver": pa.array([row[1] for row in rows]),
        "category": pa.array([row[2] for row in rows]),
        "amount_minor": pa.array([str(row[3]) for row in rows]),
        "currency": pa.repeat("USD", len(rows)),
        "cost_id": tokens("cst_", draws.bits("cost", np.array(numbers, np.uint64)), SMALL),
    }
    return csv(columns), len(rows)


def split(total: int, shares: dict[str, int]) -> dict[str, int]:
    """A whole number in parts by shares; what rounding leaves goes to the largest remainders."""
    exact = {name: Fraction(total * share, sum(shares.values())) for name, share in shares.items()}
    parts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (parts[name] - exact[name], name))
    for name in by_remainder[: total - sum(parts.values())]:
        parts[name] += 1
    return parts

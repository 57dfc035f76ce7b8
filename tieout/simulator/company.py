"""What the company itself exports of a month: payments, refunds, disputes, ledger and costs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tieout.contracts import DISPUTES, PAYMENTS, REFUNDS
from tieout.simulator.draws import SMALL, Bits, Draws, tokens
from tieout.simulator.events import CHARGEBACK, REFUND, REVERSAL, Events
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
from tieout.simulator.text import csv, json_lines, names, offset_times, timestamps

_CUSTOMERS = 400  # of each merchant
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


def parquet(table: pa.Table) -> bytes:
    """A Parquet file; nothing in it depends on when or where it was written."""
    buffer = BytesIO()
    text = [field.name for field in table.schema if pa.types.is_string(field.type)]
    # Ids do not repeat, so a dictionary of them would only cost time and room.
    repeating = [name for name in text if not name.endswith(("_id", "_token", "reference"))]
    pq.write_table(table, buffer, compression="zstd", compression_level=1, use_dictionary=repeating)
    return buffer.getvalue()


def refunds_csv(draws: Draws, parts: Sequence[tuple[Attempts, Events]]) -> tuple[bytes, int]:
    """The refunds of several months' payments as one export, and how many there are."""
    tables = []
    for attempts, happened in parts:
        refunds = happened.where(happened.kind == REFUND)
        tables.append(pa.table(_refunds(draws, attempts, refunds)))
    table = pa.concat_tables(tables).sort_by(
        [("created_at", "ascending"), ("refund_id", "ascending")]
    )
    return csv({name: table[name] for name in table.column_names}), len(table)


def disputes_jsonl(draws: Draws, parts: Sequence[tuple[Attempts, Events]]) -> tuple[bytes, int]:
    """The disputes of several months' payments as one export, and how many there are."""
    tables = []
    for attempts, happened in parts:
        for kind in (CHARGEBACK, REVERSAL):
            disputes = happened.where(happened.kind == kind)
            tables.append(pa.table(_disputes(draws, attempts, disputes, kind)))
    order = [("created_at", "ascending"), ("dispute_event_id", "ascending")]
    table = pa.concat_tables(tables).sort_by(order)
    return json_lines({name: table[name] for name in table.column_names}), len(table)


def _refunds(draws: Draws, attempts: Attempts, refunds: Events) -> dict[str, pa.Array]:
    """Refunds as the company's own export, a text column each."""
    chosen = attempts.take(refunds.row)
    reason = draws.pick("refund.reason", refunds.index, (85, 8, 7))
    columns = {
        "refund_id": event_ids(draws, REFUND, refunds.index),
        "payment_id": payment_ids(draws, chosen.payment),
        "amount_minor": pa.array(refunds.amount).cast(pa.string()),
        "currency": names(chosen.currency, CURRENCIES),
        "created_at": offset_times(refunds.at),
        "processor": names(chosen.processor, PROCESSORS),
        "processor_reference": references(draws, REFUND, refunds.index, chosen.processor),
        "reason": names(reason, _REFUND_REASONS),
        "updated_at": offset_times(refunds.at + 1),
    }
    assert list(columns) == REFUNDS.columns.names
    return columns


def _disputes(draws: Draws, attempts: Attempts, disputes: Events, kind: int) -> dict[str, pa.Array]:
    """Chargebacks or reversals as the company's own export."""
    chosen = attempts.take(disputes.row)
    stage = "chargeback" if kind == CHARGEBACK else "reversal"
    reason = draws.pick("dispute.reason", disputes.index, (60, 20, 14, 6))
    columns = {
        "dispute_event_id": event_ids(draws, kind, disputes.index),
        "payment_id": payment_ids(draws, chosen.payment),
        "amount_minor": pa.array(disputes.amount),
        "currency": names(chosen.currency, CURRENCIES),
        "stage": pa.repeat(stage, len(disputes.row)),
        "created_at": offset_times(disputes.at),
        "processor": names(chosen.processor, PROCESSORS),
        "processor_reference": references(draws, kind, disputes.index, chosen.processor),
        "reason": names(reason, _DISPUTE_REASONS),
        "updated_at": offset_times(disputes.at + 1),
    }
    assert list(columns) == DISPUTES.columns.names
    return columns


def _customers(draws: Draws, month: Attempts) -> Bits:
    """A number for each attempt's payer: every merchant has some customers who come back."""
    known = draws.below("customer", month.likeness, _CUSTOMERS)
    return draws.bits("customer.id", (month.merchant * _CUSTOMERS + known).astype(np.uint64))


def payments_table(draws: Draws, month: Attempts, incidents: Sequence[Incident]) -> pa.Table:
    """The attempts as the company's own export of `payments`."""
    sent = month.status != INVALID
    answered = month.status >= AUTHORISED
    was_captured = month.status == CAPTURED
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
        "captured_minor": pa.array(month.captured),
        "currency": names(month.currency, CURRENCIES),
        "status": names(month.status, STATUSES),
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
        "authorised_at": timestamps(authorised_at, ~answered),
        "captured_at": timestamps(month.captured_at, ~was_captured),
        "updated_at": timestamps(np.maximum(month.captured_at, authorised_at)),
    }
    return pa.table(columns, schema=PAYMENTS.columns)


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

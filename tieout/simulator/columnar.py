"""Processors' lines as a data warehouse would hold them: Parquet in the columns of the contract.

The text formats are what the platform is for; this form says the same without them, for benchmarks
of what comes after reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import RATE, SETTLEMENT_LINES
from tieout.simulator.draws import Draws
from tieout.simulator.exchange import ONE
from tieout.simulator.identifiers import charge_references, payment_ids
from tieout.simulator.payments import BRANDS
from tieout.simulator.payouts import Payout
from tieout.simulator.phases import CURRENCIES, PROCESSORS
from tieout.simulator.reports import Report
from tieout.simulator.settlement import FEE, LABELS, RESERVE, Lines, line_ids, line_references
from tieout.simulator.text import names, timestamps

_KINDS = (
    "charge",
    "refund",
    "chargeback",
    "chargeback_reversal",
    "refund",
    "fee",
    "reserve_hold",
    "payout",
    "reserve_release",
)


def settlement_lines(draws: Draws, reports: Sequence[Report]) -> pa.Table:
    """The lines of reports as canonical settlement lines, one row a line."""
    some = Lines.concat([report.lines for report in reports])
    payouts = {payout.key: payout for report in reports for payout in report.payouts}
    name = np.repeat(np.arange(len(reports)), [len(report.lines) for report in reports])
    of_payment = pa.array(some.kind < FEE)
    released = (some.kind == RESERVE) & (some.gross > 0)
    kind = names(np.where(released, len(_KINDS) - 1, some.kind), _KINDS)
    rate = pc.multiply(
        pa.array(some.rate).cast(pa.decimal128(19, 0)), pa.scalar(Decimal(1) / Decimal(ONE))
    )
    payment = payment_ids(draws, some.payment)
    zero = pa.array(np.zeros(len(some), np.int64))
    columns = {
        "processor": names(some.processor, PROCESSORS),
        "report_id": names(name, [report.name for report in reports]),
        "line_kind": kind,
        "gross_minor": pa.array(some.gross),
        "interchange_minor": pa.array(some.interchange),
        "scheme_fee_minor": pa.array(some.scheme),
        "markup_minor": pa.array(some.markup),
        "fixed_fee_minor": zero,
        "tax_minor": zero,
        "net_minor": pa.array(some.net),
        "currency": names(some.currency, CURRENCIES),
        "presentment_minor": pa.array(some.seen),
        "presentment_currency": names(some.label, LABELS),
        "created_at": timestamps(some.at),
        "line_id": line_ids(draws, some),
        "payout_id": _of_payouts(some, payouts, "payout_id"),
        "payout_reference": _of_payouts(some, payouts, "reference"),
        "processor_reference": line_references(draws, some),
        "payment_reference": _only(
            of_payment, charge_references(draws, some.index, some.processor)
        ),
        "merchant_reference": _only(of_payment, payment),
        "raw_kind": kind,
        "card_brand": names(some.brand, BRANDS),
        "fx_rate": rate.cast(RATE),
        "available_on": pa.array(some.paid_on.astype(np.int32)).cast(pa.date32()),
    }
    missing = pa.nulls(len(some), pa.string())
    schema = SETTLEMENT_LINES.columns
    return pa.table({n: columns.get(n, missing) for n in schema.names}, schema=schema)


def _of_payouts(some: Lines, payouts: dict[int, Payout], attribute: str) -> pa.Array:
    keys, place = np.unique(some.payout_key, return_inverse=True)
    texts = [getattr(payouts[key], attribute) for key in keys.tolist()]
    return names(place, texts)


def _only(chosen: pa.Array, column: pa.Array) -> pa.Array:
    return pc.if_else(chosen, column, pa.scalar(None, pa.string()))

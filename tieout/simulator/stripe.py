"""Stripe's itemised payout reconciliation report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.simulator.draws import Draws, tokens
from tieout.simulator.events import CAPTURE
from tieout.simulator.identifiers import charge_references, payment_ids
from tieout.simulator.payments import BRANDS, FUNDINGS
from tieout.simulator.payouts import Payout, closing_lines
from tieout.simulator.phases import COUNTRIES, CURRENCIES, STRIPE
from tieout.simulator.reports import Report
from tieout.simulator.schedule import DAY, STRIPE_REPORT_DAYS, closing_day, closing_days, day_of
from tieout.simulator.settlement import FEE, LABELS, PAYOUT, Lines, line_ids, line_references
from tieout.simulator.text import Column, csv, join, money, names, times

_CATEGORIES = (
    "charge",
    "refund",
    "dispute",
    "dispute_reversal",
    "refund_failure",
    "fee",
    "risk_reserved_funds",
    "payout",
)
_DESCRIPTIONS = (
    "Order",
    "REFUND FOR CHARGE",
    "Chargeback withdrawal",
    "Chargeback reversal",
    "REFUND FAILURE",
    "Card payments: Transaction network costs",
    "Reserve",
    "STRIPE PAYOUT",
)


def file_name(paid_on: date) -> str:
    """The report that a payout of this day is in."""
    return f"stripe/payout_reconciliation_{closing_day(paid_on, STRIPE_REPORT_DAYS)}.csv"


def reports(draws: Draws, paid: Lines, payouts: list[Payout]) -> Iterator[Report]:
    """The reports of lines that were paid out, each the morning after its last day."""
    own = [payout for payout in payouts if payout.processor == STRIPE]
    if not own:
        return
    of_stripe = paid.take(paid.processor == STRIPE)
    everything = Lines.concat([of_stripe, closing_lines(own)])
    closing = closing_days(everything.paid_on, STRIPE_REPORT_DAYS)
    for day in np.unique(closing).tolist():
        lines = everything.take(closing == day)
        # A report is in no order that has to do with the payments.
        lines = lines.take(np.argsort(lines.bits(draws), kind="stable"))
        keys = set(np.unique(lines.payout_key).tolist())
        paid_out = tuple(payout for payout in own if payout.key in keys)
        yield Report(file_name(day_of(day)), lines, paid_out, (day + 1) * DAY + 6 * 3600)


def content(draws: Draws, report: Report) -> bytes:
    """The report as Stripe writes it."""
    return csv(_columns(draws, report.lines, {payout.key: payout for payout in report.payouts}))


def _columns(draws: Draws, report: Lines, payouts: dict[int, Payout]) -> dict[str, Column]:
    of_payment = pa.array(report.kind < FEE)
    payout_id = _payout_ids(report, payouts)
    charge = charge_references(draws, report.index, report.processor)
    currency = pc.utf8_lower(names(report.currency, CURRENCIES))
    is_charge = pa.array(report.kind == CAPTURE)
    payment = payment_ids(draws, report.payment)

    def only(chosen: pa.Array, column: Column | str) -> pa.Array:
        return pc.if_else(chosen, column, pa.scalar(None, pa.string()))

    source = line_references(draws, report)
    is_payout = pa.array(report.kind == PAYOUT)
    return {
        "balance_transaction_id": line_ids(draws, report),
        "created_utc": times(report.at),
        "available_on_utc": times(report.paid_on * DAY),
        "currency": currency,
        "gross": money(report.gross, report.currency),
        "fee": money(report.fees, report.currency),
        "net": money(report.net, report.currency),
        "reporting_category": names(report.kind, _CATEGORIES),
        "source_id": pc.if_else(is_payout, payout_id, source),
        "description": join(
            names(report.kind, _DESCRIPTIONS),
            pc.if_else(is_charge, join(" ", payment), ""),
        ),
        "customer_facing_amount": only(of_payment, money(report.seen, report.charged)),
        "customer_facing_currency": only(of_payment, pc.utf8_lower(names(report.label, LABELS))),
        "automatic_payout_id": payout_id,
        "automatic_payout_effective_at_utc": times(report.paid_on * DAY),
        "charge_id": only(of_payment, charge),
        "payment_intent_id": only(
            of_payment, tokens("pi_", draws.bits("intent", report.payment), width=20)
        ),
        "charge_created_utc": only(is_charge, times(report.at)),
        "payment_method_type": only(of_payment, "card"),
        "card_brand": names(report.brand, BRANDS),
        "card_funding": names(report.funding, FUNDINGS),
        "card_country": names(report.issuer, COUNTRIES),
        "statement_descriptor": only(of_payment, "TIEOUT DEMO"),
        "payment_metadata[order_id]": only(of_payment, payment),
    }


def _payout_ids(report: Lines, payouts: dict[int, Payout]) -> pa.Array:
    keys, place = np.unique(report.payout_key, return_inverse=True)
    ids = pa.array([payouts[key].payout_id for key in keys.tolist()], pa.string())
    return ids.take(pa.array(place))

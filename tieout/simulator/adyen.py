"""Adyen's settlement details report: one file for each batch of a merchant account."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.simulator.draws import Draws, Ints, Mask
from tieout.simulator.events import CAPTURE
from tieout.simulator.identifiers import charge_references, payment_ids
from tieout.simulator.payouts import Payout, closing_lines
from tieout.simulator.phases import ADYEN, CURRENCIES
from tieout.simulator.reports import Report
from tieout.simulator.schedule import DAY, central_european_offset, day_number
from tieout.simulator.settlement import (
    FEE,
    LABELS,
    MERCHANT_ACCOUNTS,
    PAYOUT,
    RESERVE,
    Lines,
    line_ids,
    line_references,
)
from tieout.simulator.text import Column, csv, join, money, names, rates, times

COMPANY_ACCOUNT = "TieoutDemo"

_TYPES = (
    "Settled",
    "Refunded",
    "Chargeback",
    "ChargebackReversed",
    "RefundedReversed",
    "Fee",
    "ReserveAdjustment",
    "MerchantPayout",
)
_METHODS = ("visa", "mc", "amex", "discover", "jcb")


def file_name(batch: int) -> str:
    """The report of a batch."""
    return f"adyen/settlement_detail_report_batch_{batch}.csv"


def reports(draws: Draws, paid: Lines, payouts: list[Payout]) -> Iterator[Report]:
    """The reports of batches that were paid out, each the morning after it was closed."""
    of_adyen = paid.take(paid.processor == ADYEN)
    for payout in payouts:
        if payout.processor != ADYEN:
            continue
        batch = of_adyen.take(of_adyen.payout_key == payout.key)
        # Within a batch the rows are in no order that has to do with the payments.
        batch = batch.take(np.argsort(batch.bits(draws), kind="stable"))
        lines = Lines.concat([batch, closing_lines([payout])])
        delivered_at = (day_number(payout.day) + 1) * DAY + 4 * 3600
        yield Report(file_name(payout.batch), lines, (payout,), delivered_at)


def content(draws: Draws, report: Report) -> bytes:
    """The report as Adyen writes it."""
    return csv(_columns(draws, report.lines, report.payouts[0]))


def _columns(draws: Draws, report: Lines, payout: Payout) -> dict[str, Column]:
    of_payment = report.kind < FEE
    is_charge = report.kind == CAPTURE
    account = MERCHANT_ACCOUNTS[payout.currency]
    offset = central_european_offset(report.at)
    has_fees = report.fees != 0

    def amount(minor: Ints, chosen: Mask) -> pa.Array:
        return _only(chosen, money(minor, report.currency))

    def seen(minor: Ints, chosen: Mask) -> pa.Array:
        return _only(chosen, money(minor, report.charged))

    blank = pa.nulls(len(report), pa.string())
    method = names(report.brand, _METHODS)
    columns: dict[str, Column] = {
        "Company Account": pa.repeat(COMPANY_ACCOUNT, len(report)),
        "Merchant Account": pa.repeat(account, len(report)),
        "Psp Reference": _only(
            of_payment, charge_references(draws, report.index, report.processor)
        ),
        "Merchant Reference": _only(of_payment, payment_ids(draws, report.payment)),
        "Payment Method": method,
        "Creation Date": times(report.at + offset),
        "TimeZone": names((offset == 7200).astype(np.int64), ("CET", "CEST")),
        "Type": names(report.kind, _TYPES),
        "Modification Reference": _modifications(draws, report, payout, account),
        "Gross Currency": _only(of_payment, names(report.label, LABELS)),
        "Gross Debit (GC)": seen(-report.seen, of_payment & (report.seen < 0)),
        "Gross Credit (GC)": seen(report.seen, of_payment & (report.seen >= 0)),
        "Exchange Rate": _only(of_payment, rates(report.rate)),
        "Net Currency": names(report.currency, CURRENCIES),
        "Net Debit (NC)": amount(-report.net, report.net < 0),
        "Net Credit (NC)": amount(report.net, report.net >= 0),
        "Commission (NC)": blank,
        "Markup (NC)": amount(report.markup, has_fees),
        "Scheme Fees (NC)": amount(report.scheme, is_charge),
        "Interchange (NC)": amount(report.interchange, is_charge),
        "Payment Method Variant": join(
            method, names(report.funding, ("credit", "debit", "prepaid"))
        ),
        "Modification Merchant Reference": blank,
        "Batch Number": pa.repeat(str(payout.batch), len(report)),
    }
    return columns | {f"Reserved{number}": blank for number in range(4, 11)}


def _only(chosen: Mask, column: Column) -> pa.Array:
    return pc.if_else(pa.array(chosen), column, pa.scalar(None, pa.string()))


def _modifications(draws: Draws, report: Lines, payout: Payout, account: str) -> pa.Array:
    """What a row is called: its own reference, or for the last two rows what they are."""
    batch = f"{account} batch {payout.batch}"
    fee = f"Transaction Fees {payout.day:%B %Y}"
    paid = f'"{payout.reference} {batch}, {batch}, {account}"'
    own = pc.if_else(
        pa.array(report.kind == CAPTURE), line_ids(draws, report), line_references(draws, report)
    )
    own = pc.if_else(pa.array(report.kind == FEE), fee, own)
    own = pc.if_else(pa.array(report.kind == RESERVE), "Reserve adjustment", own)
    return pc.if_else(pa.array(report.kind == PAYOUT), paid, own)

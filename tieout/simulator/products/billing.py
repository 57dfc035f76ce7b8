"""Subscriptions and invoices of the merchants who bill through the company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import INVOICES, SUBSCRIPTIONS
from tieout.simulator.company import _customers
from tieout.simulator.draws import SMALL, Bits, Draws, Ints, Mask, mix, tokens
from tieout.simulator.identifiers import merchant_ids, payment_ids
from tieout.simulator.ledger import Journals
from tieout.simulator.months import Month
from tieout.simulator.payments import DECLINED, Attempts
from tieout.simulator.phases import CURRENCIES, PHASES
from tieout.simulator.products.jurisdictions import rates_ppm, tax_within
from tieout.simulator.products.merchants import bills
from tieout.simulator.products.posting import Posting, Products
from tieout.simulator.schedule import DAY, seconds
from tieout.simulator.text import names, timestamps

_FIRST_PHASE = 2  # of billing
_INVOICE_STATUSES = ("open", "paid", "void")
_OPEN, _PAID, _VOID = range(3)
_VOIDED = 100  # of ten thousand paid invoices, how many had been issued wrongly before
_FEE_PER_THOUSAND = 5  # what the company takes of a paid invoice


@dataclass(frozen=True)
class _Bills:
    """The last attempts of payments that were asked for by invoice, with what they belong to.

    A subscription has at most one of them in a month: `subscription` identifies it for all time.
    """

    tried: Attempts
    customer: Bits
    subscription: Bits
    amount: Ints  # minor units of the attempt's currency
    issued_at: Ints  # seconds since 1970

    @property
    def is_paid(self) -> Mask:
        """Which of them were paid; the others were declined for good."""
        return self.tried.is_seen_captured

    def take(self, rows: Ints) -> _Bills:
        """Some of them, or some of them again."""
        return _Bills(
            self.tried.take(rows),
            self.customer[rows],
            self.subscription[rows],
            self.amount[rows],
            self.issued_at[rows],
        )


def billing(draws: Draws, month: Month, attempts: Attempts) -> Products:
    """The subscriptions that were billed in a month, their invoices, and the fees for these."""
    billed = _billed(draws, month, attempts)
    tables = {
        "subscriptions": _subscriptions(draws, billed),
        "invoices": _invoices(draws, month, billed),
    }
    return Products(tables, [_fees(draws, billed.take(np.flatnonzero(billed.is_paid)))])


def _billed(draws: Draws, month: Month, attempts: Attempts) -> _Bills:
    """What billing merchants' customers paid, or failed to pay with every attempt."""
    order = np.lexsort((attempts.attempt_no, attempts.payment))
    payment = attempts.payment[order]
    last = order[np.append(payment[1:] != payment[:-1], True)]
    tried = attempts.take(np.sort(last))
    is_asked = tried.is_seen_captured | (tried.status == DECLINED)
    tried = tried.take(np.flatnonzero(is_asked & bills(draws, tried.merchant)))
    customer = _customers(draws, tried)
    # The last attempt is made within eight hours of the first, and the invoice is older than both.
    ahead = draws.between("invoice.ahead", tried.index, DAY // 3, DAY)
    return _Bills(
        tried=tried,
        customer=customer,
        subscription=_subscription_numbers(draws, customer, tried.currency),
        amount=np.where(tried.is_seen_captured, tried.captured, tried.amount),
        issued_at=np.maximum(tried.created_at - ahead, seconds(month.first_day)),
    )


def _subscription_numbers(draws: Draws, customer: Bits, currency: Ints) -> Bits:
    """A number for each bill's subscription: the customer's first, second, … in the currency.

    Customers belong to one merchant. Who is billed twice in a month has two subscriptions.
    """
    payer = customer ^ mix(currency.astype(np.uint64))
    order = np.argsort(payer, kind="stable")
    ordered = payer[order]
    rank = np.empty(len(payer), np.int64)
    rank[order] = np.arange(len(payer)) - np.searchsorted(ordered, ordered)
    return draws.bits("subscription", payer ^ mix((rank << 32).astype(np.uint64)))


def _subscription_ids(billed: _Bills) -> pa.Array:
    return tokens("sub_", billed.subscription, SMALL)


def _invoice_ids(draws: Draws, index: Bits) -> pa.Array:
    return tokens("inv_", draws.bits("invoice.id", index), SMALL)


def _subscriptions(draws: Draws, billed: _Bills) -> pa.Table:
    """Each subscription as it was after its bill of the month."""
    tried, number = billed.tried, billed.subscription
    # What a period costs without usage: a stable share of what was asked for with it.
    percent = draws.between("subscription.percent", number, 40, 100)
    status = names(np.where(billed.is_paid, 0, 1), ("active", "past_due"))
    columns = {
        "subscription_id": _subscription_ids(billed),
        "merchant_id": merchant_ids(tried.merchant),
        "amount_minor": pa.array(np.maximum(billed.amount * percent // 100, 1)),
        "currency": names(tried.currency, CURRENCIES),
        "billing_interval": pa.repeat("month", len(number)),
        "subscription_status": status,
        "started_at": timestamps(_started_at(draws, tried.merchant, number)),
        "customer_token": tokens("cus_", billed.customer, SMALL),
        "ended_at": pa.nulls(len(number), pa.timestamp("us", tz="UTC")),
        "updated_at": timestamps(np.maximum(tried.captured_at, tried.created_at)),
    }
    return pa.table(columns, schema=SUBSCRIPTIONS.columns)


def _started_at(draws: Draws, merchant: Ints, number: Bits) -> Ints:
    """When each subscription began, the same in every month that names it.

    Merchants bring their subscriptions with them: these began in the year before the phase that
    the merchant came in, and before December, which is the first period that can be billed.
    """
    came_in = np.searchsorted([phase.merchants for phase in PHASES], merchant, side="right")
    years = [max(phase.first_year, PHASES[_FIRST_PHASE - 1].first_year) for phase in PHASES]
    before = np.array([seconds(date(year - 1, 1, 1)) for year in years], np.int64)
    started: Ints = before[came_in] + draws.below("subscription.start", number, 334 * DAY)
    return started


def _invoices(draws: Draws, month: Month, billed: _Bills) -> pa.Table:
    """The invoices of a month; a few had been issued wrongly before, over twice the amount."""
    count = len(billed.amount)
    is_voided = billed.is_paid & draws.chance("invoice.voided", billed.tried.index, _VOIDED)
    rows = np.concatenate([np.arange(count), np.flatnonzero(is_voided)])
    is_void = np.arange(len(rows)) >= count
    every = billed.take(rows)
    tried = every.tried
    status = np.where(is_void, _VOID, np.where(every.is_paid, _PAID, _OPEN))
    amount = np.where(is_void, 2 * every.amount, every.amount)
    start = seconds(month.first_day)
    issued_at = np.where(is_void, np.maximum(every.issued_at - 900, start), every.issued_at)
    wrong_ids = tokens("inv_", draws.bits("invoice.void.id", tried.index), SMALL)
    period_start = seconds(Month.from_ordinal(month.ordinal - 1).first_day)
    is_paid = status == _PAID
    columns = {
        "invoice_id": pc.if_else(pa.array(is_void), wrong_ids, _invoice_ids(draws, tried.index)),
        "merchant_id": merchant_ids(tried.merchant),
        "amount_minor": pa.array(amount),
        "currency": names(tried.currency, CURRENCIES),
        "invoice_status": names(status, _INVOICE_STATUSES),
        "issued_at": timestamps(issued_at),
        "subscription_id": _subscription_ids(every),
        "payment_id": pc.if_else(pa.array(is_paid), payment_ids(draws, tried.payment), None),
        "customer_token": tokens("cus_", every.customer, SMALL),
        "tax_minor": pa.array(tax_within(amount, rates_ppm(tried.market))),
        "period_start": timestamps(np.full(len(rows), period_start)),
        "period_end": timestamps(np.full(len(rows), start)),
        "paid_at": timestamps(tried.captured_at, ~is_paid),
        # A wrong invoice becomes void when the right one is issued.
        "updated_at": timestamps(np.where(is_paid, tried.captured_at, every.issued_at)),
    }
    return pa.table(columns, schema=INVOICES.columns)


def _fees(draws: Draws, paid: _Bills) -> Journals:
    """What the company takes of each paid invoice, rounded half up."""
    fee = (paid.amount * _FEE_PER_THOUSAND + 500) // 1000
    posting = Posting(
        index=paid.tried.index,
        currency=paid.tried.currency,
        at=paid.tried.captured_at,
        payment_id=payment_ids(draws, paid.tried.payment),
        merchant_id=merchant_ids(paid.tried.merchant),
        reference=_invoice_ids(draws, paid.tried.index),
    )
    lines = (("merchant_payable", fee), ("revenue:billing", -fee))
    return posting.journals(draws, "billing_fee", *lines)

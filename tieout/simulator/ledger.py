"""The company's own ledger: double entry, and every journal balances in its currency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tieout.contracts import LEDGER_ENTRIES
from tieout.simulator import errors as planted
from tieout.simulator.accounts import ACCOUNTS, cash, code, of_processor
from tieout.simulator.amounts import merchant_fee
from tieout.simulator.draws import SMALL, Bits, Draws, Ints, mix, tokens
from tieout.simulator.events import CAPTURE, EVENT_TYPES, REVERSAL, Events
from tieout.simulator.identifiers import event_ids, merchant_ids, payment_ids
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts
from tieout.simulator.payouts import Payout
from tieout.simulator.phases import CURRENCIES
from tieout.simulator.schedule import DAY, day_number
from tieout.simulator.text import Column, names, timestamps

_PAYABLE, _REVENUE = code("merchant_payable"), code("revenue:payments")


def file_name(month: Month) -> str:
    """The export of what was posted in a month."""
    return f"company/ledger-{month}.parquet"


@dataclass(frozen=True)
class Journals:
    """Journals of one event type, all with the same number of lines.

    `accounts` and `amounts` have a row for each line and a column for each journal.
    """

    event_type: str
    bits: Bits  # identifies a journal
    accounts: Ints
    amounts: Ints
    currency: Ints
    at: Ints
    payment_id: Column
    merchant_id: Column
    reference: Column


def event_journals(
    draws: Draws, attempts: Attempts, happened: Events, fate: Ints
) -> list[Journals]:
    """The journals of events, a group for each event type, with the errors of `fate` in them."""
    groups = []
    for kind in range(CAPTURE, REVERSAL + 1):
        own = happened.where(happened.kind == kind)
        if kind == CAPTURE:
            own = own.where(fate[own.row] != planted.POSTING_MISSING)
        payer = attempts.take(own.row)
        accounts, amounts = _postings(draws, kind, own, payer, fate[own.row])
        groups.append(
            Journals(
                event_type=EVENT_TYPES[kind],
                bits=draws.bits(f"journal.{EVENT_TYPES[kind]}", own.index),
                accounts=accounts,
                amounts=amounts,
                currency=payer.currency,
                at=own.at,
                payment_id=payment_ids(draws, payer.payment),
                merchant_id=merchant_ids(payer.merchant),
                reference=event_ids(draws, kind, own.index),
            )
        )
    return groups


def _postings(
    draws: Draws, kind: int, own: Events, payer: Attempts, fate: Ints
) -> tuple[Ints, Ints]:
    """The accounts and amounts of each event's journal."""
    payable = np.full(len(own.row), _PAYABLE)
    at_processor = of_processor("clearing", payer.processor)
    if kind != CAPTURE:
        amount = own.amount if kind == REVERSAL else -own.amount
        return np.stack([at_processor, payable]), np.stack([amount, -amount])
    delta = planted.wrong_by(draws, own.index, own.amount)
    clearing = own.amount + np.where(fate == planted.LEDGER_AMOUNT, delta, 0)
    fee = merchant_fee(own.amount, payer.currency)
    owed = clearing - fee - np.where(fate == planted.UNBALANCED, delta, 0)
    revenue = np.full(len(own.row), _REVENUE)
    accounts = np.stack([at_processor, payable, revenue])
    return accounts, np.stack([clearing, -owed, -fee])


def payout_journals(draws: Draws, payouts: list[Payout]) -> list[Journals]:
    """What the ledger posts for a payout: the processor's fees, and the money on its way."""
    key = np.array([payout.key for payout in payouts], np.uint64)
    processor = np.array([payout.processor for payout in payouts], np.int64)
    currency = np.array([payout.currency for payout in payouts], np.int64)
    fees = np.array([payout.line_fees + payout.fee for payout in payouts], np.int64)
    stated = np.array([payout.stated for payout in payouts], np.int64)
    at = np.array([day_number(payout.day) for payout in payouts], np.int64) * DAY + 21 * 3600
    nothing = pa.nulls(len(payouts), pa.string())
    cost = of_processor("processing_cost", processor)
    both = (
        ("processor_fee", cost, fees, [p.payout_id for p in payouts]),
        ("payout", cash(processor, currency), stated, [p.reference for p in payouts]),
    )
    return [
        Journals(
            event_type=event_type,
            bits=draws.bits(f"journal.{event_type}", key),
            accounts=np.stack([debited, of_processor("clearing", processor)]),
            amounts=np.stack([amount, -amount]),
            currency=currency,
            at=at,
            payment_id=nothing,
            merchant_id=nothing,
            reference=pa.array(references, pa.string()),
        )
        for event_type, debited, amount, references in both
    ]


def ledger_table(groups: list[Journals]) -> pa.Table:
    """The entries of journals, in the order in which they were posted."""
    posted = pa.concat_tables([_entries(group) for group in groups if len(group.bits)])
    order = np.argsort(posted["effective_at"].cast(pa.int64()).to_numpy(), kind="stable")
    return posted.take(pa.array(order))


def _entries(group: Journals) -> pa.Table:
    count = len(group.accounts)
    each = pa.array(np.repeat(np.arange(len(group.bits)), count))
    line = np.tile(np.arange(1, count + 1, dtype=np.uint64), len(group.bits))
    journal = np.repeat(group.bits, count)
    at = np.repeat(group.at, count)
    columns = {
        "entry_id": tokens("ent_", mix(journal) + line, SMALL),
        "journal_id": tokens("jrn_", journal, SMALL),
        "account": names(group.accounts.T.ravel(), [account.name for account in ACCOUNTS]),
        "amount_minor": pa.array(group.amounts.T.ravel()),
        "currency": names(np.repeat(group.currency, count), CURRENCIES),
        "effective_at": timestamps(at),
        "event_type": pa.repeat(group.event_type, len(at)),
        "recorded_at": timestamps(at + 2),
        "payment_id": group.payment_id.take(each),
        "merchant_id": group.merchant_id.take(each),
        "reference": group.reference.take(each),
        "updated_at": timestamps(at + 2),
    }
    return pa.table(columns, schema=LEDGER_ENTRIES.columns)


def chart_of_accounts() -> dict[str, pa.Array]:
    """The accounts of the ledger, as the company's own export."""
    texts = {
        "account": [account.name for account in ACCOUNTS],
        "name": [
            account.name.replace(":", " ").replace("_", " ").capitalize() for account in ACCOUNTS
        ],
        "account_type": [account.account_type for account in ACCOUNTS],
        "role": [account.role for account in ACCOUNTS],
        "processor": [account.processor for account in ACCOUNTS],
        "currency": [account.currency for account in ACCOUNTS],
        "updated_at": ["2009-01-01T00:00:00+00:00"] * len(ACCOUNTS),
    }
    return {name: pa.array(values, pa.string()) for name, values in texts.items()}

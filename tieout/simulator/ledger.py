"""The company's own ledger: double entry, and every journal balances in its currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from tieout.contracts import CHART_OF_ACCOUNTS, LEDGER_ENTRIES
from tieout.simulator import errors as planted
from tieout.simulator.accounts import ACCOUNTS, cash, code, of_processor
from tieout.simulator.amounts import merchant_fee
from tieout.simulator.bank import Statement
from tieout.simulator.draws import SMALL, Bits, Draws, Ints, mix, tokens
from tieout.simulator.errors import Fate
from tieout.simulator.events import CAPTURE, EVENT_TYPES, KINDS, Events
from tieout.simulator.identifiers import event_ids, merchant_ids, payment_ids
from tieout.simulator.months import FIRST_YEAR, Month
from tieout.simulator.payments import Attempts
from tieout.simulator.payouts import Payout
from tieout.simulator.phases import CURRENCIES, SETTLED_IN
from tieout.simulator.schedule import DAY, day_number
from tieout.simulator.settlement import INCOMING, UNKNOWN, Lines
from tieout.simulator.text import Column, names, timestamps

_PAYABLE, _REVENUE = code("merchant_payable"), code("revenue:payments")
_CAPITAL = code("paid_in_capital")
_EXCHANGE, _EXCHANGE_DIFFERENCE = code("currency_exchange"), code("exchange_difference")
_OPERATING_COST = code("operating_cost")
_SINCE = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


def file_name(month: Month) -> str:
    """The export of what was posted in a month, but for what the bank booked."""
    return f"company/ledger-{month}.parquet"


def cash_file_name(month: Month) -> str:
    """The export of what was posted from a month's bank statements."""
    return f"company/ledger-cash-{month}.parquet"


@dataclass(frozen=True)
class Journals:
    """Journals of one event type, all with the same number of lines.

    `accounts` and `amounts` have a row for each line and a column for each journal. There is a
    merchant for each journal, or one for each line where a journal is between two merchants: first
    those of the first journal.
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
    for kind in KINDS:
        own = happened.where(happened.kind == kind)
        if kind != CAPTURE:
            groups.append(_event_journals(draws, attempts, own, kind, fate))
            continue
        groups.append(
            _event_journals(
                draws, attempts, own.where(fate[own.row] != Fate.LEDGER_POSTING_MISSING), kind, fate
            )
        )
        twice = own.where(fate[own.row] == Fate.LEDGER_POSTING_DUPLICATED)
        groups.append(_event_journals(draws, attempts, twice, kind, fate, "again"))
        beside = own.where(fate[own.row] == Fate.LEDGER_POSTING_UNKNOWN)
        unknown = replace(beside, index=beside.index ^ UNKNOWN)
        groups.append(_event_journals(draws, attempts, unknown, kind, fate))
    return groups


def _event_journals(
    draws: Draws, attempts: Attempts, own: Events, kind: int, fate: Ints, stream: str = "journal"
) -> Journals:
    payer = attempts.take(own.row)
    accounts, amounts = _postings(draws, kind, own, payer, fate[own.row])
    return Journals(
        event_type=EVENT_TYPES[kind],
        bits=draws.bits(f"{stream}.{EVENT_TYPES[kind]}", own.index),
        accounts=accounts,
        amounts=amounts,
        currency=payer.currency,
        at=own.at,
        payment_id=payment_ids(draws, payer.payment),
        merchant_id=merchant_ids(payer.merchant),
        reference=event_ids(draws, kind, own.index),
    )


def _postings(
    draws: Draws, kind: int, own: Events, payer: Attempts, fate: Ints
) -> tuple[Ints, Ints]:
    """The accounts and amounts of each event's journal."""
    payable = np.full(len(own.row), _PAYABLE)
    at_processor = of_processor("clearing", payer.processor)
    if kind != CAPTURE:
        amount = own.amount if kind in INCOMING else -own.amount
        return np.stack([at_processor, payable]), np.stack([amount, -amount])
    delta = planted.wrong_by(draws, own.index, own.amount)
    clearing = own.amount + np.where(fate == Fate.LEDGER_AMOUNT_WRONG, delta, 0)
    fee = merchant_fee(own.amount, payer.currency)
    owed = clearing - fee - np.where(fate == Fate.JOURNAL_UNBALANCED, delta, 0)
    revenue = np.full(len(own.row), _REVENUE)
    accounts = np.stack([at_processor, payable, revenue])
    return accounts, np.stack([clearing, -owed, -fee])


def payout_journals(draws: Draws, payouts: list[Payout], paid: Lines) -> list[Journals]:
    """What the ledger posts for payouts: the processor's fees, its reserve, the money on its way,
    and the conversion of what was not charged in the currency of settlement."""
    processor = np.array([payout.processor for payout in payouts], np.int64)
    currency = np.array([payout.currency for payout in payouts], np.int64)
    fees = np.array([payout.line_fees + payout.fee for payout in payouts], np.int64)
    held = np.array([-payout.reserve for payout in payouts], np.int64)
    stated = np.array([payout.stated for payout in payouts], np.int64)
    clearing = of_processor("clearing", processor)
    made = []
    for event_type, debited, amounts in (
        ("processor_fee", "processing_cost", fees),
        ("reserve", "reserve", held),
        ("payout", "payout_in_transit", stated),
    ):
        accounts = [of_processor(debited, processor), clearing]
        both = [amounts, -amounts]
        made.append(_payout_journals(draws, event_type, payouts, accounts, both, currency))
    return made + _conversions(draws, payouts, paid)


def _payout_journals(
    draws: Draws,
    event_type: str,
    payouts: Sequence[Payout],
    accounts: list[Ints],
    amounts: list[Ints],
    currency: Ints,
    stream: str = "",
) -> Journals:
    """Journals of payouts, on the evening of each."""
    key = np.array([payout.key for payout in payouts], np.uint64)
    days = np.array([day_number(payout.day) for payout in payouts], np.int64)
    nothing = pa.nulls(len(payouts), pa.string())
    name = "reference" if event_type == "payout" else "payout_id"
    return Journals(
        event_type=event_type,
        bits=draws.bits(f"journal.{event_type}{stream}", key),
        accounts=np.stack(accounts),
        amounts=np.stack(amounts),
        currency=currency,
        at=days * DAY + 21 * 3600,
        payment_id=nothing,
        merchant_id=nothing,
        reference=pa.array([getattr(payout, name) for payout in payouts], pa.string()),
    )


def _conversions(draws: Draws, payouts: list[Payout], paid: Lines) -> list[Journals]:
    """What was charged leaves the clearing account, what it was settled as comes in its place.

    The difference to the reference rate is what the exchange cost.
    """
    of_key = {payout.key: payout for payout in payouts}
    groups = []
    for number, currency in enumerate(CURRENCIES):
        lines = paid.take((paid.charged == number) & (paid.currency != number))
        if not len(lines):
            continue
        keys, place = np.unique(lines.payout_key, return_inverse=True)
        own = [of_key[key] for key in keys.tolist()]
        seen, gross, value = np.zeros((3, len(own)), np.int64)
        np.add.at(seen, place, lines.seen)
        np.add.at(gross, place, lines.gross)
        np.add.at(value, place, lines.value)
        exchange = np.full(len(own), _EXCHANGE)
        clearing = of_processor("clearing", np.array([payout.processor for payout in own]))
        charged, settled = np.full(len(own), number), np.full(len(own), SETTLED_IN[number])
        stream = f".{currency}"
        groups += [
            _payout_journals(
                draws, "conversion", own, [exchange, clearing], [seen, -seen], charged, stream
            ),
            _payout_journals(
                draws,
                "conversion",
                own,
                [clearing, np.full(len(own), _EXCHANGE_DIFFERENCE), exchange],
                [gross, value - gross, -value],
                settled,
                f"{stream}.settled",
            ),
        ]
    return groups


def cash_journals(draws: Draws, statements: Sequence[Statement]) -> list[Journals]:
    """What the ledger posts when a bank statement comes: every entry of it, and with the first one
    of an account the balance that it was opened with."""
    every = [(statement, entry) for statement in statements for entry in statement.entries]
    processor = np.array([statement.processor for statement, _ in every], np.int64)
    from_processor = np.array([entry.is_payout for _, entry in every], np.bool_)
    other = np.where(from_processor, of_processor("payout_in_transit", processor), _OPERATING_COST)
    days = np.array([day_number(entry.day) for _, entry in every], np.int64)
    first = [statement for statement in statements if statement.is_first]
    return [
        # An entry that the bank booked twice has one reference, so the place tells them apart.
        _cash_journals(
            draws.bits(
                "journal.bank",
                days.astype(np.uint64) << np.uint64(32) | np.arange(len(every), dtype=np.uint64),
            ),
            "bank_entry",
            [statement for statement, _ in every],
            [entry.amount for _, entry in every],
            other,
            days,
            [entry.reference for _, entry in every],
        ),
        _cash_journals(
            draws.bits(
                "journal.bank.opening",
                np.array([s.processor * len(CURRENCIES) + s.currency for s in first], np.uint64),
            ),
            "opening_balance",
            first,
            [statement.opening for statement in first],
            np.full(len(first), _CAPITAL),
            np.array([day_number(s.month.first_day) - 1 for s in first], np.int64),
            [statement.account for statement in first],
        ),
    ]


def _cash_journals(
    bits: Bits,
    event_type: str,
    statements: Sequence[Statement],
    amount: Sequence[int],
    other: Ints,
    days: Ints,
    references: Sequence[str],
) -> Journals:
    """Journals of cash accounts against others, in the evening of each day."""
    processor = np.array([statement.processor for statement in statements], np.int64)
    currency = np.array([statement.currency for statement in statements], np.int64)
    amounts = np.array(amount, np.int64)
    nothing = pa.nulls(len(statements), pa.string())
    return Journals(
        event_type=event_type,
        bits=bits,
        accounts=np.stack([cash(processor, currency), other]),
        amounts=np.stack([amounts, -amounts]),
        currency=currency,
        at=days * DAY + 22 * 3600,
        payment_id=nothing,
        merchant_id=nothing,
        reference=pa.array(references, pa.string()),
    )


def ledger_table(groups: list[Journals], *, in_order: bool = True) -> pa.Table:
    """The entries of journals, in the order in which they were posted.

    Sorting texts is a sixth of the work, so what is made for speed goes without.
    """
    posted = pa.concat_tables([_entries(group) for group in groups if len(group.bits)])
    if not in_order:
        return posted
    order = np.argsort(posted["effective_at"].cast(pa.int64()).to_numpy(), kind="stable")
    return posted.take(pa.array(order))


def _entries(group: Journals) -> pa.Table:
    count = len(group.accounts)
    each = pa.array(np.repeat(np.arange(len(group.bits)), count))
    line = np.tile(np.arange(1, count + 1, dtype=np.uint64), len(group.bits))
    journal = np.repeat(group.bits, count)
    at = np.repeat(group.at, count)
    of_lines = len(group.merchant_id) == len(at)
    merchant_id = group.merchant_id if of_lines else group.merchant_id.take(each)
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
        "merchant_id": merchant_id,
        "reference": group.reference.take(each),
        "updated_at": timestamps(at + 2),
    }
    entries = pa.table(columns, schema=LEDGER_ENTRIES.columns)
    # An entry of nothing is not posted.
    is_posted = group.amounts.T.ravel() != 0
    return entries if is_posted.all() else entries.filter(pa.array(is_posted))


def chart_of_accounts() -> pa.Table:
    """The accounts of the ledger, as the company's own export."""
    rows = [
        {
            "account": account.name,
            "name": account.name.replace(":", " ").replace("_", " ").capitalize(),
            "account_type": account.account_type,
            "role": account.role,
            "processor": account.processor,
            "currency": account.currency,
            "bank_account": account.bank_account,
            "product": account.product,
            "updated_at": _SINCE,
        }
        for account in ACCOUNTS
    ]
    return pa.Table.from_pylist(rows, schema=CHART_OF_ACCOUNTS.columns)

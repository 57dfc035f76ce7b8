"""Advances to merchants, which they repay with a share of what their customers pay each day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tieout.contracts import ADVANCES
from tieout.simulator.draws import SMALL, Bits, Draws, Ints, tokens
from tieout.simulator.identifiers import merchant_ids
from tieout.simulator.ledger import Journals
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts
from tieout.simulator.phases import CURRENCIES
from tieout.simulator.products.posting import Posting, Products
from tieout.simulator.schedule import DAY, day_number, seconds
from tieout.simulator.text import names, timestamps

_ONE_IN = 4  # merchants with enough payments, rounded up so that there is an advance
_FEWEST_PAYMENTS = 3
_FEE_PERCENT = 10  # of the principal
_REPAID_PERCENT = 12  # of a day's volume
# What is owed, in percent of what the rest of the month can repay: most owe less than all of it.
_LEAST_OWED, _MOST_OWED = 60, 115
_ROUND = 100  # principals are whole hundreds of minor units
_WRITTEN_OFF = 2000  # of ten thousand advances that the month did not repay
_CURRENCY_BITS = 5


@dataclass(frozen=True)
class _Advances:
    """Advances of one month, each granted and, as far as it can be, repaid in it.

    `repaid` and `fee_repaid` are running totals with a row for each advance and a column for each
    day of the month, in minor units of `currency`; the first contains the second.
    """

    index: Bits
    merchant: Ints
    currency: Ints
    granted_at: Ints
    principal: Ints
    fee: Ints
    repaid: Ints
    fee_repaid: Ints


@dataclass(frozen=True)
class _Stage:
    """Events of one stage: the row of the advance each belongs to, and what is unique to it."""

    name: str
    row: Ints
    index: Bits
    at: Ints
    principal: Ints
    fee: Ints


def advances(draws: Draws, month: Month, attempts: Attempts) -> Products:
    """The advances of a month: granted in its first days, repaid daily, a few written off.

    What a month does not repay stays outstanding, because months know nothing of each other.
    """
    made = _granted(draws, month, attempts)
    stages = (_grants(made), _repayments(month, made), _write_offs(draws, month, made))
    table = pa.concat_tables([_table(draws, made, stage) for stage in stages])
    order = np.argsort(table["created_at"].cast(pa.int64()).to_numpy(), kind="stable")
    journals = [group for stage in stages for group in _journals(draws, made, stage)]
    return Products({"advances": table.take(pa.array(order))}, journals)


def _granted(draws: Draws, month: Month, attempts: Attempts) -> _Advances:
    """Who gets an advance, and what becomes of it."""
    paid = attempts.take(np.flatnonzero(attempts.is_seen_captured))
    borrower, place, payments = np.unique(
        paid.merchant << _CURRENCY_BITS | paid.currency, return_inverse=True, return_counts=True
    )
    eligible = np.flatnonzero(payments >= _FEWEST_PAYMENTS)
    key = np.uint64(month.ordinal << 32) | borrower.astype(np.uint64)
    ranked = eligible[draws.order("advance", key[eligible])]
    chosen = np.sort(ranked[: -(-len(eligible) // _ONE_IN)])
    row = np.full(len(borrower), -1)
    row[chosen] = np.arange(len(chosen))
    borrower, index, row = borrower[chosen], key[chosen], row[place]
    own = np.flatnonzero(row >= 0)

    first_day, days = day_number(month.first_day), month.last_day.day
    volume = np.zeros((len(borrower), days), np.int64)
    np.add.at(volume, (row[own], paid.captured_at[own] // DAY - first_day), paid.captured[own])
    after = draws.between("advance.granted_at", index, DAY // 4, 2 * DAY)
    volume[np.arange(days) <= (after // DAY)[:, np.newaxis]] = 0  # repaid from the day after
    share = (volume * _REPAID_PERCENT + 50) // 100

    percent = draws.between("advance.owed", index, _LEAST_OWED, _MOST_OWED)
    owed = share.sum(axis=1) * percent // 100
    principal = owed * 100 // (100 + _FEE_PERCENT) // _ROUND * _ROUND
    fee = principal * _FEE_PERCENT // 100  # exact, because principals are whole hundreds
    kept = np.flatnonzero(principal)
    principal, fee, owed = principal[kept], fee[kept], (principal + fee)[kept]
    repaid = np.minimum(np.cumsum(share[kept], axis=1), owed[:, np.newaxis])
    return _Advances(
        index=index[kept],
        merchant=borrower[kept] >> _CURRENCY_BITS,
        currency=borrower[kept] & ((1 << _CURRENCY_BITS) - 1),
        granted_at=seconds(month.first_day) + after[kept],
        principal=principal,
        fee=fee,
        repaid=repaid,
        # In proportion, of the running total: so the last repayment makes both parts whole.
        fee_repaid=repaid * fee[:, np.newaxis] // owed[:, np.newaxis],
    )


def _grants(made: _Advances) -> _Stage:
    every = np.arange(len(made.index))
    return _Stage("granted", every, made.index, made.granted_at, made.principal, made.fee)


def _repayments(month: Month, made: _Advances) -> _Stage:
    """One for each day that repays something, when the day is over."""
    repaid = np.diff(made.repaid, axis=1, prepend=0)
    fee = np.diff(made.fee_repaid, axis=1, prepend=0)
    row, day = np.nonzero(repaid)
    return _Stage(
        name="repaid",
        row=row,
        index=made.index[row] << np.uint64(5) | day.astype(np.uint64),
        at=seconds(month.first_day) + (day + 1) * DAY - 1,
        principal=(repaid - fee)[row, day],
        fee=fee[row, day],
    )


def _write_offs(draws: Draws, month: Month, made: _Advances) -> _Stage:
    """What is given up of a few advances at the end of the month."""
    fee = made.fee - made.fee_repaid[:, -1]
    principal = made.principal + made.fee - made.repaid[:, -1] - fee
    is_given_up = draws.chance("advance.written_off", made.index, _WRITTEN_OFF)
    row = np.flatnonzero(is_given_up & (principal > 0))
    at = np.full(len(row), seconds(month.last_day) + DAY - 1)
    return _Stage("written_off", row, made.index[row], at, principal[row], fee[row])


def _event_ids(draws: Draws, stage: _Stage) -> pa.Array:
    return tokens("ade_", draws.bits(f"advance.{stage.name}.id", stage.index), SMALL)


def _table(draws: Draws, made: _Advances, stage: _Stage) -> pa.Table:
    columns = {
        "advance_event_id": _event_ids(draws, stage),
        "advance_id": tokens("adv_", draws.bits("advance.id", made.index[stage.row]), SMALL),
        "merchant_id": merchant_ids(made.merchant[stage.row]),
        "advance_stage": pa.repeat(stage.name, len(stage.row)),
        "principal_minor": pa.array(stage.principal),
        "fee_minor": pa.array(stage.fee),
        "currency": names(made.currency[stage.row], CURRENCIES),
        "created_at": timestamps(stage.at),
        "updated_at": timestamps(stage.at),
    }
    return pa.table(columns, schema=ADVANCES.columns)


def _journals(draws: Draws, made: _Advances, stage: _Stage) -> list[Journals]:
    """What a stage posts. The fee is earned as it is repaid; until then it is deferred."""
    posting = Posting(
        index=stage.index,
        currency=made.currency[stage.row],
        at=stage.at,
        payment_id=pa.nulls(len(stage.row), pa.string()),
        merchant_id=merchant_ids(made.merchant[stage.row]),
        reference=_event_ids(draws, stage),
    )
    principal, fee, both = stage.principal, stage.fee, stage.principal + stage.fee
    advanced, deferred = "merchant_advances", "deferred_revenue:advances"
    lines: dict[str, list[tuple[str, Ints]]] = {
        "granted": [(advanced, both), ("merchant_payable", -principal), (deferred, -fee)],
        "repaid": [("merchant_payable", both), (advanced, -both)],
        "written_off": [("operating_cost", principal), (deferred, fee), (advanced, -both)],
    }
    posted = [posting.journals(draws, f"advance_{stage.name}", *lines[stage.name])]
    if stage.name == "repaid":
        earned = ((deferred, fee), ("revenue:advances", -fee))
        posted.append(posting.journals(draws, "advance_fee", *earned))
    return posted

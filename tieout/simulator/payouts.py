"""What the processors pay out, and what their reports and the bank say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tieout.simulator import errors as planted
from tieout.simulator.draws import CAPITALS, Bits, Draws, Ints, Mask, token
from tieout.simulator.errors import Fate, Share, deal, kinds_of, rates_of
from tieout.simulator.exchange import ONE
from tieout.simulator.months import FIRST_YEAR
from tieout.simulator.phases import ADYEN, PROCESSORS, SETTLEMENT_CURRENCIES, STRIPE
from tieout.simulator.schedule import DAY, business_day_after, day_number, day_of
from tieout.simulator.settlement import FEE, MERCHANT_ACCOUNTS, PAYOUT, RESERVE, Lines

_FEE_PER_LINE = 2
_SMALLEST_PAYOUT = 1_000  # minor units; errors are planted in larger ones only
_PER_DAY = len(PROCESSORS) * len(SETTLEMENT_CURRENCIES)
_RESERVED_ONE_IN = 20  # of a payout from which a reserve is held back
_NETTED_WITHIN_DAYS = 4
_UNKNOWN = 0xABCDEF  # makes the number of a payout that there is not


@dataclass(frozen=True)
class Payout:
    """One payout: what its lines add up to, what the report states, and what the bank books.

    `reserve` is held back when it is negative and released when it is positive. `booked_with` is
    the key of the payout with which the bank books this one as one sum, usually its own.
    """

    key: int
    bits: int
    line_fees: int
    fee: int  # the one fee that is charged for the payout as a whole
    reserve: int
    net: int
    stated: int
    booked: int
    fate: int
    booked_with: int

    @property
    def day(self) -> date:
        """The day of the payout, on which a batch is closed."""
        return day_of(self.key // _PER_DAY)

    @property
    def processor(self) -> int:
        """The position in `PROCESSORS`."""
        return self.key % _PER_DAY // len(SETTLEMENT_CURRENCIES)

    @property
    def currency(self) -> int:
        """The position in `SETTLEMENT_CURRENCIES`, and in `CURRENCIES`."""
        return self.key % len(SETTLEMENT_CURRENCIES)

    @property
    def bank_day(self) -> date:
        """The day on which the bank books the payout."""
        return business_day_after(day_of(self.booked_with // _PER_DAY))

    @property
    def batch(self) -> int:
        """The number of the batch, where the processor is Adyen."""
        return adyen_batch(self.day, self.currency)

    @property
    def payout_id(self) -> str:
        """What the processor calls the payout: Stripe's id, Adyen's account and batch."""
        if self.processor == ADYEN:
            return f"{MERCHANT_ACCOUNTS[self.currency]}/{self.batch}"
        return token("po_", self.bits, width=20)

    @property
    def reference(self) -> str:
        """What the bank statement calls the payout."""
        return self._reference(self.bits)

    @property
    def unknown_reference(self) -> str:
        """What a bank entry says that is of no payout at all."""
        return self._reference(self.bits ^ _UNKNOWN)

    @property
    def bank_reference(self) -> str:
        """What the bank calls its own entry."""
        return token("", self.bits, CAPITALS)

    @property
    def unknown_bank_reference(self) -> str:
        """What the bank calls an entry that is of no payout at all."""
        return token("", self.bits ^ _UNKNOWN, CAPITALS)

    def _reference(self, bits: int) -> str:
        if self.processor == ADYEN:
            return f"TX{bits % 10**6:06d}{self.batch:04d}XT"
        return token("po_", bits, width=20)


def adyen_batch(closed_on: date, currency: int) -> int:
    """The number of a batch: two a month and currency, counted from the company's first month."""
    halves = (closed_on.year - FIRST_YEAR) * 24 + closed_on.month * 2 + (closed_on.day > 15) - 2
    return halves * len(SETTLEMENT_CURRENCIES) + currency + 1


def payouts(
    draws: Draws, paid: Lines, errors: planted.ErrorRates, last_eligible: date
) -> list[Payout]:
    """The payouts of lines, in the order of their days."""
    keys, place, counts = np.unique(paid.payout_key, return_inverse=True, return_counts=True)
    net, line_fees = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    np.add.at(net, place, paid.net)
    np.add.at(line_fees, place, paid.fees)
    fee = counts * _FEE_PER_LINE
    net -= fee
    index = keys.astype(np.uint64)
    reserve = _reserves(draws, keys, index, net)
    net += reserve
    is_past = keys // _PER_DAY <= day_number(last_eligible)
    fate = _plant(draws, keys, index, is_past & (net > _SMALLEST_PAYOUT), errors)
    less = net - planted.wrong_by(draws, index, np.abs(net))
    stated = np.where(fate == Fate.PAYOUT_TOTAL_WRONG, less, net)
    booked = np.where(fate == Fate.BANK_AMOUNT_WRONG, less, stated)
    booked = np.where(fate == Fate.BANK_ENTRY_MISSING, 0, booked)
    bits = draws.bits("payout", index)
    columns = (keys, bits, line_fees, fee, reserve, net, stated, booked, fate, keys)
    made = [Payout(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    return _netted(made)


def _reserves(draws: Draws, keys: Ints, index: Bits, net: Ints) -> Ints:
    """What is held back of a month's first large payout and released with its last one.

    Every other processor and currency of a month has such a reserve. Both happen in one month, so
    that every month can be made alone.
    """
    reserve = np.zeros(len(keys), np.int64)
    large = net > _SMALLEST_PAYOUT * _RESERVED_ONE_IN
    for account in np.unique(keys % _PER_DAY).tolist():
        own = np.flatnonzero((keys % _PER_DAY == account) & large)
        if len(own) > 1 and draws.chance("reserve", index[own[:1]], 5000)[0]:
            held = net[own[0]] // _RESERVED_ONE_IN
            reserve[own[0]], reserve[own[-1]] = -held, held
    return reserve


def _plant(
    draws: Draws, keys: Ints, index: Bits, usually: Mask, errors: planted.ErrorRates
) -> Ints:
    """The fate of each payout. Netted ones are dealt to those with a neighbour soon after."""
    own = rates_of(errors, kinds_of(Share.PAYOUTS))
    netted = own.pop(Fate.PAYOUTS_NETTED)
    fate = deal(draws, "payout.error", index, own, usually, {})
    free = usually & (fate == Fate.NONE) & (keys % _PER_DAY // len(SETTLEMENT_CURRENCIES) == STRIPE)
    second = _second_of_pairs(keys, free)
    chosen = deal(
        draws,
        "payout.netted",
        index,
        {Fate.PAYOUTS_NETTED: netted},
        usually,
        {Fate.PAYOUTS_NETTED: second},
    )
    return np.where(chosen == Fate.PAYOUTS_NETTED, chosen, fate)


def _second_of_pairs(keys: Ints, free: Mask) -> Mask:
    """The second of each two payouts of one account that are at most days apart."""
    second = np.zeros(len(keys), np.bool_)
    for account in np.unique(keys % _PER_DAY).tolist():
        own = np.flatnonzero(keys % _PER_DAY == account)
        days = keys[own] // _PER_DAY
        for place in range(1, len(own), 2):
            near = days[place] - days[place - 1] <= _NETTED_WITHIN_DAYS
            second[own[place]] = near and free[own[place]] and free[own[place - 1]]
    return second


def _netted(made: list[Payout]) -> list[Payout]:
    """The payouts with the first of each netted pair booked with its second."""
    result = list(made)
    before: dict[int, int] = {}
    for place, payout in enumerate(made):
        account = payout.key % _PER_DAY
        if payout.fate == Fate.PAYOUTS_NETTED:
            first = before[account]
            result[first] = replace(made[first], booked_with=payout.key)
        before[account] = place
    return result


def closing_lines(made: Sequence[Payout]) -> Lines:
    """The lines that a report adds to each payout: its fee, its reserve, and the payout itself."""
    reserved = [payout for payout in made if payout.reserve]
    payers = [*made, *reserved, *made]
    kind = np.repeat([FEE, RESERVE, PAYOUT], [len(made), len(reserved), len(made)])
    key = np.array([payout.key for payout in payers], np.int64)
    days, processor = key // _PER_DAY, key % _PER_DAY // len(SETTLEMENT_CURRENCIES)
    currency = key % len(SETTLEMENT_CURRENCIES)
    amounts = [-payout.fee for payout in made] + [payout.reserve for payout in reserved]
    gross = np.array([*amounts, *(-payout.stated for payout in made)], np.int64)
    # Adyen closes a batch in the evening; Stripe begins the payout's day with it.
    hour = np.where(processor == ADYEN, 20 * 3600, -3600) + (kind - FEE) * 1200
    none, zero = np.full(len(key), -1, np.int64), np.zeros(len(key), np.int64)
    return Lines(
        kind=kind,
        index=key.astype(np.uint64),
        copy=zero,
        payment=key.astype(np.uint64),
        processor=processor,
        charged=currency,
        label=currency,
        seen=gross,
        currency=currency,
        rate=np.full(len(key), ONE),
        value=gross,
        gross=gross,
        interchange=zero,
        scheme=zero,
        markup=zero,
        brand=none,
        funding=none,
        issuer=none,
        at=days * DAY + hour,
        paid_on=days,
        fate=none,
        off=zero,
    )

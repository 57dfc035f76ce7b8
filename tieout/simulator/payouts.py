"""What the processors pay out, and what their reports and the bank say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from tieout.simulator import errors as planted
from tieout.simulator.draws import CAPITALS, Draws, token
from tieout.simulator.months import FIRST_YEAR
from tieout.simulator.phases import ADYEN, CURRENCIES, PROCESSORS
from tieout.simulator.schedule import DAY, business_day_after, day_number, day_of
from tieout.simulator.settlement import FEE, MERCHANT_ACCOUNTS, PAYOUT, Lines

_FEE_PER_LINE = 2
_SMALLEST_PAYOUT = 1_000  # minor units; errors are planted in larger ones only
_PER_DAY = len(PROCESSORS) * len(CURRENCIES)


@dataclass(frozen=True)
class Payout:
    """One payout: what its lines add up to, what the report states, and what the bank books."""

    key: int
    bits: int
    line_fees: int
    fee: int  # the one fee that is charged for the payout as a whole
    net: int
    stated: int
    booked: int
    fate: int

    @property
    def day(self) -> date:
        """The day of the payout, on which a batch is closed."""
        return day_of(self.key // _PER_DAY)

    @property
    def processor(self) -> int:
        """The position in `PROCESSORS`."""
        return self.key % _PER_DAY // len(CURRENCIES)

    @property
    def currency(self) -> int:
        """The position in `CURRENCIES`."""
        return self.key % len(CURRENCIES)

    @property
    def bank_day(self) -> date:
        """The day on which the bank books the payout."""
        return business_day_after(self.day)

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
        if self.processor == ADYEN:
            return f"TX{self.bits % 10**6:06d}{self.batch:04d}XT"
        return self.payout_id

    @property
    def bank_reference(self) -> str:
        """What the bank calls its own entry."""
        return token("B", self.bits, CAPITALS, 14)


def adyen_batch(closed_on: date, currency: int) -> int:
    """The number of a batch: two a month and currency, counted from the company's first month."""
    halves = (closed_on.year - FIRST_YEAR) * 24 + closed_on.month * 2 + (closed_on.day > 15) - 2
    return halves * len(CURRENCIES) + currency + 1


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
    is_past = keys // _PER_DAY <= day_number(last_eligible)
    eligible = np.flatnonzero(is_past & (net > _SMALLEST_PAYOUT))
    fate = planted.plant_in_payouts(draws, index, eligible, errors)
    less = net - planted.wrong_by(draws, index, np.abs(net))
    stated = np.where(fate == planted.PAYOUT_TOTAL, less, net)
    booked = np.where(fate == planted.BANK_AMOUNT, less, stated)
    booked = np.where(fate == planted.BANK_MISSING, 0, booked)
    columns = (keys, draws.bits("payout", index), line_fees, fee, net, stated, booked, fate)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Payout(*row) for row in rows]


def closing_lines(made: Sequence[Payout]) -> Lines:
    """The lines that a report adds to each payout: its fee, and the payout itself."""
    key = np.array([payout.key for payout in made] * 2, np.int64)
    kind = np.repeat([FEE, PAYOUT], len(made))
    days, processor = key // _PER_DAY, key % _PER_DAY // len(CURRENCIES)
    currency = key % len(CURRENCIES)
    gross = [-payout.fee for payout in made] + [-payout.stated for payout in made]
    # Adyen closes a batch in the evening; Stripe begins the payout's day with it.
    hour = np.where(processor == ADYEN, 20 * 3600, -3600) + np.where(kind == PAYOUT, 3600, 0)
    none, zero = np.full(len(key), -1, np.int64), np.zeros(len(key), np.int64)
    return Lines(
        kind=kind,
        index=key.astype(np.uint64),
        copy=zero,
        payment=key.astype(np.uint64),
        processor=processor,
        currency=currency,
        label=currency,
        gross=np.array(gross, np.int64),
        interchange=zero,
        scheme=zero,
        markup=zero,
        brand=none,
        funding=none,
        issuer=none,
        at=days * DAY + hour,
        paid_on=days,
    )

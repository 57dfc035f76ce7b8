"""What payments are worth: amounts that add up to the volume of a month, to the cent."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import exp
from statistics import NormalDist

import numpy as np

from tieout.money import exponent
from tieout.simulator.draws import Draws, Ints
from tieout.simulator.months import Month
from tieout.simulator.payments import CAPTURED, Attempts
from tieout.simulator.phases import CURRENCIES, Size
from tieout.simulator.rates import Rates
from tieout.simulator.schedule import DAY, day_of

_SMALLEST_MINOR = 1_00
_WEIGHTS = 4096  # steps of the distribution of amounts


@cache
def _amount_weights() -> Ints:
    """What a payment weighs beside others: a log-normal distribution, as a table of integers."""
    normal = NormalDist()
    steps = ((step + 0.5) / _WEIGHTS for step in range(_WEIGHTS))
    return np.array([round(3200 * exp(0.95 * normal.inv_cdf(step))) for step in steps], np.int64)


def with_amounts(draws: Draws, rates: Rates, month: Month, size: Size, drawn: Attempts) -> Attempts:
    """Give each attempt an amount so that the captured volume is the month's, to the cent."""
    weight = _amount_weights()[draws.below("amount", drawn.likeness, _WEIGHTS)]
    is_captured = drawn.status == CAPTURED
    is_counted = drawn.is_seen_captured
    is_twin = drawn.is_twin  # twins are equal to the cent, so nothing below may tell them apart
    is_partial = is_captured & draws.chance("capture.partial", drawn.index, 60) & ~is_twin
    percent = np.where(is_partial, draws.between("capture.percent", drawn.index, 30, 90), 100)
    # In sixteen binary places, so that the factor needs no float.
    total = int((weight * percent)[is_counted].sum()) // 100
    factor = (size.volume_minor << 16) // total
    dollars = np.maximum(weight * factor >> 16, _SMALLEST_MINOR)

    amount = np.empty_like(dollars)
    for code, currency in enumerate(CURRENCIES):
        here = drawn.currency == code
        one = 1 / rates.in_dollars(1, currency, month.first_day)
        amount[here] = dollars[here] * int(one * 10**6) // 10**6
    captured = np.where(is_captured, amount * percent // 100, 0)

    # What rounding left over goes to plain dollar payments, evenly.
    plain = is_counted & ~is_partial & (drawn.attempt_no == 1) & (drawn.currency == 0) & ~is_twin
    rows = np.flatnonzero(plain)
    priced = replace(drawn, amount=amount, captured=captured)
    share, rest = divmod(size.volume_minor - volume(rates, priced), len(rows))
    change = np.full(len(rows), share)
    change[:rest] += 1
    amount[rows] += change
    captured[rows] += change
    return priced


def volume(rates: Rates, month: Attempts) -> int:
    """The captured volume in cents, as finance reports it: the sum of each day and currency at
    the day's rate."""
    captured = month.take(np.flatnonzero(month.is_seen_captured))
    key = captured.captured_at // DAY * len(CURRENCIES) + captured.currency
    groups, place = np.unique(key, return_inverse=True)
    sums = np.zeros(len(groups), np.int64)
    np.add.at(sums, place, captured.captured)
    total = 0
    for group, minor in zip(groups.tolist(), sums.tolist(), strict=True):
        day, code = divmod(group, len(CURRENCIES))
        total += rates.in_whole_cents(minor, CURRENCIES[code], day_of(day))
    return total


def merchant_fee(amount: Ints, currency: Ints) -> Ints:
    """What the merchant pays: 2.9% and 30 cents, 30 yen, 300 of a thousandth."""
    fixed = np.array([300 if exponent(code) > 2 else 30 for code in CURRENCIES])
    fee: Ints = (amount * 290 + 5_000) // 10_000 + fixed[currency]
    return fee

"""Conversion: what a processor makes of an amount in a currency that it does not settle in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tieout.money import exponent
from tieout.simulator.draws import Ints
from tieout.simulator.phases import CURRENCIES, SETTLED_IN
from tieout.simulator.rates import Rates
from tieout.simulator.schedule import DAY, day_of

ONE = 10**8  # rates have eight decimals, as processors print them
_KEPT_BY_PROCESSOR = Fraction(1, 100)  # of the reference rate
# Minor units of a currency for one minor unit of what it is settled in, but for the rate.
_SCALE = np.array(
    [
        10 ** (exponent(currency) - exponent(CURRENCIES[settled]))
        for currency, settled in zip(CURRENCIES, SETTLED_IN.tolist(), strict=True)
    ]
)


@dataclass(frozen=True)
class Settled:
    """Amounts in the currency of settlement: at the processor's rate, and at the reference rate."""

    gross: Ints
    rate: Ints
    value: Ints


def convert(rates: Rates, seen: Ints, currency: Ints, at: Ints) -> Settled:
    """Amounts as they are settled on the day of each; most need no conversion."""
    rate, reference = np.full(len(seen), ONE), np.full(len(seen), ONE)
    rows = np.flatnonzero(SETTLED_IN[currency] != currency)
    groups, place = np.unique(
        at[rows] // DAY * len(CURRENCIES) + currency[rows], return_inverse=True
    )
    for number, group in enumerate(groups.tolist()):
        day, code = divmod(group, len(CURRENCIES))
        exact = rates.per_unit(CURRENCIES[code], CURRENCIES[SETTLED_IN[code]], day_of(day))
        own = rows[place == number]
        reference[own] = round(exact * ONE)
        rate[own] = round(exact * (1 - _KEPT_BY_PROCESSOR) * ONE)
    scale = _SCALE[currency]
    return Settled(_at(seen, rate, scale), rate, _at(seen, reference, scale))


def _at(minor: Ints, rate: Ints, scale: Ints) -> Ints:
    """Amounts at a rate, rounded half away from zero."""
    divisor = ONE * scale
    converted: Ints = np.sign(minor) * ((2 * np.abs(minor) * rate + divisor) // (2 * divisor))
    return converted

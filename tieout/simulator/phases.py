"""The six phases of the company's life: how much it moves, at what cost, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tieout.simulator.months import Month

# Amounts are minor units of the US dollar. A payment is 50 dollars on average in every phase, so
# a month's volume says how many payments there are.
AVERAGE_PAYMENT_MINOR = 50_00

# What payers are charged in; the first four are also what processors settle in.
CURRENCIES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "SEK", "KWD")
SETTLEMENT_CURRENCIES = CURRENCIES[:4]
# For each currency the one that it is settled in, as positions.
SETTLED_IN = np.array(
    [CURRENCIES.index(c) for c in ["USD", "EUR", "GBP", "JPY", "USD", "EUR", "USD", "EUR", "USD"]]
)
PROCESSORS = ("stripe", "adyen")
STRIPE, ADYEN = 0, 1

_EURO = "DE FR NL ES IT IE BE AT FI PT GR LU EE LV LT SK SI CY MT HR"
_REGIONS = {
    "americas": "US CA MX BR AR CL CO PE UY",
    "europe": f"{_EURO} GB SE DK NO CH PL CZ HU RO BG",
    "asia_pacific": "JP AU SG HK NZ IN MY TH PH ID",
    "middle_east_africa": "AE KW ZA SA IL TR NG KE",
}
REGIONS = tuple(_REGIONS)
_REGION_OF = {country: region for region, text in _REGIONS.items() for country in text.split()}

# In the order in which the company opened them; the weight is the country's share of merchants.
# Countries without a currency of their own here are charged in dollars.
_OPENED = (
    "US:600 CA:60 GB:160 DE:80 FR:60 JP:90 AU:40 IE:12 NL:40 ES:30 IT:30 BE:12 SE:12 DK:10 NO:10 "
    "CH:12 AT:10 FI:8 LU:2 SG:14 HK:12 NZ:8 MX:12 PT:6 BR:20 PL:8 GR:4 EE:2 LV:2 LT:2 SK:2 SI:2 "
    "CZ:4 HU:4 KW:4 RO:4 BG:2 MY:6 IN:14 CY:1 MT:1 TH:5 AE:6 HR:2 ZA:4 ID:4 IL:4 "
    "SA:3 TR:3 CO:3 CL:3"
)


_OWN_CURRENCY = {
    "GB": "GBP",
    "JP": "JPY",
    "CA": "CAD",
    "CH": "CHF",
    "AU": "AUD",
    "SE": "SEK",
    "KW": "KWD",
}


@dataclass(frozen=True)
class Market:
    """One country that the company serves."""

    country: str
    region: int
    currency: int
    weight: int


def _market(text: str) -> Market:
    country, weight = text.split(":")
    own = dict.fromkeys(_EURO.split(), "EUR") | _OWN_CURRENCY
    currency = CURRENCIES.index(own.get(country, "USD"))
    return Market(country, REGIONS.index(_REGION_OF[country]), currency, int(weight))


MARKETS = tuple(_market(text) for text in _OPENED.split())
COUNTRIES = tuple(market.country for market in MARKETS)


@dataclass(frozen=True)
class Phase:
    """One phase. `sample` is how many valid attempts stand for a month where nothing else is said:
    enough for the success rate to come out exactly."""

    number: int
    name: str
    first_year: int
    monthly_cost: Fraction
    monthly_volume: Fraction
    success_rate: Fraction
    sample: int
    merchants: int
    countries: int
    adyen_percent: int
    cost_shares: dict[str, int]

    @property
    def cost_per_million(self) -> Fraction:
        """Cost per million of volume: dollars per $1M, the ratio that every scale keeps."""
        return self.monthly_cost / self.monthly_volume * 1_000_000

    @property
    def settlement_currencies(self) -> tuple[int, ...]:
        """The currencies that processors pay out in, as positions in `CURRENCIES`."""
        charged = [market.currency for market in MARKETS[: self.countries]]
        return tuple(sorted({int(SETTLED_IN[currency]) for currency in charged}))

    @property
    def processors(self) -> tuple[int, ...]:
        """The processors in use, as positions in `PROCESSORS`."""
        return (STRIPE, ADYEN) if self.adyen_percent else (STRIPE,)


def _shares(
    infrastructure: int, people: int, compliance: int, fraud: int, support: int
) -> dict[str, int]:
    return {
        "infrastructure": infrastructure,
        "people": people,
        "compliance": compliance,
        "fraud": fraud,
        "support": support,
    }


def _dollars(amount: int | Fraction) -> Fraction:
    return Fraction(amount) * 100


_MILLION, _BILLION = 10**6, 10**9

# Phase 6 is given by the year: $2B of cost for $1T of volume, which is $167M and $83.3B a month.
PHASES = (
    Phase(1, "MVP payment API", 2009, _dollars(10_000), _dollars(_MILLION),
          Fraction(94, 100), 2_000, 100, 1, 0, _shares(45, 38, 6, 4, 7)),
    Phase(2, "Multi-product platform", 2012, _dollars(500_000), _dollars(100 * _MILLION),
          Fraction(97, 100), 10_000, 10_000, 2, 20, _shares(38, 40, 7, 7, 8)),
    Phase(3, "Global expansion", 2015, _dollars(10 * _MILLION), _dollars(_BILLION),
          Fraction(991, 1000), 10_000, 100_000, 25, 35, _shares(34, 38, 12, 8, 8)),
    Phase(4, "Financial infrastructure", 2018, _dollars(100 * _MILLION), _dollars(10 * _BILLION),
          Fraction(9995, 10_000), 20_000, 1_000_000, 40, 40, _shares(32, 36, 16, 9, 7)),
    Phase(5, "AI-first platform", 2021, _dollars(500 * _MILLION), _dollars(100 * _BILLION),
          Fraction(9999, 10_000), 20_000, 4_000_000, 45, 40, _shares(42, 30, 14, 8, 6)),
    Phase(6, "Autonomous infrastructure", 2024, _dollars(Fraction(2 * _BILLION, 12)),
          _dollars(Fraction(1000 * _BILLION, 12)),
          Fraction(99_999, 100_000), 100_000, 4_500_000, 50, 45, _shares(48, 24, 15, 8, 5)),
)  # fmt: skip


def phase_of(month: Month) -> Phase:
    """The phase that a month lies in."""
    return next(phase for phase in reversed(PHASES) if phase.first_year <= month.year)


@dataclass(frozen=True)
class Size:
    """How large a simulated month is: a sample that stands for `represents` times as much."""

    attempts: int
    failures: int
    volume_minor: int
    cost_minor: int
    represents: Fraction


SMALLEST = 100  # fewer attempts cannot carry a month's currencies, errors and exact volume


def size_of(
    month: Month, scale: Fraction, payments_per_month: int | None, volume_times: int = 1
) -> Size:
    """The size of a month at a scale, with at most so many valid attempts to stand for it.

    Volume and cost shrink by the same factor as the number of payments, so their ratio stays.
    A month with `volume_times` its phase's volume has as many times the cost, and as many times
    the attempts to stand for it, so that it is larger than its neighbours in the files too.
    """
    phase = phase_of(month)
    natural = phase.monthly_volume * volume_times * scale / AVERAGE_PAYMENT_MINOR
    most = phase.sample if payments_per_month is None else payments_per_month
    attempts = min(int(natural), most * volume_times)
    if attempts < SMALLEST:
        raise ValueError(f"{month} would have {attempts} payments; it needs {SMALLEST} or more")
    volume = attempts * AVERAGE_PAYMENT_MINOR
    return Size(
        attempts=attempts,
        failures=round(attempts * (1 - phase.success_rate)),
        volume_minor=volume,
        cost_minor=round(volume * phase.cost_per_million / 1_000_000),
        represents=natural / attempts,
    )

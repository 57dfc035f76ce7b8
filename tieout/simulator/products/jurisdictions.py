"""Taxes on services by country: one rate each for all years, which is simpler than the world."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tieout.simulator.draws import Ints
from tieout.simulator.phases import COUNTRIES
from tieout.simulator.text import names

# Parts per million. Countries that are not named do not tax this service.
_RATES_PPM = {
    "vat": (
        "GB:200000 DE:190000 FR:200000 JP:100000 IE:230000 NL:210000 ES:210000 IT:220000 BE:210000 "
        "SE:250000 DK:250000 NO:250000 CH:81000 AT:200000 FI:240000 LU:170000 MX:160000 PT:230000 "
        "PL:230000 GR:240000 EE:200000 LV:210000 LT:210000 SK:200000 SI:220000 CZ:210000 HU:270000 "
        "RO:190000 BG:200000 CY:190000 MT:180000 TH:70000 AE:50000 HR:250000 ZA:150000 ID:110000 "
        "IL:170000 SA:150000 TR:200000 CO:190000 CL:190000"
    ),
    "gst": "CA:50000 AU:100000 SG:90000 NZ:150000 IN:180000",
    "sales_tax": "MY:60000",
}
_KINDS = tuple(_RATES_PPM)
_TAX_OF = {
    country: (kind, int(ppm))
    for kind, text in _RATES_PPM.items()
    for country, ppm in (part.split(":") for part in text.split())
}
_KIND_OF_MARKET = np.array(
    [_KINDS.index(_TAX_OF[country][0]) if country in _TAX_OF else -1 for country in COUNTRIES],
    np.int64,
)
_PPM_OF_MARKET = np.array([_TAX_OF.get(country, ("", 0))[1] for country in COUNTRIES], np.int64)

_MILLION = 1_000_000


def rates_ppm(market: Ints) -> Ints:
    """The rate of each market, by its position; 0 where there is no tax."""
    rates: Ints = _PPM_OF_MARKET[market]
    return rates


def tax_kinds(market: Ints) -> pa.Array:
    """What each market's tax is called in the contract; null where there is none."""
    return names(_KIND_OF_MARKET[market], _KINDS)


def tax_on(net: Ints, rate_ppm: Ints) -> Ints:
    """The tax on top of an amount, rounded half up to whole minor units."""
    tax: Ints = (net * rate_ppm + _MILLION // 2) // _MILLION
    return tax


def tax_within(gross: Ints, rate_ppm: Ints) -> Ints:
    """The tax that an amount includes, rounded half up to whole minor units."""
    whole = _MILLION + rate_ppm
    tax: Ints = (2 * gross * rate_ppm + whole) // (2 * whole)
    return tax

"""Money is an integer of minor units and a currency. No float comes near it."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from iso4217 import Currency


@cache
def exponents() -> dict[str, int]:
    """ISO 4217 minor-unit exponent by currency code: USD 2, JPY 0, KWD 3.

    Codes without a minor unit (metals, test codes) are left out: they are not money that a
    statement can carry.
    """
    return {c.code: c.exponent for c in Currency if c.exponent is not None}


def exponent(currency: str) -> int:
    """The exponent of one currency; `ValueError` for a code that ISO 4217 does not know."""
    try:
        return exponents()[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency with a minor unit") from None


def format_minor(minor: int, currency: str) -> str:
    """Plain text of an amount, exact and without a locale: ``-1234.50 USD``, ``335 JPY``."""
    places = exponent(currency)
    return f"{Decimal(minor).scaleb(-places):,.{places}f} {currency}"

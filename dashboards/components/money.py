"""Numbers for people: integers in, text in the reader's locale out. No float comes near them."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction

import streamlit as st
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time, format_timedelta, get_timezone
from babel.numbers import format_currency, format_decimal

from tieout.figures import rate
from tieout.money import exponent

NOTHING = "–"
_MINUS = "\N{MINUS SIGN}"
_UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))
_COMPACT_FROM = 10_000  # below, an amount is as short in full


def reader_locale() -> Locale:
    """The locale of the reader's browser; English where it says none that is known."""
    try:
        return Locale.parse(st.context.locale or "en-US", sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en", "US")


def reader_zone() -> tzinfo:
    """The time zone of the reader's browser; UTC where it says none that is known."""
    try:
        return get_timezone(st.context.timezone or "UTC")
    except LookupError:
        return UTC


def money(minor: int | None, currency: str, compact: bool = False) -> str:
    """An amount with its currency, exact, or with three significant digits if `compact`."""
    if minor is None:
        return NOTHING
    places = exponent(currency)
    amount, unit = Decimal(minor).scaleb(-places), ""
    if compact and abs(minor) >= _COMPACT_FROM * 10**places:
        amount, places, unit = _three_digits(minor, places)
    locale = reader_locale()
    pattern = str(locale.currency_formats["standard"].pattern).split(";")[0]
    pattern = pattern.replace("0.00", ("0." + "0" * places if places else "0") + unit)
    text = format_currency(amount, currency, pattern, locale=locale, currency_digits=False)
    return _signed(text)


def _three_digits(minor: int, places: int) -> tuple[Decimal, int, str]:
    """The amount in thousands, millions, … rounded half up to three digits, and its unit."""
    scale: int = 10**places
    size, unit = next(u for u in _UNITS if abs(minor) >= u[0] * scale)
    decimals = 2 if abs(minor) < 10 * size * scale else 1 if abs(minor) < 100 * size * scale else 0
    step = size * scale
    rounded = (2 * abs(minor) * 10**decimals + step) // (2 * step)
    if rounded == 10**3 and decimals:  # 9.996 becomes 10.0, which has one place less
        rounded, decimals = 100, decimals - 1
    elif rounded == 1000 and unit != "T":  # 999.6K becomes 1.00M
        index = [name for _, name in _UNITS].index(unit)
        rounded, decimals, unit = 100, 2, _UNITS[index - 1][1]
    sign = -1 if minor < 0 else 1
    return Decimal(sign * rounded).scaleb(-decimals), decimals, unit


def each(minor: Decimal, currency: str) -> str:
    """What one of many costs, with its currency: two places more than an amount has."""
    places = exponent(currency)
    pattern = f"#,##0.{'0' * (places + 2)}"
    text = format_decimal(minor.scaleb(-places), pattern, locale=reader_locale())
    return f"{_signed(text)} {currency} each"


def count(number: int) -> str:
    """A whole number with the reader's separators."""
    return _signed(format_decimal(number, locale=reader_locale()))


def percent(numerator: int, denominator: int, places: int = 3) -> str:
    """A ratio of sums, cut and not rounded up: 100% means all."""
    return _decimal_mark(rate(numerator, denominator, places)) if denominator else NOTHING


def basis_points(value: Decimal, places: int = 1) -> str:
    """Basis points with the reader's separators."""
    pattern = f"#,##0.{'0' * places}"
    return f"{_signed(format_decimal(value, pattern, locale=reader_locale()))} bps"


def bps(numerator: int, denominator: int) -> str:
    """A ratio in basis points; a dash where there is nothing to divide by."""
    if not denominator:
        return NOTHING
    return basis_points(Decimal(numerator) * 10_000 / denominator)


def ratio_change(now: tuple[int, int], before: tuple[int, int]) -> str | None:
    """The difference of two ratios in basis points, with the ASCII signs that `st.metric` reads."""
    if not now[1] or not before[1]:
        return None
    change = (Fraction(*now) - Fraction(*before)) * 10_000
    return f"{_decimal_mark(f'{float(change):+.1f}')} bps"


def amount_change(now: int, before: int) -> str | None:
    """The change of an amount in percent; None where there is no base to compare with."""
    if before <= 0:
        return None
    return _decimal_mark(f"{float(Fraction(now - before, before) * 100):+.1f}%")


def money_change(minor: int, currency: str) -> str:
    """A difference of amounts, with the ASCII signs that `st.metric` reads."""
    return f"{'-' if minor < 0 else '+'}{money(abs(minor), currency, compact=True)}"


def day(value: date | None) -> str:
    """A day as the reader writes it."""
    return NOTHING if value is None else format_date(value, "medium", locale=reader_locale())


def month(value: date) -> str:
    """A month as one word of the address, in English for everyone: a link must mean the same."""
    return f"{value:%b %Y}"


def moment(when: datetime) -> str:
    """A moment as the reader writes it, in the time zone of their browser, which it names."""
    locale, zone = reader_locale(), reader_zone()
    time = format_time(when, "short", zone, locale=locale)
    return f"{day(when.astimezone(zone))} {time} {format_datetime(when, 'z', zone, locale=locale)}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago something was, in one unit."""
    return format_timedelta(moment - now, add_direction=True, locale=reader_locale())


def plural(number: int, singular: str, several: str | None = None) -> str:
    """A count with its noun."""
    return f"{count(number)} {singular if number == 1 else several or singular + 's'}"


def _decimal_mark(text: str) -> str:
    return text.replace(".", str(reader_locale().number_symbols["latn"]["decimal"]))


def _signed(text: str) -> str:
    return text.replace("-", _MINUS, 1) if text.startswith("-") else text

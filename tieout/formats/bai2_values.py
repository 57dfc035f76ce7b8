"""The values within the records of BAI2: days, amounts, counts, funds types and directions.

Amounts are written in the minor unit of their currency, without a decimal mark: 1000 is 10.00 USD,
1000 JPY, 1.000 KWD. A `ValueError` says why a value cannot be read.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from tieout.formats.amounts import MINOR_MAX
from tieout.formats.bai2_records import Fields

# Ranges of the type codes of entries: credits, debits, and those that a bank may define itself.
_SIGNS = ((100, 399, 1), (400, 699, -1), (920, 959, 1), (960, 999, -1))
_NOT_ENTRIES = (
    (1, 99, "a balance, not an entry"),
    (700, 799, "a loan's, for which the standard gives no direction"),
    (900, 919, "a balance of the bank's own, not an entry"),
)
_PLAIN_FUNDS = frozenset({"", "0", "1", "2", "Z"})


def read_day(text: str, what: str) -> date:
    """A date of six digits, the year first; of eight, where a bank writes the year in full."""
    try:
        if re.fullmatch(r"[0-9]{6}(?:[0-9]{2})?", text):
            year = "%y" if len(text) == 6 else "%Y"
            return datetime.strptime(text, f"{year}%m%d").date()  # noqa: DTZ007 - it has no zone
    except ValueError:
        pass
    raise ValueError(f"the {what} {text!r} is not a day written YYMMDD")


def read_total(text: str) -> int | None:
    """A control total or count of a trailer; None where it states none."""
    if text and not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError(f"{text!r} is not a control total or count")
    return int(text) if text else None


def read_minor(text: str) -> int:
    """An amount in minor units; nothing is zero, as the standard has it."""
    if not re.fullmatch(r"(?:[+-]?[0-9]{1,30})?", text):
        raise ValueError(f"{text!r} is not an amount in minor units")
    minor = int(text or "0")
    if abs(minor) > MINOR_MAX:
        raise ValueError(f"{text!r} is too large an amount")
    return minor


def read_count(text: str) -> int | None:
    """A number of items; None where there is none."""
    if text and not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"{text!r} is not a count of items")
    return int(text) if text else None


def take_funds(fields: Fields) -> date | None:
    """Takes the funds type with all that it brings along; the value date, where it is one."""
    kind = fields.next()
    if kind == "S":  # available at once, after one day, after two or more
        for _ in range(3):
            read_minor(fields.next())
    elif kind == "V":
        day, _time = fields.next(), fields.next()
        return read_day(day, "value date") if day else None
    elif kind == "D":
        for _ in range(read_count(fields.next()) or 0):
            if not fields:
                raise ValueError("the amounts of a distribution (funds type D) are cut off")
            read_count(fields.next())  # days until available
            read_minor(fields.next())
    elif kind not in _PLAIN_FUNDS:
        raise ValueError(f"the funds type {kind!r} is not 0, 1, 2, S, V, D or Z")
    return None


def sign_of(code: str) -> int:
    """1 for the type code of a credit, -1 for that of a debit."""
    number = int(code) if re.fullmatch(r"[0-9]{3}", code) else 0
    for first, last, sign in _SIGNS:
        if first <= number <= last:
            return sign
    for first, last, what in _NOT_ENTRIES:
        if first <= number <= last:
            raise ValueError(f"the type code {code} is {what}")
    raise ValueError(f"{code!r} is not the type code of an entry")

"""What the records of a BAI2 group and account mean: days, amounts, directions, balances, entries.

Amounts are written in the minor unit of their currency, without a decimal mark: 1000 is 10.00 USD,
1000 JPY, 1.000 KWD. The currency is the account's, else the group's, else the US dollar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tieout.formats.amounts import MINOR_MAX
from tieout.formats.bai2_records import Fields, Record
from tieout.formats.bank import Balance
from tieout.formats.base import ControlTotal
from tieout.money import exponent

_DEFAULT_CURRENCY = "USD"
_STATUSES = {"1": "update", "2": "deletion", "3": "correction", "4": "test"}
_INTERIM = frozenset({"1", "3"})  # as-of-date modifiers: interim data of the day before, of today
_WITHHELD = {
    "deletion": "the group is a deletion (status 2): it takes back what was reported before",
    "test": "the group is a test (status 4): its amounts are not money",
    "interim": "the group is an interim report (as-of-date modifier 1 or 3): the final one "
    "repeats its entries",
}

# The balances among the status codes; the rest are averages, floats, adjustments and limits.
_BALANCES = {
    "010": "opening",  # opening ledger
    "015": "closing",  # closing ledger
    "030": "other",  # current ledger
    "040": "other",  # opening available
    "045": "available",  # closing available
    "060": "other",  # current available
}
_SUMMARIES = {"100": ("credits", 1), "400": ("debits", -1)}  # the totals of all of one direction

# Ranges of the type codes of entries: credits, debits, and those that a bank may define itself.
_SIGNS = ((100, 399, 1), (400, 699, -1), (920, 959, 1), (960, 999, -1))
_NOT_ENTRIES = (
    (1, 99, "a balance, not an entry"),
    (700, 799, "a loan's, for which the standard gives no direction"),
    (900, 919, "a balance of the bank's own, not an entry"),
)
_NON_MONETARY = "890"
_PLAIN_FUNDS = frozenset({"", "0", "1", "2", "Z"})
_NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED"})


@dataclass(frozen=True)
class Group:
    """What a group header (02) says."""

    line: int
    originator: str
    kind: str
    """update, correction, deletion, test or interim."""
    day: date
    currency: str

    @property
    def withheld(self) -> str | None:
        """Why the records of the group are not booked; None where they are."""
        return _WITHHELD.get(self.kind)


def read_group(record: Record) -> Group:
    """A group header; `ValueError` says why it cannot be read.

    The as-of time is not needed: 2400 and 9999 are the end of the as-of date, not the day after.
    """
    fields = record.fields
    fields.next()  # the ultimate receiver
    originator, status, day = fields.next(), fields.next(), fields.next()
    fields.next()  # the as-of time
    currency, modifier = fields.next() or _DEFAULT_CURRENCY, fields.next()
    kind = _STATUSES.get(status)
    if kind is None:
        raise ValueError(f"the group status {status!r} is not 1, 2, 3 or 4")
    if modifier in _INTERIM and kind not in _WITHHELD:
        kind = "interim"
    as_of = read_day(day, "as-of date")
    return Group(record.line, originator or "?", kind, as_of, currency.upper())


class Account:
    """One account of one group: its statement of the day.

    `problem` is why nothing of it is booked; its amounts are added up all the same, because the
    control totals of the group and the file count them.
    """

    def __init__(self, record: Record, group: Group | None, problem: str | None) -> None:
        fields = record.fields
        self.line = record.line
        self.group = group
        self.number = fields.next()
        self.currency = (fields.next() or (group.currency if group else _DEFAULT_CURRENCY)).upper()
        self.problem = problem or self._problem()
        self.statement_id = f"{group.originator}/{group.day}" if group else "?"
        self.total = 0
        self.balances: list[Balance] = []
        self.lines: list[dict[str, Any]] = []
        self._stated: list[tuple[str, int, int | None, int | None]] = []
        self._summary = fields

    @property
    def scope(self) -> str:
        """How totals and findings name the statement."""
        return f"{self.number or 'an account'} statement {self.statement_id}"

    def _problem(self) -> str | None:
        if not self.number:
            return "the account (03) has no number"
        try:
            exponent(self.currency)
        except ValueError as error:
            return str(error)
        return None

    def read_summary(self) -> bool:
        """The balances and totals of the header; whether it has balances.

        `ValueError` says why it cannot be read: then none of its balances is kept, since one field
        too many or too few gives every later amount a wrong meaning.
        """
        balances: list[Balance] = []
        while self._summary:
            code = self._summary.next()
            if not code:
                continue  # banks fill up with empty fields
            if not re.fullmatch(r"[0-9]{3}", code):
                raise ValueError(f"{code!r} stands where the type code of an amount is expected")
            text = self._summary.next()
            minor = _minor(text)
            self.total += minor
            count = _count(self._summary.next())
            _funds(self._summary)
            if code in _SUMMARIES:
                what, sign = _SUMMARIES[code]
                self._stated.append((what, sign, minor if text else None, count))
            if code in _BALANCES and text and self.group:
                kind = _BALANCES[code]
                balances.append(Balance(self.line, kind, self.group.day, minor, self.currency))
        if self.problem:
            raise ValueError(self.problem)
        self.balances = balances
        return bool(balances)

    def read_entry(self, record: Record) -> bool:
        """Adds an entry (16) to the lines; False where it moves no money (type code 890).

        `ValueError` says why it cannot be read.
        """
        fields = record.fields
        code, text = fields.next(), fields.next()
        minor = _minor(text)
        self.total += minor
        if self.problem or self.group is None:
            raise ValueError(self.problem)
        if code == _NON_MONETARY:
            return False
        sign = _sign(code)
        if minor < 0:
            raise ValueError(f"the amount {text!r} has a sign, but the type code is the direction")
        value_date = _funds(fields)
        bank, customer, remittance = fields.next(), fields.next(), fields.text()
        self.lines.append(
            {
                "account": self.number,
                "statement_id": self.statement_id,
                "booking_date": self.group.day,
                "value_date": value_date,
                "amount_minor": sign * minor,
                "currency": self.currency,
                "bank_reference": None if bank in _NO_REFERENCE else bank,
                "end_to_end_id": None if customer in _NO_REFERENCE else customer,
                "remittance": remittance or None,
                "transaction_code": code,
                "source_line": record.line,
            }
        )
        return True

    def summary_totals(self) -> Iterator[ControlTotal]:
        """The header's totals of all credits and debits against the entries that the file has."""
        for what, sign, minor, count in self._stated:
            own = [
                abs(line["amount_minor"])
                for line in self.lines
                if _sign(line["transaction_code"]) == sign
            ]
            if minor is not None:
                name = f"sum_of_{what}"
                yield ControlTotal(name, self.scope, self.currency, minor, sum(own), self.line)
            if count is not None:
                name = f"number_of_{what}"
                yield ControlTotal(name, self.scope, None, count, len(own), self.line)


def read_day(text: str, what: str) -> date:
    """A date of six digits, the year first."""
    try:
        if re.fullmatch(r"[0-9]{6}", text):
            return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        pass
    raise ValueError(f"the {what} {text!r} is not a day written YYMMDD")


def read_total(text: str) -> int | None:
    """A control total or count of a trailer; None where it states none."""
    if text and not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError(f"{text!r} is not a control total or count")
    return int(text) if text else None


def _minor(text: str) -> int:
    """An amount in minor units; nothing is zero, as the standard has it."""
    if not re.fullmatch(r"(?:[+-]?[0-9]{1,30})?", text):
        raise ValueError(f"{text!r} is not an amount in minor units")
    minor = int(text or "0")
    if abs(minor) > MINOR_MAX:
        raise ValueError(f"{text!r} is too large an amount")
    return minor


def _count(text: str) -> int | None:
    if text and not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"{text!r} is not a count of items")
    return int(text) if text else None


def _funds(fields: Fields) -> date | None:
    """Takes the funds type with all that it brings along; the value date, where it is one."""
    kind = fields.next()
    if kind == "S":  # available at once, after one day, after two or more
        for _ in range(3):
            _minor(fields.next())
    elif kind == "V":
        day, _time = fields.next(), fields.next()
        return read_day(day, "value date") if day else None
    elif kind == "D":
        for _ in range(_count(fields.next()) or 0):
            if not fields:
                raise ValueError("the amounts of a distribution (funds type D) are cut off")
            _count(fields.next())  # days until available
            _minor(fields.next())
    elif kind not in _PLAIN_FUNDS:
        raise ValueError(f"the funds type {kind!r} is not 0, 1, 2, S, V, D or Z")
    return None


def _sign(code: str) -> int:
    """1 for the type code of a credit, -1 for that of a debit."""
    number = int(code) if re.fullmatch(r"[0-9]{3}", code) else 0
    for first, last, sign in _SIGNS:
        if first <= number <= last:
            return sign
    for first, last, what in _NOT_ENTRIES:
        if first <= number <= last:
            raise ValueError(f"the type code {code} is {what}")
    raise ValueError(f"{code!r} is not the type code of an entry")

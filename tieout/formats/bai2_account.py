"""What the records of a BAI2 group and account mean: their day, balances, totals and entries.

The currency is the account's, else the group's, else the US dollar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from tieout.formats.bai2_records import Record
from tieout.formats.bai2_values import read_count, read_day, read_minor, sign_of, take_funds
from tieout.formats.bank import (
    NOTICE,
    Balance,
    balance_rows,
    closing_totals,
    notice_totals,
    of_a_notice,
)
from tieout.formats.base import ControlTotal, Finding, Rows
from tieout.money import exponent

_DEFAULT_CURRENCY = "USD"
_STATUSES = {"1": "update", "2": "deletion", "3": "correction", "4": "test"}
_INTERIM = frozenset({"1", "3"})  # as-of-date modifiers: interim data of the day before, of today
_WITHHELD = {
    "deletion": "the group is a deletion (status 2): it takes back what was reported before",
    "test": "the group is a test (status 4): its amounts are not money",
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

_NON_MONETARY = "890"
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
    def is_notice(self) -> bool:
        """Whether it is an interim report, which the final one repeats."""
        return self.kind == "interim"

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
        self.is_notice = group is not None and group.is_notice
        interim = " interim" if self.is_notice else ""
        self.statement_id = f"{group.originator}/{group.day}{interim}" if group else "?"
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
            minor = read_minor(text)
            self.total += minor
            count = read_count(self._summary.next())
            take_funds(self._summary)
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
        minor = read_minor(text)
        self.total += minor
        if self.problem or self.group is None:
            raise ValueError(self.problem)
        if code == _NON_MONETARY:
            return False
        sign = sign_of(code)
        if minor < 0:
            raise ValueError(f"the amount {text!r} has a sign, but the type code is the direction")
        value_date = take_funds(fields)
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
                "stated_in": NOTICE if self.is_notice else None,
                "source_line": record.line,
            }
        )
        return True

    @property
    def stated_balances(self) -> Rows:
        """Its balances as rows."""
        stated = of_a_notice(self.balances) if self.is_notice else self.balances
        return balance_rows(self.number, self.statement_id, stated)

    def balance_totals(self) -> Iterator[ControlTotal | Finding]:
        """Whether its balances and entries tie, as far as it owes any balance."""
        sums = {self.currency: sum(line["amount_minor"] for line in self.lines)}
        totals = notice_totals if self.is_notice else closing_totals
        yield from totals(self.scope, self.balances, sums if self.lines else {}, self.line)

    def summary_totals(self) -> Iterator[ControlTotal]:
        """The header's totals of all credits and debits against the entries that the file has."""
        for what, sign, minor, count in self._stated:
            own = [
                abs(line["amount_minor"])
                for line in self.lines
                if sign_of(line["transaction_code"]) == sign
            ]
            if minor is not None:
                name = f"sum_of_{what}"
                yield ControlTotal(name, self.scope, self.currency, minor, sum(own), self.line)
            if count is not None:
                name = f"number_of_{what}"
                yield ControlTotal(name, self.scope, None, count, len(own), self.line)

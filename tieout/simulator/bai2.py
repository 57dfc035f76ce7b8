"""Bank statements as BAI2: what a bank in the United States sends its customers every day.

A file holds a month. Each day on which anything is booked is a group (02), and in it each account
with entries that day has a statement (03) that opens as its last one closed. An account without
entries is reported once, on the last day of the month, so that its balance is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tieout.simulator.phases import CURRENCIES

if TYPE_CHECKING:
    from tieout.simulator.bank import Entry, Statement

_BANK, _CUSTOMER = "TDEMBANK", "TDEM"
_WIDTH = 80
# Type codes: preauthorized ACH credit and debit.
_CREDIT, _DEBIT = "165", "455"


@dataclass(frozen=True)
class _Day:
    """One account on one day; amounts are minor units of the currency.

    `closing` is what the bank states, which may be wrong.
    """

    account: str
    currency: str
    opening: int
    closing: int
    entries: tuple[Entry, ...]

    @property
    def credits(self) -> list[int]:
        """What comes in."""
        return [entry.amount for entry in self.entries if entry.amount >= 0]

    @property
    def debits(self) -> list[int]:
        """What goes out, without its sign."""
        return [-entry.amount for entry in self.entries if entry.amount < 0]


def bai2(statements: Sequence[Statement]) -> str:
    """The statements of one month, of at least one account, as one file with one record a line."""
    month = statements[0].month
    days: dict[date, list[_Day]] = {}
    for statement in statements:
        for day, own in _days(statement):
            days.setdefault(day, []).append(own)
    lines = [
        f"01,{_BANK},{_CUSTOMER},{month.last_day:%y%m%d},2330,{month.month},{_WIDTH},,2/",
    ]
    total = 0
    for day in sorted(days):
        group, amount = _group(day, days[day])
        lines += group
        total += amount
    lines.append(f"99,{total},{len(days)},{len(lines) + 1}/")
    return "\r\n".join(lines) + "\r\n"


def _days(statement: Statement) -> Iterator[tuple[date, _Day]]:
    """The days of a statement, each opening as the one before it closed.

    The last of them closes with the balance that the statement states, be it right or wrong.
    """
    currency, opening = CURRENCIES[statement.currency], statement.opening
    dates = sorted({entry.day for entry in statement.entries}) or [statement.month.last_day]
    for day in dates:
        entries = tuple(entry for entry in statement.entries if entry.day == day)
        closing = opening + sum(entry.amount for entry in entries)
        stated = statement.stated if day == dates[-1] else closing
        yield day, _Day(statement.account, currency, opening, stated, entries)
        opening = closing


def _group(day: date, accounts: Sequence[_Day]) -> tuple[list[str], int]:
    """The lines of one day, and their control total."""
    lines = [f"02,{_CUSTOMER},{_BANK},1,{day:%y%m%d},2400,USD,2/"]
    total = 0
    for own in accounts:
        account, amount = _account(own)
        lines += account
        total += amount
    lines.append(f"98,{total},{len(accounts)},{len(lines) + 1}/")
    return lines, total


def _account(own: _Day) -> tuple[list[str], int]:
    """The lines of one account on one day, and their control total: the sum of all amounts."""
    came, went = sum(own.credits), sum(own.debits)
    lines = [
        f"03,{own.account},{own.currency},010,{own.opening},,,015,{own.closing},,/",
        f"88,100,{came},{len(own.credits)},,400,{went},{len(own.debits)},/",
    ]
    for entry in own.entries:
        lines += _entry(entry)
    # The entries are counted once themselves and once in the sums of the header.
    total = own.opening + own.closing + 2 * (came + went)
    lines.append(f"49,{total},{len(lines) + 1}/")
    return lines, total


def _entry(entry: Entry) -> list[str]:
    """One entry, its text continued where a line is full."""
    code = _CREDIT if entry.amount >= 0 else _DEBIT
    line = f"16,{code},{abs(entry.amount)},,{entry.reference},,"
    text = f"{entry.text} {entry.counterparty}"
    lines = []
    while True:
        room = _WIDTH - len(line) - 1  # for the slash
        # A space at the end of a line could be taken for filling; a line that is not full stands
        # for one instead.
        lines.append(f"{line}{text[:room].rstrip()}/")
        if len(text) <= room:
            return lines
        text, line = text[room:], "88,"

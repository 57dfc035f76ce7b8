"""What bank statements of every format have in common: rows, balances, and whether they close.

A notice is an interim report or a notification: its entries come again in the statement, so they
count only until that has come, and its balances open and close no statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa

from tieout.contracts import BANK_BALANCES, Table
from tieout.formats.base import ControlTotal, Finding, Rows

BATCH_ROWS = 10_000
NOTICE = "notice"  # a word of `STATED_IN`

_OF_A_NOTICE = {"opening": "interim_opening", "closing": "interim_closing"}


@dataclass(frozen=True)
class Balance:
    """One balance that a statement states; `kind` is a `balance_kind` of `BANK_BALANCES`."""

    line: int
    kind: str
    day: date
    minor: int
    currency: str


def decode(data: bytes, *declared: str) -> str:
    """UTF-8, else what the file declares, else Latin-1; every line end becomes a line feed.

    NUL is shown as ␀, which databases can hold.
    """
    for codec in ("utf-8-sig", *declared, "latin-1"):
        with suppress(UnicodeDecodeError, LookupError):
            text = data.decode(codec)
            break
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "␀")


def rows(table: Table, records: Sequence[Mapping[str, Any]]) -> Rows:
    """Canonical rows of records by column name; `source_line` is one of their keys."""
    lineage = [pa.field("source_line", pa.int64(), nullable=False), pa.field("extra", pa.string())]
    return Rows(table, pa.Table.from_pylist(records, schema=pa.schema([*table.columns, *lineage])))


def balance_rows(account: str, statement_id: str, balances: Sequence[Balance]) -> Rows:
    """The balances of one statement as rows of `BANK_BALANCES`."""
    return rows(
        BANK_BALANCES,
        [
            {
                "account": account,
                "statement_id": statement_id,
                "balance_kind": balance.kind,
                "balance_date": balance.day,
                "amount_minor": balance.minor,
                "currency": balance.currency,
                "source_line": balance.line,
            }
            for balance in balances
        ],
    )


def of_a_notice(balances: Sequence[Balance]) -> list[Balance]:
    """The balances of a notice as rows hold them: none of them is one of a statement."""
    return [replace(b, kind=_OF_A_NOTICE.get(b.kind, b.kind)) for b in balances]


def notice_totals(
    scope: str, balances: Sequence[Balance], entries: Mapping[str, int], line: int | None
) -> Iterator[ControlTotal | Finding]:
    """The closing total of a notice, if it states two balances that its entries must lie between.

    A report of what is new since the last one may open with the balance of the morning and close
    with that of the hour, so only balances of one kind are compared.
    """
    for pair in (("opening", "closing"), ("interim_opening", "interim_closing")):
        stated = [balance for balance in balances if balance.kind in pair]
        if {balance.kind for balance in stated} == set(pair):
            yield from closing_totals(scope, stated, entries, line)
            return


def closing_totals(
    scope: str, balances: Sequence[Balance], entries: Mapping[str, int], line: int | None
) -> Iterator[ControlTotal | Finding]:
    """Opening balance + entries = closing balance, per currency; or why that cannot be checked.

    `entries` is the sum of the booked entries by currency, `line` where the statement begins.
    """
    # The first page of a statement opens with the final balance and closes with an interim one,
    # the last page the other way round; where both are stated the final one is meant.
    opening = _by_currency(balances, "opening", "interim_opening")
    closing = _by_currency(balances[::-1], "closing", "interim_closing")
    for word, found in (("opening", opening), ("closing", closing)):
        if not found:
            message = f"{scope} states no {word} balance, so it cannot be shown to close"
            yield Finding(f"no_{word}_balance", message, line)
    if not (opening and closing):
        return
    tied = opening.keys() & closing.keys()
    for currency in sorted(tied):
        start, end = opening[currency], closing[currency]
        computed = start.minor + entries.get(currency, 0)
        yield ControlTotal("closing_balance", scope, currency, end.minor, computed, end.line)
    untied = (opening.keys() | closing.keys() | entries.keys()) - tied
    if untied:
        yield Finding(
            "currency_does_not_tie",
            f"{scope} opens in {_list(opening)}, closes in {_list(closing)} and has entries in "
            f"{_list(entries)}: {_list(untied)} cannot be shown to close",
            line,
        )


def report_name(
    account: str | None,
    statement_id: str | None,
    balances: Sequence[Balance],
    entry_days: Collection[date] = (),
) -> str:
    """What identifies a statement for good, so that a restated one supersedes it.

    Banks start their numbers again each year, and some never count at all (``00000``), so the
    last day of the booked balances is part of the name: without it the statement of one day would
    supersede that of another. A notice may have no balances; then its last entry says the day.
    """
    booked = [b.day for b in balances if b.kind.endswith(("opening", "closing"))]
    last = max(booked or entry_days, default=None)
    day = f"@{last}" if last else ""
    return f"{account or '?'}/{statement_id or '?'}{day}"


def record_lines(lines: Sequence[int]) -> tuple[Sequence[int], list[Finding]]:
    """Where each record is found again: its line, or its number where records share a line."""
    if len(set(lines)) == len(lines):
        return lines, []
    message = (
        "several records share a line of this file, so a record's number in the file stands in "
        "place of its line"
    )
    return range(1, len(lines) + 1), [Finding("no_line_numbers", message)]


def _by_currency(balances: Sequence[Balance], *kinds: str) -> dict[str, Balance]:
    """The first balance of each currency, earlier kinds before later ones."""
    found: dict[str, Balance] = {}
    for kind in kinds:
        for balance in balances:
            if balance.kind == kind:
                found.setdefault(balance.currency, balance)
    return found


def _list(currencies: Iterator[str] | Mapping[str, Any] | set[str]) -> str:
    return ", ".join(sorted(currencies)) or "no currency"

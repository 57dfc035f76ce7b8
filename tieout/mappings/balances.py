"""A bank's list of entries as a statement: which days it covers, and whether its balances chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import BANK_LINES
from tieout.formats.bank import Balance, balance_rows
from tieout.formats.base import ControlTotal, Finding, Part, Report, Rows
from tieout.mappings.columns import BALANCE
from tieout.mappings.model import MappingFile

_BREAKS_SHOWN_MAX = 20


def statement_parts(rows: pa.Table, mapping: MappingFile) -> Iterator[Part]:
    """All entries of a file, one statement an account unless the file names its statements.

    Such a statement is called by the days of its first and last entry, so a later download of the
    same days is the same statement.
    """
    if "statement_id" not in mapping.columns:
        rows = _with_days_as_statement(rows)
    if mapping.control_totals.running_balance:
        groups = _distinct(rows, "account", "currency", "statement_id")
        for account, currency, statement in groups:
            entries = _entries(
                _only(rows, account=account, currency=currency, statement_id=statement)
            )
            yield from _chained(entries, account, currency, statement)
        rows = rows.drop_columns([BALANCE])
    yield Rows(BANK_LINES, rows)
    if mapping.supersedes and len(rows):
        yield Report("+".join("/".join(of) for of in _distinct(rows, "account", "statement_id")))


def _with_days_as_statement(rows: pa.Table) -> pa.Table:
    days = rows.group_by("account").aggregate([("booking_date", "min"), ("booking_date", "max")])
    columns = days["account"], days["booking_date_min"], days["booking_date_max"]
    names = {
        account: f"{first}..{last}"
        for account, first, last in zip(*(column.to_pylist() for column in columns), strict=True)
    }
    places = pc.index_in(rows["account"], pa.array(names.keys(), pa.string()))
    return rows.append_column("statement_id", pa.array(names.values(), pa.string()).take(places))


class _Entry(NamedTuple):
    line: int
    day: date
    amount: int
    balance: int | None


def _entries(rows: pa.Table) -> list[_Entry]:
    names = ("source_line", "booking_date", "amount_minor", BALANCE)
    return sorted(map(_Entry._make, zip(*(rows[name].to_pylist() for name in names), strict=True)))


def _chained(entries: list[_Entry], account: str, currency: str, statement: str) -> Iterator[Part]:
    """The balances of a list that states one after each entry, and where one does not follow.

    Banks list the newest entry first or last; the order in which more of the balances follow is
    the one that is meant, and where that says nothing, the days do.
    """
    scope = f"{account}/{statement}"
    forward, backward = _breaks(entries), _breaks(entries[::-1])
    in_time = entries
    is_newest_first = entries[0].day > entries[-1].day
    if (len(backward), not is_newest_first) < (len(forward), is_newest_first):
        in_time, forward = entries[::-1], backward
    stated = [place for place, entry in enumerate(in_time) if entry.balance is not None]
    if not stated:
        yield Finding("no_closing_balance", f"{scope} states no balance in {currency}")
        return
    first, last = stated[0], stated[-1]
    opening = int(in_time[first].balance or 0) - sum(e.amount for e in in_time[: first + 1])
    closing = int(in_time[last].balance or 0)
    computed = opening + sum(e.amount for e in in_time[: last + 1])
    line = in_time[last].line
    yield ControlTotal("closing_balance", scope, currency, closing, computed, line)
    yield from forward[:_BREAKS_SHOWN_MAX]
    if len(forward) > _BREAKS_SHOWN_MAX:
        more = len(forward) - _BREAKS_SHOWN_MAX
        yield Finding("balance_does_not_follow", f"{scope}: and {more} more balances")
    balances = [
        Balance(in_time[0].line, "opening", in_time[0].day, opening, currency),
        Balance(line, "closing", in_time[last].day, closing, currency),
    ]
    yield balance_rows(account, statement, balances)


def _breaks(in_time: list[_Entry]) -> list[Finding]:
    """Each balance that is not the one before with the entries since."""
    found, since = [], 0
    before: _Entry | None = None
    for entry in in_time:
        since += entry.amount
        if entry.balance is None:
            continue
        if before and before.balance is not None and before.balance + since != entry.balance:
            message = (
                f"the balance of {entry.balance} is not the {before.balance} of line {before.line} "
                f"and {since} of entries since: the difference is "
                f"{entry.balance - before.balance - since} (minor units)"
            )
            found.append(Finding("balance_does_not_follow", message, entry.line))
        before, since = entry, 0
    return found


def _distinct(rows: pa.Table, *names: str) -> list[tuple[str, ...]]:
    return sorted(zip(*rows.group_by(list(names)).aggregate([]).to_pydict().values(), strict=True))


def _only(rows: pa.Table, **values: str) -> pa.Table:
    for name, value in values.items():
        rows = rows.filter(pc.equal(rows[name], value))
    return rows

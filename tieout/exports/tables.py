"""Published tables as people read them: money in major units, as exact decimals.

A column `x_minor` becomes `x`, in the currency of its row; `x_reporting_minor` becomes
`x_reporting`, in the reporting currency. All of it is SQL, so a table of any size is as quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import duckdb

from tieout.exports.files import Unwritable
from tieout.money import exponents

# What finance calls the tables that it asks for most.
NAMES = {
    "trial-balance": "fct_trial_balance_monthly",
    "general-ledger": "fct_general_ledger",
    "ledger-days": "fct_ledger_daily",
    "income-statement": "fct_income_statement_monthly",
    "cash": "fct_cash_roll_forward_monthly",
    "fx-effects": "fct_fx_effects_monthly",
    "revenue": "fct_revenue_monthly",
    "merchants": "fct_revenue_by_merchant_monthly",
    "costs": "fct_costs_monthly",
    "breaks": "fct_breaks",
    "items": "fct_reconciliation_items",
    "fee-claims": "rpt_fee_claims",
}

# By what a table is of a time; the first that it has.
_DAYS = ("business_date", "month", "service_month", "created_date", "date_day")
_MINOR, _REPORTING = "_minor", "_reporting_minor"


@dataclass(frozen=True)
class Period:
    """Whole months, both included; None: as far as there is anything."""

    first: date | None = None
    last: date | None = None

    @classmethod
    def parse(cls, since: str | None, until: str | None) -> Period:
        """From months as ``2024-01``; `Unwritable` says what is wrong."""
        first, last = _month(since), _month(until)
        if first and last and last < first:
            raise Unwritable(f"the period ends in {until}, before it begins in {since}")
        return cls(first, last)

    @property
    def after(self) -> date | None:
        """The first day after it."""
        if self.last is None:
            return None
        return date(self.last.year + self.last.month // 12, self.last.month % 12 + 1, 1)


@dataclass(frozen=True)
class Selection:
    """A table to export: its SQL, how many rows that has, and its columns of money."""

    table: str
    sql: str
    rows: int
    money: frozenset[str]


def named(name: str) -> str:
    """The table that is meant."""
    return NAMES.get(name, name)


def select_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    period: Period,
    reporting_currency: str,
    currency: str | None = None,
) -> Selection:
    """What to read of a published table; `Unwritable` where the edition has none of that name.

    `currency` keeps the rows of one currency, in a table that has it.
    """
    table = named(name)
    tables = {row[0] for row in connection.execute("show tables").fetchall()}
    if table not in tables:
        known = sorted({*NAMES, *tables})
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(NAMES))}"
        raise Unwritable(f"this edition has no {name!r}; {hint}, and every table of: show tables")
    columns = {
        str(column): str(kind)
        for column, kind, *_ in connection.execute(f'describe "{table}"').fetchall()
    }
    shown, money = [], []
    for column, kind in columns.items():
        if column.endswith(_MINOR) and (column.endswith(_REPORTING) or "currency" in columns):
            of_row = f"'{reporting_currency}'" if column.endswith(_REPORTING) else "currency"
            alias = column.removesuffix(_MINOR)
            shown.append(f'{_major(column, of_row)} as "{alias}"')
            money.append(alias)
        elif kind == "VARCHAR":
            shown.append(f'{_harmless(column)} as "{column}"')
        else:
            shown.append(f'"{column}"')
    day = next((column for column in _DAYS if column in columns), None)
    conditions = []
    if day and period.first:
        conditions.append(f"\"{day}\" >= date '{period.first}'")
    if day and period.after:
        conditions.append(f"\"{day}\" < date '{period.after}'")
    if currency and "currency" in columns:
        conditions.append(f"currency = '{_code(currency)}'")
    where = f" where {' and '.join(conditions)}" if conditions else ""
    order = ", ".join(f'"{column}"' for column in sorted(columns, key=lambda c: c != day))
    sql = f'select {", ".join(shown)} from "{table}"{where} order by {order}'
    # Counted by itself: as a part of the whole it would be sorted first.
    ((rows,),) = connection.execute(f'select count(*) from "{table}"{where}').fetchall()
    return Selection(table, sql, int(rows), frozenset(money))


def _major(column: str, currency: str) -> str:
    """Minor units as the text of an exact decimal, whatever the currency of the row."""
    places = ", ".join(f"'{code}': {places}" for code, places in sorted(exponents().items()))
    exponent = f"map {{{places}}}[{currency}]"
    whole, unit = f'abs(cast("{column}" as hugeint))', f"cast(pow(10, {exponent}) as hugeint)"
    return (
        f"case when \"{column}\" < 0 then '-' else '' end || ({whole} // {unit})"
        f" || case when {exponent} = 0 then ''"
        f" else '.' || lpad(cast({whole} % {unit} as varchar), {exponent}, '0') end"
    )


def _code(currency: str) -> str:
    if currency not in exponents():
        raise Unwritable(f"{currency!r} is no currency of ISO 4217")
    return currency


def _harmless(column: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"regexp_replace(\"{column}\", '^([=+@\\t\\r-])', '''\\1')"


def _month(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        year, month = text.split("-")
        return date(int(year), int(month), 1)
    except ValueError:
        raise Unwritable(f"{text!r} is no month; write it like 2024-01") from None

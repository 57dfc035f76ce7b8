"""Statements: trial balance, income, cash and the general ledger, and the books to take away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from dashboards.components import bar, empty, links, statement_parts
from dashboards.components.definitions import define
from dashboards.components.figure import Figure, figures, title, verdict
from dashboards.components.money import count, day, money, month, plural
from dashboards.components.statement_parts import LEDGER
from dashboards.components.words import leg
from dashboards.context import Context, Scope
from dashboards.queries import statements as queries

TRIAL, INCOME, CASH = "Trial balance", "Income statement", "Cash"
_TABLES = {
    TRIAL: "fct_trial_balance_monthly",
    INCOME: "fct_income_statement_monthly",
    CASH: "fct_cash_roll_forward_monthly",
    LEDGER: "fct_general_ledger",
}


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Statements")
    closed = queries.latest_month(context)
    if closed is None or not queries.proof(context, closed):
        empty.notice(
            "The ledger is empty here",
            f"Nothing was posted in {context.currency} until this period. "
            "Choose another month or currency above.",
        )
        return
    _verdict(context, closed)
    _figures(context, closed)
    chosen = st.segmented_control(
        "Statement",
        list(_TABLES),
        default=TRIAL,
        required=True,
        key="look",
        bind="query-params",
        label_visibility="collapsed",
    )
    shown: dict[str, Callable[[], None]] = {
        TRIAL: lambda: statement_parts.trial_balance(context, closed),
        INCOME: lambda: statement_parts.income(context),
        CASH: lambda: statement_parts.cash(context, closed),
        LEDGER: lambda: statement_parts.ledger(context),
    }
    look = chosen or TRIAL
    shown[look]()
    # More postings than a sheet holds are exported as CSV only, or month by month.
    fits = look != LEDGER or context.scope.is_one_month
    statement_parts.exports(context, _TABLES[look], ("csv", "xlsx") if fits else ("csv",))


def _verdict(context: Context, closed: date) -> None:
    proof = queries.proof(context, closed)
    wrong = [row for row in proof if row["closing"] or row["debits"] != row["credits"]]
    if wrong:
        amounts = ", ".join(
            money(int(row["closing"]) or int(row["debits"]) - int(row["credits"]), row["currency"])
            for row in wrong
        )
        sentence = f"The ledger is out of balance by {amounts}"
    elif len(proof) == 1:
        sentence = f"Debits equal credits in {proof[0]['currency']}"
    else:
        sentence = f"Debits equal credits in all {count(len(proof))} currencies"
    end = min(context.as_of.toordinal(), Scope.of_month(closed, None).after.toordinal() - 1)
    with verdict(
        sentence,
        f"Balances of {month(closed)}, until {day(date.fromordinal(end))}. "
        + ("Each currency was added up on its own." if len(proof) > 1 else ""),
    ):
        if wrong:
            links.to(
                "reconciliation",
                "Journals that do not balance",
                ":material/error:",
                leg=leg("ledger_balance"),
            )


def _figures(context: Context, closed: date) -> None:
    rows = queries.income(context)
    income = sum(int(row["amount"] or 0) for row in rows if row["section"] == "revenue")
    result = sum(int(row["amount"] or 0) for row in rows)
    entries = queries.ledger_size(context, None, None)

    def short(minor: int) -> str:
        return money(minor, context.currency, compact=True)

    figures(
        (
            Figure("Income", short(income), define(context, "ledger_income")),
            Figure("Result", short(result), define(context, "ledger_result")),
            Figure(
                "Cash at the end",
                short(queries.cash(context, closed)),
                f"What the accounts with the role `cash` closed with in {month(closed)}.  \n"
                f"{money(queries.cash(context, closed), context.currency)}.  \n"
                f"Unit: {context.currency}.",
            ),
            Figure(
                "Postings",
                count(entries),
                f"{plural(entries, 'line')} of journals in the period.  \nUnit: number.",
            ),
        )
    )


page()

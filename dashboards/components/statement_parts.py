"""The statements themselves: trial balance, income, cash and the general ledger."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.components import empty, export, grids, links, plots
from dashboards.components.money import NOTHING, day, money, plural
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import statements as queries
from tieout.money import exponent

LEDGER = "General ledger"
PAGE_ROWS = 14
ANY_ACCOUNT = "Any account"
_LINES = {
    "opening": "Opening",
    "closing": "Closing",
    "ledger_on_day": "Ledger on the bank's day",
    "stated_by_bank": "Stated by the bank",
    "difference": "Difference",
}


def trial_balance(context: Context, month: date) -> None:
    """Every account; the one that is selected opens in the general ledger."""
    st.markdown("## Trial balance")
    st.caption("Debits positive, each account in its own currency. Select one to see its postings")
    found = queries.trial_balance(context, month)
    right = ("Opening", "Debits", "Credits", "Closing")
    rows = [
        {
            "Account": row["account"],
            "Type": words(row["account_type"]),
            "Currency": row["currency"],
            **{name: money(int(row[f"{name.lower()}_minor"]), row["currency"]) for name in right},
            "Postings": int(row["entries"]),
        }
        for row in found
    ]
    picked = grids.table(
        rows,
        key=f"trial_{context.edition.edition_id}_{context.scope}",
        alt_text="Trial balance by account and currency",
        right=right,
        is_selectable=True,
    )
    if picked is not None:
        row = found[picked]
        links.to(
            "statements",
            f"{plural(int(row['entries']), 'posting')} of {row['account']} in {row['currency']}",
            ":material/arrow_forward:",
            look=LEDGER,
            account=row["account"],
            currency=row["currency"],
        )


def income(context: Context) -> None:
    """From revenue to the result, and each account of it."""
    st.markdown("## Income statement")
    found = queries.income(context)
    if not found:
        st.markdown(":gray[Nothing was earned or spent in this period.]")
        return
    sections: dict[str, int] = {}
    for row in found:
        sections[row["section"]] = sections.get(row["section"], 0) + int(row["amount"] or 0)
    _result(context, sections)
    rows = [
        {
            "Section": words(row["section"]),
            "Account": row["account"],
            "Product": words(row["product"]),
            "Amount": money(int(row["amount"] or 0), context.currency),
            "Postings": int(row["entries"]),
        }
        for row in found
    ]
    grids.table(
        rows, key="income", alt_text="Income statement by account and product", right=("Amount",)
    )


def _result(context: Context, sections: dict[str, int]) -> None:
    scale = 10 ** exponent(context.currency)
    at, steps = 0, []
    for place, (section, minor) in enumerate(sections.items()):
        name, short = words(section), money(minor, context.currency, compact=True)
        text = money(minor, context.currency)
        steps.append(
            plots.Step(name, at / scale, (at + minor) / scale, short, text, is_total=place == 0)
        )
        at += minor
    short, text = money(at, context.currency, compact=True), money(at, context.currency)
    steps.append(plots.Step("Result", 0, at / scale, short, text, is_total=True))
    plots.bridge(
        steps,
        key="chart_result",
        alt_text="Bridge from revenue to the result: "
        + ", ".join(f"{step.name} {step.text}" for step in steps),
    )


def cash(context: Context, month: date) -> None:
    """Each cash account from opening to closing, and what the bank says."""
    st.markdown("## Cash, from opening to closing")
    found = queries.roll_forward(context, month)
    if not found:
        st.markdown(":gray[The ledger has no cash account here.]")
        return
    different = [row for row in found if row["line"] == "difference" and row["amount_minor"]]
    st.caption(
        f"{plural(len(different), 'account')} {'differs' if len(different) == 1 else 'differ'} "
        "from what the bank states"
        if different
        else "Every account that a bank states closes with what the bank states"
    )
    rows = [
        {
            "Account": row["account"],
            "Bank account": row["bank_account"] or NOTHING,
            "Line": _LINES.get(row["line"], words(row["line"])),
            "Amount": money(int(row["amount_minor"]), row["currency"])
            if row["amount_minor"] is not None
            else NOTHING,
            "Day": day(row["on_day"]),
            "Postings": int(row["entries"] or 0),
        }
        for row in found
    ]
    grids.table(
        rows,
        key="cash",
        alt_text="Cash accounts from opening balance to the balance stated by the bank",
        right=("Amount",),
    )


def ledger(context: Context) -> None:
    """Postings with filters; the one that is selected with its journal and its original line."""
    st.markdown("## General ledger")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        options = [ANY_ACCOUNT, *queries.accounts(context)]
        chosen = st.selectbox(
            "Account",
            options,
            key="account",
            bind="query-params",
            label_visibility="collapsed",
            width=260,
        )
        search = st.text_input(
            "Search",
            key="search",
            bind="query-params",
            placeholder="Payment, merchant, journal or reference",
            label_visibility="collapsed",
            width=320,
        )
    account = None if chosen == ANY_ACCOUNT else chosen
    wanted = (search or "").strip() or None
    size = queries.ledger_size(context, account, wanted)
    if not size:
        empty.notice("No posting matches", "Clear a filter, or choose another month above.")
        return
    pages = -(-size // PAGE_ROWS)
    key = f"ledger_{account}_{wanted}_{context.edition.edition_id}_{context.scope}"
    number = min(int(st.session_state.get(key) or 1), pages)
    found = queries.ledger(
        context, account, wanted, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS
    )
    left, right = st.container(key="work").columns([2.4, 1.2], gap="medium")
    with left:
        st.markdown(f":gray[{plural(size, 'posting')} · newest first]")
        picked = grids.table(
            [_posting(row) for row in found],
            key=f"grid_{key}_{number}",
            alt_text="Postings of the general ledger, the newest first",
            right=("Amount",),
            is_selectable=True,
        )
        if pages > 1:
            st.pagination(pages, key=key)
    with right, st.container(border=True, key="detail", gap="small"):
        if picked is None:
            st.markdown("## One journal")
            st.markdown(":gray[Select a posting to see its journal and the line it came from.]")
        else:
            _journal(context, found[picked])


def _posting(row: Row) -> dict[str, str]:
    return {
        "Day": day(row["business_date"]),
        "Account": row["account"],
        "Amount": money(int(row["amount_minor"]), row["currency"]),
        "What": words(row["event_type"]),
        "Reference": row["reference"] or NOTHING,
        "Merchant": row["merchant_id"] or NOTHING,
    }


def _journal(context: Context, posting: Row) -> None:
    st.markdown(f"## {words(posting['event_type'])}")
    lines = queries.journal(context, posting["journal_id"])
    st.markdown(
        "  \n".join(
            f"{money(int(line['amount_minor']), line['currency'])} :gray[{line['account']}]"
            for line in lines
        )
    )
    sums: dict[str, int] = {}
    for line in lines:
        sums[line["currency"]] = sums.get(line["currency"], 0) + int(line["amount_minor"])
    rest = [money(minor, currency) for currency, minor in sums.items() if minor]
    st.markdown(f"**Does not balance: {', '.join(rest)}**" if rest else ":gray[It balances.]")
    st.markdown(
        f":small[Journal `{posting['journal_id']}`]  \n"
        f":small[`{posting['origin'] or posting['source_file_sha256'][:12]}:"
        f"{posting['source_line']}`]"
    )


def exports(context: Context, table: str, kinds: tuple[str, ...]) -> None:
    """The table shown, and the whole ledger as books."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.table_buttons(context, table, *kinds)
        export.book_buttons(context)
        links.to("audit", "How it is made", ":material/verified:", metric="ledger_result")

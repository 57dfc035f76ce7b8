"""Overview: is the money right, what is not, and what needs someone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from dashboards.components import bar, boundary, empty, links, overview_charts
from dashboards.components.figure import Change, figure, status_badge, title, verdict
from dashboards.components.money import (
    NOTHING,
    amount_change,
    count,
    money,
    money_change,
    month,
    percent,
    plural,
    ratio_change,
)
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.queries import overview as queries
from dashboards.queries.overview import Totals

NEEDS_SHOWN = 4


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Overview")
    months = queries.months(context)
    chosen = {m: t for m, t in months.items() if context.scope.first <= m < context.scope.after}
    now = queries.together(list(chosen.values()))
    if not now.items and not now.volume:
        _nothing(context, is_empty=not months)
        return
    _verdict(context, now)
    _figures(context, now, months)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        overview_charts.over_time(context, chosen)
    with right:
        _needs(context, now)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        overview_charts.ages(context)
    with right:
        overview_charts.revenue(context, months)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        boundary.part(overview_charts.costs, context)
    with right:
        boundary.part(overview_charts.success, context)


def _nothing(context: Context, is_empty: bool) -> None:
    if is_empty and context.scope.currency is None:
        reason = (
            "The files have no payments, settlements or postings yet; a bank statement alone has "
            "nothing to be compared with. "
        )
        empty.notice("Nothing to reconcile yet", f"{reason}`tieout status` says what was read.")
    else:
        reason = f"There is nothing in {context.currency} in this period. "
        empty.notice("Nothing happened here", reason + "Choose another month or currency above.")


def _verdict(context: Context, now: Totals) -> None:
    def full(minor: int) -> str:
        return money(minor, context.currency)

    def short(minor: int) -> str:
        return money(minor, context.currency, compact=True)

    if now.breaks:
        sentence = f"{full(now.at_risk)} of {short(now.value)} checked does not reconcile"
    elif now.items_in_transit:
        sentence = f"Every cent is accounted for, {short(now.value_in_transit)} of it in transit"
    else:
        sentence = "Every cent is accounted for"
    note = (
        f"{plural(now.items, 'item')} on {plural(now.legs, 'leg')} from ledger to bank; "
        "the same money is checked on each."
    )
    if now.breaks_without_rate:
        note += f" {plural(now.breaks_without_rate, 'break')} without a rate are not in the sum."
    with verdict(sentence, note), st.container(horizontal=True, gap="small"):
        matched, transit = now.value_matched, now.value_in_transit
        status_badge("matched", short(matched), f"{full(matched)}: both sides agree.")
        status_badge(
            "in_transit", short(transit), f"{full(transit)}: the other side may still come."
        )
        status_badge(
            "broken", short(now.at_risk), f"{full(now.at_risk)}: what the sides differ by."
        )


def _figures(context: Context, now: Totals, months: dict[date, Totals]) -> None:
    before, base = _prior(context, months)
    trend = [totals for totals in months.values() if totals.volume]

    def short(minor: int) -> str:
        return money(minor, context.currency, compact=True)

    def full(minor: int) -> str:
        return f"{money(minor, context.currency)}.  \nUnit: {context.currency}."

    def change(amount: Callable[[Totals, Totals], str | None]) -> Change | None:
        return Change(amount(now, before), base) if before else None

    with st.container(key="figures"):
        first, second, third, fourth = st.columns(4)
    with (
        first,
        figure(
            "Match rate by value",
            percent(now.value_matched, now.value),
            "**Match rate by value.** Value of matched items ÷ value of all items in scope, over "
            f"all legs.  \n{money(now.value_matched, context.currency)} of "
            f"{money(now.value, context.currency)}.  \nUnit: percent; change in basis points.",
            change=change(
                lambda a, b: ratio_change((a.value_matched, a.value), (b.value_matched, b.value))
            ),
            trend=[t.value_matched / t.value for t in trend if t.value],
        ),
    ):
        st.caption(f"{percent(now.items_matched, now.items)} by count")
    with (
        second,
        figure(
            "In transit",
            short(now.value_in_transit),
            "**In transit.** Value of items whose other side has not come yet, and whose deadline "
            f"has not passed.  \n{full(now.value_in_transit)}",
            change=change(
                lambda a, b: money_change(a.value_in_transit - b.value_in_transit, context.currency)
            ),
            good="neither",
            trend=[float(t.value_in_transit) for t in trend],
        ),
    ):
        items = plural(now.items_in_transit, "item")
        links.to("reconciliation", items, ":material/arrow_forward:", status="In transit")
    with (
        third,
        figure(
            "Open breaks",
            count(now.breaks),
            "**Open breaks.** Items whose sides differ, or whose other side is overdue. Value at "
            "risk is what the sides differ by.  \n"
            f"{money(now.at_risk, context.currency)} at risk.  \nUnit: items.",
            change=change(lambda a, b: f"{a.breaks - b.breaks:+d}"),
            good="down",
            trend=[float(t.breaks) for t in trend],
        ),
    ):
        at_risk = f"{short(now.at_risk)} at risk"
        links.to("reconciliation", at_risk, ":material/arrow_forward:", status="Broken")
    with (
        fourth,
        figure(
            "Gross payment volume",
            short(now.volume) if now.volume else NOTHING,
            f"**Gross payment volume.** Captured amounts, by day of capture.  \n{full(now.volume)}",
            change=change(lambda a, b: amount_change(a.volume, b.volume)),
            trend=[float(t.volume) for t in trend],
        ),
    ):
        if now.volume:
            st.caption(f"{short(now.gross_revenue)} gross revenue")


def _prior(context: Context, months: dict[date, Totals]) -> tuple[Totals | None, str]:
    """The month to compare with: the last one before it in which payments were captured."""
    if not context.scope.is_one_month:
        return None, ""
    earlier = [m for m, totals in months.items() if m < context.scope.first and totals.volume]
    if not earlier:
        return None, ""
    return months[max(earlier)], f"vs {month(max(earlier))}"


def _needs(context: Context, now: Totals) -> None:
    st.markdown("## What needs you")
    types = queries.break_types(context)
    with st.container(key="needs", gap="xxsmall"):
        old, old_risk = (sum(int(t[name]) for t in types) for name in ("old_breaks", "old_at_risk"))
        if old:
            text = f"**{count(old)}** older than 30 days, {money(old_risk, context.currency, True)}"
            links.to(
                "reconciliation",
                text,
                ":material/hourglass_bottom:",
                status="Broken",
                age="Over 30 days",
            )
        for row in types[:NEEDS_SHOWN]:
            text = (
                f"**{count(row['breaks'])}** {words(row['break_type']).lower()}, "
                f"{money(int(row['at_risk']), context.currency, True)}"
            )
            links.to(
                "reconciliation",
                text,
                ":material/error:",
                status="Broken",
                type=words(row["break_type"]),
            )
        boundary.part(_files, context, bool(types))


def _files(context: Context, is_needed: bool) -> None:
    files = queries.files(context)
    for number, one, several in (
        (files["unreadable"], "file could not be read", "files could not be read"),
        (files["quarantined"], "record is in quarantine", "records are in quarantine"),
        (files["failed_totals"], "control total differs", "control totals differ"),
    ):
        if number:
            what = plural(int(number), one, several).replace(" ", "** ", 1)
            st.markdown(f":material/description: **{what}", help="`tieout status` says which.")
    if not (is_needed or any(files.values())):
        st.markdown(":green[:material/check_circle:] Nothing: no open break, every file read.")


page()

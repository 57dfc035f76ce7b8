"""The charts of the Overview."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.components import charts
from dashboards.components.money import count, money, percent
from dashboards.components.palette import palette
from dashboards.components.words import age
from dashboards.context import Context
from dashboards.queries import overview as queries
from dashboards.queries.overview import Totals
from tieout.money import exponent


def over_time(context: Context, chosen: dict[date, Totals]) -> None:
    """What is not matched yet: in transit and broken apart, since the one dwarfs the other."""
    by_month = not context.scope.is_one_month
    st.markdown(f"## Not yet matched, by {'month' if by_month else 'day'}")
    found = {row["day"]: row for row in queries.over_time(context, by_month)}
    days = context.days
    if by_month:
        days = sorted({m for m, totals in chosen.items() if totals.volume} | found.keys())
    scale = 10 ** exponent(context.currency)
    colours = palette()
    shown = (("in_transit", "In transit"), ("broken", "Broken, value at risk"))
    for name, heading in shown:
        values = {shown_day: int(found.get(shown_day, {}).get(name, 0)) for shown_day in days}
        if not any(values.values()):
            st.markdown(f":gray[{heading}: none]")
            continue
        charts.bars(
            [
                {
                    "day": charts.moment(shown_day),
                    "value": minor / scale,
                    "text": money(minor, context.currency),
                }
                for shown_day, minor in values.items()
            ],
            key=f"chart_{name}",
            alt_text=f"{heading} over time: bars of the value",
            heading=heading,
            colour=getattr(colours, name),
            by_month=by_month,
            has_days=name == shown[-1][0],
        )


def ages(context: Context) -> None:
    """Open breaks by age: the value at risk, and how many."""
    found = queries.ages(context)
    st.markdown("## Open breaks, by age")
    st.caption("Value at risk · breaks, by days since the money moved")
    if not found:
        st.markdown(":gray[No open breaks.]")
        return
    scale = 10 ** exponent(context.currency)
    records = [
        {
            "name": age(row["age_bucket"]),
            "value": int(row["at_risk"]) / scale,
            "text": money(int(row["at_risk"]), context.currency),
            "label": money(int(row["at_risk"]), context.currency, True)
            + f" · {count(row['breaks'])}",
        }
        for row in found
    ]
    charts.ranked_bars(
        records,
        key="chart_ages",
        alt_text="Value at risk and number of open breaks by age",
        colour=palette().broken,
    )


def revenue(context: Context, months: dict[date, Totals]) -> None:
    """Gross and net revenue of every month of the edition."""
    st.markdown("## Revenue, by month")
    st.caption("Gross: fees charged to merchants. Net: less what networks and processors charged")
    scale = 10 ** exponent(context.currency)
    colours = palette()
    records = [
        {
            "day": charts.moment(m),
            "series": name,
            "value": minor / scale,
            "text": f"{name} {money(minor, context.currency)}",
            "label": f"{name} {money(minor, context.currency, True)}",
        }
        for m, totals in months.items()
        if totals.volume
        for name, minor in (("Gross", totals.gross_revenue), ("Net", totals.net_revenue))
    ]
    if not records:
        st.markdown(":gray[No revenue is known here.]")
        return
    charts.lines(
        records,
        key="chart_revenue",
        alt_text="Lines of gross and net revenue by month",
        colours={"Gross": colours.muted, "Net": colours.brand},
    )


def costs(context: Context) -> None:
    """Cost per million of volume of every month, over all currencies."""
    currency = context.edition.reporting_currency
    st.markdown("## Cost per million of volume, by month")
    st.caption(f"Operating cost ÷ gross payment volume, all currencies in {currency}")
    records = [
        {
            "day": charts.moment(row["month"]),
            "series": "Cost",
            "value": row["cost_per_million_minor"] / 10 ** exponent(currency),
            "text": money(row["cost_per_million_minor"], currency),
            "label": money(row["cost_per_million_minor"], currency, compact=True),
        }
        for row in queries.costs(context)
    ]
    if not records:
        st.markdown(":gray[No costs were delivered.]")
        return
    charts.lines(
        records,
        key="chart_costs",
        alt_text="Line of the cost per million of volume by month",
        colours={"Cost": palette().brand},
    )


def success(context: Context) -> None:
    """Success rate of every month, over all currencies."""
    st.markdown("## Success rate, by month")
    st.caption("Authorised ÷ valid attempts, all currencies")
    records = [
        {
            "day": charts.moment(row["month"]),
            "series": "Success",
            "value": int(row["authorised"]) / int(row["valid"]),
            "text": percent(int(row["authorised"]), int(row["valid"])),
            "label": percent(int(row["authorised"]), int(row["valid"])),
        }
        for row in queries.success(context)
    ]
    if not records:
        st.markdown(":gray[No payment attempts were delivered.]")
        return
    charts.lines(
        records,
        key="chart_success",
        alt_text="Line of the success rate by month",
        colours={"Success": palette().brand},
        kind="rate",
    )

"""Revenue: from what merchants paid to what is left, the take rate, and what both are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import streamlit as st

from dashboards.components import bar, charts, empty, export, grids, links, plots, waterfall
from dashboards.components.definitions import define
from dashboards.components.figure import Change, Figure, figures, title, verdict
from dashboards.components.money import (
    NOTHING,
    amount_change,
    bps,
    day,
    money,
    month,
    percent,
    ratio_change,
)
from dashboards.components.palette import palette
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import revenue as queries
from tieout.money import exponent

MONTH, PRODUCT, CURRENCY, NETWORK = "Month", "Product", "Currency", "Network bills"
INVOICES = "Booked and recognised"


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Revenue")
    months = queries.months(context)
    chosen = [r for m, r in months.items() if context.scope.first <= m < context.scope.after]
    now = _together(chosen)
    if not now["volume"] and not now["gross"] and not now["cost"]:
        empty.notice(
            "No revenue here",
            f"Nothing was captured, earned or charged in {context.currency} in this period. "
            "Choose another month or currency above.",
        )
        return
    _verdict(context, now)
    _figures(context, now, *_prior(context, months))
    left, right = st.container(key="work").columns([1.35, 1], gap="medium")
    with left:
        _bridge(context, now)
    with right:
        _take_rate(months)
    _tables(context, months)


def _together(rows: Iterable[Row]) -> dict[str, int]:
    names = ("volume", "refunds", "disputes", "gross", "cost", "net", *queries.COSTS)
    listed = list(rows)
    sums = {name: sum(int(row[name]) for row in listed) for name in names}
    return sums | {"days_without_rate": sum(int(row["days_without_rate"]) for row in listed)}


def _prior(context: Context, months: dict[date, Row]) -> tuple[dict[str, int] | None, str]:
    """The last month before the period in which something was captured."""
    earlier = [m for m, row in months.items() if m < context.scope.first and row["volume"]]
    if not context.scope.is_one_month or not earlier:
        return None, ""
    return _together([months[max(earlier)]]), f"vs {month(max(earlier))}"


def _verdict(context: Context, now: dict[str, int]) -> None:
    def short(minor: int) -> str:
        return money(minor, context.currency, compact=True)

    kept = percent(now["net"], now["gross"], 1)
    note = (
        f"Gross volume {short(now['volume'])}. Networks and processors took {short(now['cost'])}."
    )
    if now["days_without_rate"]:
        note += " Some days have no exchange rate; their amounts are not in the sums."
    with verdict(
        f"Merchants paid {short(now['gross'])}, and {short(now['net'])} of it is left, {kept}", note
    ):
        pass


def _figures(
    context: Context, now: dict[str, int], before: dict[str, int] | None, base: str
) -> None:
    def change(amount: Callable[[dict[str, int]], str | None]) -> Change | None:
        return Change(amount(before), base) if before else None

    def of(name: str) -> Change | None:
        return change(lambda prior: amount_change(now[name], prior[name]))

    def rate(name: str) -> Change | None:
        return change(lambda p: ratio_change((now[name], now["volume"]), (p[name], p["volume"])))

    def short(name: str) -> str:
        return money(now[name], context.currency, compact=True)

    figures(
        (
            Figure("Gross revenue", short("gross"), define(context, "gross_revenue"), of("gross")),
            Figure("Net revenue", short("net"), define(context, "net_revenue"), of("net")),
            Figure(
                "Take rate",
                bps(now["gross"], now["volume"]),
                define(context, "take_rate"),
                rate("gross"),
            ),
            Figure(
                "Net take rate",
                bps(now["net"], now["volume"]),
                define(context, "net_take_rate"),
                rate("net"),
            ),
        )
    )


def _bridge(context: Context, now: dict[str, int]) -> None:
    st.markdown("## From gross to net")
    st.caption("What each kind of cost takes of gross revenue, and its share of it")
    scale = 10 ** exponent(context.currency)

    def step(name: str, start: int, end: int, minor: int, is_total: bool = False) -> plots.Step:
        share = percent(abs(minor), now["gross"], 1)
        label = f"{money(minor, context.currency, compact=True)} · {share}"
        text = money(minor, context.currency)
        return plots.Step(name, start / scale, end / scale, label, text, is_total)

    steps, left = [step("Gross revenue", 0, now["gross"], now["gross"], True)], now["gross"]
    for column, name in queries.COSTS.items():
        if now[column]:
            steps.append(step(name, left, left - now[column], -now[column]))
            left -= now[column]
    steps.append(step("Net revenue", 0, now["net"], now["net"], True))
    plots.bridge(
        steps,
        key="chart_bridge",
        alt_text="Bridge from gross revenue over the costs of networks and processors to net: "
        + ", ".join(f"{one.name} {one.text}" for one in steps),
    )


def _take_rate(months: dict[date, Row]) -> None:
    st.markdown("## Take rate, by month")
    st.caption("Basis points of gross volume, whatever the period above")
    colours = palette()
    records = [
        {
            "day": charts.moment(m),
            "series": name,
            "value": int(row[column]) * 10_000 / int(row["volume"]),
            "text": f"{name} {bps(int(row[column]), int(row['volume']))}",
            "label": f"{name} {bps(int(row[column]), int(row['volume']))}",
        }
        for m, row in months.items()
        if row["volume"]
        for name, column in (("Gross", "gross"), ("Net", "net"))
    ]
    if not records:
        st.markdown(":gray[Nothing was captured, so there is nothing to divide by.]")
        return
    charts.lines(
        records,
        key="chart_take_rate",
        alt_text="Lines of the gross and the net take rate by month",
        colours={"Gross": colours.muted, "Net": colours.brand},
        height=250,
    )


def _tables(context: Context, months: dict[date, Row]) -> None:
    st.markdown("## What it is of")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        by = st.segmented_control(
            "By",
            [MONTH, PRODUCT, CURRENCY, NETWORK, INVOICES],
            default=MONTH,
            required=True,
            key="by",
            bind="query-params",
            label_visibility="collapsed",
        )
    if by == NETWORK:
        _network_fees(context)
    elif by == INVOICES:
        waterfall.waterfall(context)
    elif by == PRODUCT:
        _products(context)
    else:
        _amounts(context, by or MONTH, months)
    table = {
        PRODUCT: "fct_revenue_by_merchant_monthly",
        NETWORK: "fct_network_fees_monthly",
        INVOICES: "fct_revenue_waterfall_monthly",
    }.get(by or MONTH, "fct_revenue_monthly")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.table_buttons(context, table)
        links.to(
            "audit",
            "Records behind a figure",
            ":material/verified:",
            help="The same metrics with the number of records behind each, and how it is made.",
            metric="network_fee_cost" if by == NETWORK else "gross_revenue",
        )
        links.to("merchants", "By merchant", ":material/storefront:")


def _amounts(context: Context, by: str, months: dict[date, Row]) -> None:
    if by == MONTH:
        scope = context.scope
        listed = [
            (month(m), row)
            for m, row in sorted(months.items(), reverse=True)
            if scope.first <= m < scope.after
        ]
    else:
        listed = [(row["currency"], row) for row in queries.currencies(context)]
    shown = ("Volume", "Gross revenue", "Network cost", "Net revenue", "Take rate", "Net take rate")
    rows = [
        {
            by: name,
            **{
                column: money(int(row[key]), context.currency)
                for column, key in zip(shown, ("volume", "gross", "cost", "net"), strict=False)
            },
            "Take rate": bps(int(row["gross"]), int(row["volume"])),
            "Net take rate": bps(int(row["net"]), int(row["volume"])),
        }
        for name, row in listed
    ]
    explained = {
        "Volume": define(context, "gross_payment_volume"),
        "Network cost": define(context, "network_cost"),
    }
    grids.table(
        rows,
        key=f"by_{by}",
        alt_text=f"Volume, revenue, cost and take rates by {by.lower()}",
        right=shown,
        explained=explained,
    )


def _products(context: Context) -> None:
    right = ("Volume", "Gross revenue", "Network cost", "Net revenue", "Presented")
    rows = [
        {
            "Product": words(row["product"]),
            "Sold as": words(row["presentation"]),
            **{
                name: money(int(row[key]), context.currency)
                for name, key in zip(
                    right, ("volume", "gross", "cost", "net", "presented"), strict=True
                )
            },
        }
        for row in queries.products(context)
    ]
    if not rows:
        st.markdown(":gray[No product has revenue here.]")
        return
    grids.table(
        rows,
        key="by_product",
        alt_text="Revenue by product, and how it is presented",
        right=right,
        explained={
            "Sold as": "Principal: revenue is presented gross. Agent: net of network cost. "
            "Decided per product in the seed `products`.",
            "Presented": define(context, "presented_revenue"),
        },
    )


def _network_fees(context: Context) -> None:
    st.caption("Each in the currency of the bill. Accrued at the payment, trued up at the bill")
    found = queries.network_fees(context)
    if not found:
        st.markdown(":gray[No card network bills anything of this period.]")
        return
    rows = [
        {
            "Service month": month(row["service_month"]),
            "Network": words(row["network"]),
            "State": words(row["state"]),
            "Accrued": money(int(row["accrued_minor"]), row["currency"]),
            "Billed": money(int(row["billed_minor"]), row["currency"])
            if row["last_billed_on"]
            else NOTHING,
            "True-up": money(int(row["true_up_minor"]), row["currency"])
            if row["last_billed_on"]
            else NOTHING,
            "Billed on": day(row["last_billed_on"]),
            "Due": day(row["due_on"]),
        }
        for row in found
    ]
    grids.table(
        rows,
        key="network_fees",
        alt_text="Fees of card networks: accrued, billed and the true-up between them",
        right=("Accrued", "Billed", "True-up"),
        explained={"True-up": "What the network billed less what was accrued for the month."},
    )


page()

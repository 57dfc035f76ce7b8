"""Reconciliation: every leg, whether it adds up, and the items behind each figure."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st

from dashboards.components import bar, charts, empty, items
from dashboards.components.figure import status_badge, title, verdict
from dashboards.components.items import ANY_LEG, ROW_HEIGHT
from dashboards.components.money import NOTHING, basis_points, count, money, percent, plural
from dashboards.components.words import LEGS, leg, processor
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import reconciliation as queries


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Reconciliation")
    order = list(LEGS)
    legs = sorted(
        queries.legs(context),
        key=lambda row: order.index(row["leg"]) if row["leg"] in LEGS else len(order),
    )
    if not any(row["records"] or row["items"] for row in legs):
        empty.notice(
            "Nothing to reconcile here",
            f"There is nothing in {context.currency} in this period. "
            "Choose another month or currency above.",
        )
        return
    _verdict(context, legs)
    _legs(context, legs)
    _heat(context)
    items.items(context)


def _verdict(context: Context, legs: list[Row]) -> None:
    at_risk = sum(int(row["at_risk"]) for row in legs)
    broken = sum(int(row["items_broken"]) for row in legs)
    in_transit = sum(int(row["value_in_transit"]) for row in legs)
    lost = sum(int(row["records_lost"]) for row in legs)
    if broken:
        worst = max(legs, key=lambda row: int(row["at_risk"]))
        sentence = (
            f"{plural(broken, 'item')} worth {money(at_risk, context.currency)} "
            f"{'is' if broken == 1 else 'are'} broken, most of it on {leg(worst['leg']).lower()}"
        )
    else:
        sentence = "No item is broken on any leg"
    if lost:
        note = f"{plural(lost, 'record')} cannot be accounted for."
    elif any(row["records"] for row in legs):
        note = (
            "No record is lost and none is used twice: what came in is matched, in transit, "
            "broken or left out with a reason."
        )
    else:
        note = "Whether every record is accounted for can only be said of all rows together."
    with verdict(sentence, note), st.container(horizontal=True, gap="small"):
        matched = sum(int(row["value_matched"]) for row in legs)
        for name, minor in (("matched", matched), ("in_transit", in_transit), ("broken", at_risk)):
            text = money(minor, context.currency, compact=True)
            status_badge(name, text, money(minor, context.currency))


def _legs(context: Context, legs: list[Row]) -> None:
    st.markdown("## Legs")
    st.caption("Select a leg to see its items below")
    rows = [
        {
            "Leg": leg(row["leg"]),
            "Items": int(row["items"]),
            "Matched, count": percent(int(row["items_matched"]), int(row["items"]), 2),
            "Matched, value": percent(int(row["value_matched"]), int(row["value"]), 2),
            "In transit": money(int(row["value_in_transit"]), context.currency),
            "Broken": int(row["items_broken"]),
            "At risk": money(int(row["at_risk"]), context.currency),
            "Records in": int(row["records"]),
            "Conservation": _conservation(row),
        }
        for row in legs
    ]
    number = st.column_config.NumberColumn
    text = st.column_config.TextColumn
    st.dataframe(
        pa.Table.from_pylist(rows),
        key="legs",
        hide_index=True,
        row_height=ROW_HEIGHT,
        on_select=lambda: _follow(legs),
        selection_mode="single-row",
        alt="Legs: items, matched by count and by value, in transit, broken, conservation",
        column_config={
            "Leg": text(width="medium", help="Two sides that must say the same."),
            "Items": number(format="localized"),
            "Matched, count": text(alignment="right", help="Matched items ÷ items."),
            "Matched, value": text(alignment="right", help="Value of matched items ÷ value."),
            "In transit": text(alignment="right", help="The other side may still come."),
            "Broken": number(format="localized", help="Items whose sides differ or are overdue."),
            "At risk": text(alignment="right", help="What the sides of broken items differ by."),
            "Records in": number(format="localized", help="Records that the leg was given."),
            "Conservation": text(
                help="Records in = matched + in transit + broken + left out, by count and amount."
            ),
        },
    )


def _follow(legs: list[Row]) -> None:
    """A leg that is selected becomes the filter of the items below."""
    selected = st.session_state["legs"]["selection"]["rows"]
    st.session_state["leg"] = leg(legs[selected[0]]["leg"]) if selected else ANY_LEG


def _conservation(row: Row) -> str:
    if row["records_lost"] or row["minor_lost"]:
        return f"✗ {count(int(row['records_lost']))} records differ"
    return "✓ holds" if row["records"] else NOTHING


def _heat(context: Context) -> None:
    by_month = not context.scope.is_one_month
    found = queries.heat(context, by_month)
    if not found:
        return
    st.markdown(f"## Broken share by processor and {'month' if by_month else 'day'}")
    st.caption("Value at risk ÷ value, from under 1 bp (pale) to over 150 bps (strong)")
    records = [
        {
            "processor": processor(row["processor"]),
            "day": charts.moment(row["day"]),
            "bps": int(row["at_risk"]) * 10_000 / int(row["value"]),
            "text": f"{basis_points(Decimal(row['at_risk']) * 10_000 / Decimal(row['value']))}, "
            f"{money(int(row['at_risk']), context.currency)}",
        }
        for row in found
    ]
    charts.heat(
        records,
        key="chart_heat",
        alt_text="Heat map of the broken share by processor",
        by_month=by_month,
    )


page()

"""The revenue waterfall: what was booked, when it was recognised, and what remains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from dashboards.components import grids, plots
from dashboards.components.money import money, month, percent
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import revenue as queries
from tieout.money import exponent

MONTHS_NAMED = 12  # of more, years are shown


def waterfall(context: Context) -> None:
    """The bridge in the currency of the page, then every month in the currency of its invoices."""
    st.caption("What merchants invoiced in the period, without tax, and when it is their revenue")
    found = queries.bookings(context)
    if not found:
        st.markdown(":gray[No invoice of this period is known.]")
        return
    _bridge(context, found)
    grids.table(
        [
            {
                "Booked in": month(row["booking_month"]),
                "Currency": row["currency"],
                "Booked": money(int(row["booked"]), row["currency"]),
                "Recognised": money(int(row["recognised"]), row["currency"]),
                "Remaining": money(int(row["remaining"]), row["currency"]),
                "Recognised, share": percent(int(row["recognised"]), int(row["booked"]), 1),
                "Invoices": int(row["invoices"]),
            }
            for row in found
        ],
        key="bookings",
        alt_text="Booked, recognised and remaining by month of the invoice and currency",
        right=("Booked", "Recognised", "Remaining", "Recognised, share"),
        explained={
            "Recognised": "In equal parts for each day of the period that an invoice is for, up to "
            "the as-of date.",
            "Remaining": "Booked less recognised: revenue of days to come.",
        },
    )


def _bridge(context: Context, found: Sequence[Row]) -> None:
    currency = context.currency
    booked = sum(int(row["value"] or 0) for row in found)
    if not booked:
        return
    scale = 10 ** exponent(currency)

    def step(name: str, start: int, end: int, minor: int, is_total: bool = False) -> plots.Step:
        label = f"{money(minor, currency, compact=True)} · {percent(abs(minor), booked, 1)}"
        return plots.Step(name, start / scale, end / scale, label, money(minor, currency), is_total)

    steps, left = [step("Booked", 0, booked, booked, True)], booked
    for name, minor in _by_time(queries.recognised(context)).items():
        steps.append(step(name, left, left - minor, -minor))
        left -= minor
    steps.append(step("Remaining", 0, left, left, True))
    plots.bridge(
        steps,
        key="chart_waterfall",
        alt_text=f"Bridge in {currency} from booked over recognised by time to remaining: "
        + ", ".join(f"{one.name} {one.text}" for one in steps),
    )


def _by_time(recognised: dict[date, int]) -> dict[str, int]:
    """Amounts by month, or by year where there are many months."""
    by_month = len(recognised) <= MONTHS_NAMED
    together: dict[str, int] = {}
    for moment, minor in recognised.items():
        name = f"Recognised {month(moment) if by_month else moment.year}"
        together[name] = together.get(name, 0) + minor
    return together

"""Cost per volume: what a million costs to carry, through the phases of the company, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from dashboards.components import bar, charts, empty, export, grids, links
from dashboards.components.definitions import define
from dashboards.components.figure import Change, Figure, figures, title, verdict
from dashboards.components.money import NOTHING, amount_change, money, month, percent, plural
from dashboards.components.palette import palette
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import cost as queries
from tieout.money import exponent
from tieout.simulator.months import Month as SimulatedMonth
from tieout.simulator.phases import PHASES, phase_of

MILLION = 10**6
STORY, DRIVERS = "Over time", "Drivers"


def page() -> None:
    """The whole page; all of it is in the reporting currency, in which costs are compared."""
    context = bar.current()
    title("Cost per volume")
    months = queries.months(context)
    inside = {m: r for m, r in months.items() if context.scope.first <= m < context.scope.after}
    now = _together(list(inside.values()))
    if not now["cost"] and not now["volume"]:
        empty.notice(
            "No cost or volume here",
            "No operating cost was delivered and nothing was captured in this period. "
            "Choose another month above.",
        )
        return
    _verdict(context, now)
    _figures(context, now, months)
    _chart(context, months)
    chosen = st.segmented_control(
        "What to look at",
        [STORY, DRIVERS],
        default=STORY,
        required=True,
        key="look",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen == DRIVERS:
        _drivers(context, now)
    else:
        _story(context, inside)


def _together(rows: Sequence[Row]) -> dict[str, int]:
    return {name: sum(int(row[name]) for row in rows) for name in ("cost", "volume")}


def _per_million(row: Row | dict[str, int], currency: str) -> int:
    """Minor units on each million of major units, rounded half away from zero."""
    cost = int(row["cost"]) * MILLION * 10 ** exponent(currency)
    volume = int(row["volume"])
    rounded: int = (2 * cost + volume) // (2 * volume)
    return rounded


def _verdict(context: Context, now: dict[str, int]) -> None:
    currency = context.edition.reporting_currency
    cost = money(now["cost"], currency, compact=True)
    sentence = (
        f"Each million of volume cost {money(_per_million(now, currency), currency)}"
        if now["volume"]
        else f"{cost} of cost and no volume"
    )
    with verdict(
        sentence,
        f"{cost} of operating cost on {money(now['volume'], currency, compact=True)} "
        f"of gross volume, all currencies in {currency}.",
    ):
        pass


def _figures(context: Context, now: dict[str, int], months: dict[date, Row]) -> None:
    currency = context.edition.reporting_currency
    earlier = [m for m, r in months.items() if m < context.scope.first and r["volume"]]
    before = _together([months[max(earlier)]]) if earlier else None
    base = f"vs {month(max(earlier))}" if earlier else ""

    def change(now_minor: int, before_minor: int) -> Change:
        return Change(amount_change(now_minor, before_minor), base)

    figures(
        (
            Figure(
                "Cost per million",
                money(_per_million(now, currency), currency) if now["volume"] else NOTHING,
                define(context, "cost_per_volume", currency),
                change(_per_million(now, currency), _per_million(before, currency))
                if before and now["volume"]
                else None,
                "down",
            ),
            Figure(
                "Operating cost",
                money(now["cost"], currency, compact=True),
                define(context, "operating_cost", currency),
                change(now["cost"], before["cost"]) if before else None,
                "down",
            ),
            Figure(
                "Gross volume",
                money(now["volume"], currency, compact=True),
                define(context, "gross_payment_volume", currency),
                change(now["volume"], before["volume"]) if before else None,
            ),
        )
    )


def _is_simulated(context: Context) -> bool:
    """Whether the workspace is the simulated company's, whose phases are known."""
    return (context.home.home / "truth").is_dir()


def _chart(context: Context, months: dict[date, Row]) -> None:
    currency = context.edition.reporting_currency
    st.markdown("## Cost of each million of volume, by month")
    st.caption("Logarithmic, whatever the period above; months with cost and volume")
    records = [
        {
            "day": charts.moment(m),
            "series": "Cost",
            "value": _per_million(row, currency) / 10 ** exponent(currency),
            "text": money(_per_million(row, currency), currency),
            "label": money(_per_million(row, currency), currency, compact=True),
        }
        for m, row in months.items()
        if row["volume"] and row["cost"] > 0
    ]
    if not records:
        st.markdown(":gray[No month has both.]")
        return
    charts.lines(
        records,
        key="chart_cost",
        alt_text="Logarithmic line of the cost of each million of volume by month: "
        + ", ".join(f"{record['day'][:7]} {record['text']}" for record in records),
        colours={"Cost": palette().brand},
        height=260,
        kind="log",
        bands=_bands(months) if _is_simulated(context) else (),
    )


def _bands(months: dict[date, Row]) -> list[charts.Band]:
    """The phases of the simulated company as far as the months go."""
    first, last = min(months).year, max(months).year
    ends = [*(phase.first_year for phase in PHASES[1:]), last + 1]
    return [
        charts.Band(
            f"{phase.number} {phase.name}",
            date(phase.first_year, 1, 1),
            date(min(end, last + 1), 1, 1),
        )
        for phase, end in zip(PHASES, ends, strict=True)
        if phase.first_year <= last and end > first
    ]


def _story(context: Context, months: dict[date, Row]) -> None:
    currency = context.edition.reporting_currency
    success = queries.success(context)
    is_simulated = _is_simulated(context)
    rows = []
    for m, row in months.items():
        if not row["volume"]:
            continue
        phase = phase_of(SimulatedMonth(m.year, m.month)) if is_simulated else None
        tried = success.get(m)
        rows.append(
            {
                **({"Phase": f"{phase.number} {phase.name}"} if phase else {}),
                "Month": month(m),
                "Cost": money(int(row["cost"]), currency),
                "Volume": money(int(row["volume"]), currency),
                "Cost per million": money(_per_million(row, currency), currency),
                "Success rate": percent(int(tried["authorised"]), int(tried["valid"]))
                if tried
                else NOTHING,
            }
        )
    if not rows:
        st.markdown(":gray[No month of the period has volume.]")
        return
    grids.table(
        rows,
        key="story",
        alt_text="Cost, volume, cost per million and success rate by month",
        right=("Cost", "Volume", "Cost per million", "Success rate"),
        explained={
            "Cost per million": define(context, "cost_per_volume", currency),
            "Success rate": define(context, "payment_success_rate"),
        },
    )
    _exports(context, "fct_cost_per_volume_monthly")


def _drivers(context: Context, now: dict[str, int]) -> None:
    currency = context.edition.reporting_currency
    found = queries.drivers(context)
    if not found:
        st.markdown(":gray[No cost was delivered for this period.]")
        return
    grids.table(
        [
            {
                "Driver": words(row["cost_driver"]),
                "Category": words(row["category"]),
                "Cost": money(int(row["cost"]), currency),
                "Share": percent(int(row["cost"]), now["cost"], 1),
                "Per million of volume": money(
                    _per_million({"cost": row["cost"], "volume": now["volume"]}, currency), currency
                )
                if now["volume"]
                else NOTHING,
                "Records": plural(int(row["records"]), "cost"),
            }
            for row in found
        ],
        key="drivers",
        alt_text="Operating cost by driver and category, the largest first",
        right=("Cost", "Share", "Per million of volume", "Records"),
    )
    _exports(context, "fct_costs_monthly")


def _exports(context: Context, table: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.table_buttons(context, table)
        links.to(
            "audit", "Records behind a figure", ":material/verified:", metric="cost_per_volume"
        )


page()

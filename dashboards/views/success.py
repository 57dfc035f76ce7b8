"""Success rates: one population by every definition, how they lead to each other, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from dashboards.components import bar, empty, export, grids, links, plots, success_parts
from dashboards.components.definitions import define, label
from dashboards.components.figure import Change, Figure, figures, title, verdict
from dashboards.components.money import count, day, month, percent, plural, ratio_change
from dashboards.components.success_parts import points, ppm
from dashboards.components.words import processor, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import success as queries

RATES, CHANGE, DECLINES = "Definitions", "Change", "Declines"
CUTS, ROUTING = "Cuts", "Routing"
Counts = dict[str, int]


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Success rates")
    months = queries.months(context)
    inside = {m: r for m, r in months.items() if context.scope.first <= m < context.scope.after}
    now = queries.together(list(inside.values()))
    if not now["attempts"]:
        empty.notice(
            "No payment was attempted here",
            f"There is no attempt in {context.currency} in this period. "
            "Choose another month or currency above.",
        )
        return
    _verdict(context, now)
    _figures(context, now, months)
    chosen = st.segmented_control(
        "What to look at",
        [RATES, CHANGE, DECLINES, CUTS, ROUTING],
        default=RATES,
        required=True,
        key="look",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen == CHANGE:
        success_parts.change(context)
    elif chosen == DECLINES:
        success_parts.declines(context)
    elif chosen == CUTS:
        _cuts(context)
    elif chosen == ROUTING:
        success_parts.routing(context)
    else:
        _definitions(context, now)
        _bridge(context)


def _rate(counts: Counts, name: str) -> tuple[int, int]:
    numerator, denominator = queries.DEFINITIONS[name]
    return counts[numerator], counts[denominator]


def _verdict(context: Context, now: Counts) -> None:
    lost = now["payments"] - now["payments_authorised"]
    sentence = (
        f"{percent(*_rate(now, 'payment_success_rate'))} of valid attempts were authorised; "
        f"{plural(lost, 'payment')} never {'was' if lost == 1 else 'were'}"
    )
    young = [row for row in queries.maturity(context) if not row["is_mature"]]
    with verdict(
        sentence,
        f"{count(now['valid_attempts'])} valid attempts for {plural(now['payments'], 'payment')}.",
    ):
        if young:
            st.badge(
                f"Still rising until {day(young[0]['mature_on'])}",
                icon=":material/schedule:",
                color="blue",
                help=f"Payments of {month(young[0]['month'])} are still tried again, so its rates "
                "rise until then.",
            )


def _figures(context: Context, now: Counts, months: dict[date, Row]) -> None:
    earlier = [m for m in months if m < context.scope.first]
    before = queries.together([months[max(earlier)]]) if earlier else None
    base = f"vs {month(max(earlier))}" if earlier else ""
    names = ("payment_success_rate", "authorisation_rate", "deduplicated_success_rate")
    shown = [
        Figure(
            label(context, name),
            percent(*_rate(now, name)),
            define(context, name),
            Change(ratio_change(_rate(now, name), _rate(before, name)), base) if before else None,
        )
        for name in names
    ]
    uplift = now["payments_authorised"] - now["payments_authorised_first"]
    figures(
        (
            *shown,
            Figure(
                label(context, "retry_uplift"),
                percent(uplift, now["payments"]),
                define(context, "retry_uplift"),
            ),
        )
    )


def _definitions(context: Context, now: Counts) -> None:
    st.markdown("## The same payments by every definition")
    records: list[dict[str, Any]] = []
    for name in queries.DEFINITIONS:
        numerator, denominator = _rate(now, name)
        if denominator:
            text = f"{count(numerator)} of {count(denominator)}"
            records.append(
                {
                    "name": label(context, name),
                    "value": numerator * 100 / denominator,
                    "label": percent(numerator, denominator),
                    "text": f"{percent(numerator, denominator)}, {text}",
                }
            )
    records.sort(key=lambda record: float(record["value"]))
    plots.dots(
        records,
        key="chart_definitions",
        alt_text="Dot plot of the success rate by each definition: "
        + ", ".join(f"{record['name']} {record['label']}" for record in records),
    )


def _bridge(context: Context) -> None:
    st.markdown("## From one definition to another")
    known = [name for name in queries.DEFINITIONS if name != "capture_rate"]
    named = {label(context, name): name for name in known}
    options = list(named)
    with st.container(horizontal=True, gap="small", key="filters"):
        first = st.selectbox("From", options, index=2, key="from", bind="query-params", width=240)
        last = st.selectbox("To", options, index=4, key="to", bind="query-params", width=240)
    if first == last:
        st.markdown(":gray[Choose two definitions that differ.]")
        return
    bridged, steps = queries.bridge(context, named[first or ""], named[last or ""])
    if not steps or bridged is None:
        st.markdown(":gray[No month of this period has attempts to lead over.]")
        return
    st.caption(f"{month(bridged)}, all processors and currencies; the steps add up exactly")
    start, end = int(steps[0]["rate_before_ppm"]), int(steps[-1]["rate_after_ppm"])
    shown = [plots.Step(first or "", 0, start / 1e4, ppm(start), ppm(start), True)]
    for row in steps:
        before, after = int(row["rate_before_ppm"]), int(row["rate_after_ppm"])
        text = f"{ppm(before)} to {ppm(after)}"
        shown.append(
            plots.Step(
                words(row["step"]), before / 1e4, after / 1e4, points(int(row["step_ppm"])), text
            )
        )
    shown.append(plots.Step(f"{last} ", 0, end / 1e4, ppm(end), ppm(end), True))
    plots.bridge(
        shown,
        key="chart_bridge",
        alt_text=f"Bridge from {first} to {last}: "
        + ", ".join(f"{step.name} {step.label}" for step in shown),
        is_zoomed=True,
    )
    rows = [
        {
            "Step": words(row["step"]),
            "From": f"{count(row['numerator_before'])} ÷ {count(row['denominator_before'])}",
            "To": f"{count(row['numerator_after'])} ÷ {count(row['denominator_after'])}",
            "Change": points(int(row["step_ppm"])),
        }
        for row in steps
    ]
    grids.table(
        rows,
        key=f"steps_{first}_{last}",
        alt_text="Steps of the bridge with what is divided by what",
        right=("From", "To", "Change"),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.table_buttons(context, "rpt_success_rate_bridges")
        links.to(
            "audit",
            "Records behind a rate",
            ":material/verified:",
            metric=named[first or ""],
        )


def _cuts(context: Context) -> None:
    st.markdown("## By what was paid with, where and how")
    named = {words(name): name for name in queries.CUTS}
    by = st.segmented_control(
        "Cut by",
        list(named),
        default="Processor",
        required=True,
        key="by",
        bind="query-params",
        label_visibility="collapsed",
    )
    found = queries.cut(context, named[by or "Processor"])
    plain: dict[str, Callable[[str], str]] = {
        "Processor": processor,
        "Currency": str,
        "Issuer country": str,
    }
    word = plain.get(by or "", words)
    rates = ("payment_success_rate", "authorisation_rate", "deduplicated_success_rate")
    rows = [
        {
            by or "": word(row["name"]),
            "Valid attempts": int(row["valid_attempts"]),
            **{label(context, name): percent(*_rate(row, name)) for name in rates},
            "Tried again to success": int(row["payments_authorised"])
            - int(row["payments_authorised_first"]),
            "Capture rate": percent(*_rate(row, "capture_rate")),
        }
        for row in found
    ]
    records = [
        {
            "name": word(row["name"]),
            "value": int(row["authorised_attempts"]) * 100 / int(row["valid_attempts"]),
            "label": percent(*_rate(row, "payment_success_rate")),
            "text": f"{percent(*_rate(row, 'payment_success_rate'))} of "
            f"{count(row['valid_attempts'])} valid attempts",
        }
        for row in found[:12]
        if row["valid_attempts"]
    ]
    if records:
        st.caption("Payment success rate; the most attempts first")
        plots.dots(
            records,
            key=f"chart_cut_{by}",
            alt_text=f"Payment success rate by {by}: "
            + ", ".join(f"{r['name']} {r['label']}" for r in records),
        )
    grids.table(
        rows,
        key=f"cut_{by}",
        alt_text=f"Success rates by {by}, the most attempts first",
        right=(*(label(context, name) for name in rates), "Capture rate"),
    )
    with st.container(horizontal=True, gap="small"):
        export.table_buttons(context, "fct_payment_attempts_monthly")


page()

"""What stands behind a success rate: a change by its effects, declines, and routing."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from dashboards.components import export, grids, plots
from dashboards.components.money import count, money, month, percent
from dashboards.components.words import processor, words
from dashboards.context import Context
from dashboards.queries import success as queries

EFFECTS = {
    "mix": "Mix",
    "routing": "Routing",
    "processor": "Processors",
    "issuer": "Issuers",
    "risk": "Risk",
    "retry": "Retries",
}
_MEANING = {
    "mix": "Other payments: cards, funding, countries, currencies, sizes",
    "routing": "The same payments sent to other processors",
    "processor": "Processors' own failures",
    "issuer": "Issuers' declines at the first attempt",
    "risk": "Blocked or failed in authentication",
    "retry": "What trying again still brought",
}


def ppm(value: int) -> str:
    """Millionths as percent with three places."""
    return percent(value, 10**6, 3)


def points(value: int) -> str:
    """A difference of millionths in basis points, signed."""
    return f"{Decimal(value) / 100:+.2f} bps".replace("-", "\N{MINUS SIGN}")


def change(context: Context) -> None:
    """Last month's rate, what each effect did to it, and this month's: they add up exactly."""
    st.markdown("## Why it changed")
    row = queries.change(context)
    if row is None:
        st.markdown(":gray[There is no earlier month to compare with.]")
        return
    now, before = month(row["month"]), month(row["previous_month"])
    unripe = "" if row["is_mature"] else f" Retries of {now} are not over."
    st.caption(
        f"Deduplicated success rate, {before} to {now}, all currencies. "
        f"The effects add up exactly.{unripe}"
    )
    start, end = int(row["previous_rate_ppm"]), int(row["rate_ppm"])
    at, steps = start, [_total(before, start)]
    for name, title in EFFECTS.items():
        effect = int(row[f"{name}_effect_ppm"])
        steps.append(
            plots.Step(title, at / 1e4, (at + effect) / 1e4, points(effect), _MEANING[name] + ".")
        )
        at += effect
    steps.append(_total(now, end))
    plots.bridge(
        steps,
        key="chart_change",
        alt_text=f"Bridge from the success rate of {before} to that of {now}: "
        + ", ".join(f"{step.name} {step.label}" for step in steps),
        is_zoomed=True,
    )
    rows = [
        {
            "Effect": title,
            "What it is": _MEANING[name],
            "Change": points(int(row[f"{name}_effect_ppm"])),
        }
        for name, title in EFFECTS.items()
    ]
    grids.table(rows, key="effects", alt_text="Effects on the success rate", right=("Change",))
    with st.container(horizontal=True, gap="small"):
        export.table_buttons(context, "fct_success_rate_changes_monthly")


def _total(name: str, rate: int) -> plots.Step:
    return plots.Step(name, 0, rate / 1e4, ppm(rate), ppm(rate), True)


def declines(context: Context) -> None:
    """Why attempts failed, by family, and the codes of the family that is selected."""
    st.markdown("## Why attempts failed")
    found = queries.declines(context)
    if not found:
        st.markdown(":gray[No attempt failed in this period.]")
        return
    st.caption("All currencies, without invalid requests. Select a family to see its codes")
    failed = sum(int(row["attempts"]) for row in found)
    rows = [
        {
            "Family": words(row["decline_family"]),
            "Caused by": words(row["failure_cause"]),
            "Advice": words(row["retry_advice"]),
            "Attempts": int(row["attempts"]),
            "Share": percent(int(row["attempts"]), failed, 1),
            "Saved by a retry": percent(int(row["payments_authorised"]), int(row["payments"]), 1),
            "Amount": money(int(row["amount"]), context.edition.reporting_currency),
        }
        for row in found
    ]
    picked = grids.table(
        rows,
        key=f"declines_{context.edition.edition_id}_{context.scope}",
        alt_text="Failed attempts by family of decline, the most first",
        right=("Share", "Saved by a retry", "Amount"),
        explained={
            "Saved by a retry": "Payments authorised in the end ÷ payments with such a failure.",
            "Advice": "What the network says about trying again (`decline_families`).",
        },
        is_selectable=True,
    )
    if picked is not None:
        family = found[picked]["decline_family"]
        st.markdown(f"## Codes of {words(family).lower()}")
        grids.table(
            [
                {
                    "Code": row["decline_code"],
                    "Processor": processor(row["processor"]),
                    "Attempts": int(row["attempts"]),
                }
                for row in queries.codes(context, family)
            ],
            key=f"codes_{family}",
            alt_text="Attempts by code and processor",
        )
    with st.container(horizontal=True, gap="small"):
        export.table_buttons(context, "fct_declines_monthly")


def routing(context: Context) -> None:
    """What each processor would have authorised with the company's mix, with its uncertainty."""
    st.markdown("## Routing")
    found = [row for row in queries.routing(context) if row["mix_rate_ppm"] is not None]
    if not found:
        st.markdown(":gray[No processor can be compared on the company's mix here.]")
        return
    st.caption(
        f"{month(found[0]['month'])}, all currencies: the rate that each processor would have had "
        "with the company's mix, with its 95% interval. Where intervals overlap, nothing is proven"
    )
    records = [
        {
            "name": processor(row["processor"]),
            "value": int(row["mix_rate_ppm"]) / 1e4,
            "low": int(row["mix_rate_lower_ppm"]) / 1e4,
            "high": int(row["mix_rate_upper_ppm"]) / 1e4,
            "label": ppm(int(row["mix_rate_ppm"])),
            "text": f"{ppm(int(row['mix_rate_ppm']))}, between "
            f"{ppm(int(row['mix_rate_lower_ppm']))} and {ppm(int(row['mix_rate_upper_ppm']))}",
        }
        for row in found
    ]
    plots.dots(
        records,
        key="chart_routing",
        alt_text="Success rate of each processor on the company's mix with 95% intervals: "
        + ", ".join(f"{r['name']} {r['text']}" for r in records),
    )
    currency = found[0]["reporting_currency"]
    rows = [
        {
            "Processor": processor(row["processor"]),
            "Own rate": percent(int(row["authorised_payments"]), int(row["submitted_payments"])),
            "On the company's mix": record["text"],
            "Speaks for": percent(int(row["mix_payments"]), int(row["company_payments"]), 2),
            "Would have cost": money(int(row["mix_cost_reporting_minor"]), currency),
            "All cost": money(int(row["mix_cost_of_all_reporting_minor"]), currency),
            "Payments": count(int(row["submitted_payments"])),
        }
        for row, record in zip(found, records, strict=True)
    ]
    grids.table(
        rows,
        key="routing",
        alt_text="Each processor on the company's mix",
        right=("Own rate", "Speaks for", "Would have cost", "All cost", "Payments"),
        explained={
            "Speaks for": "Part of the company's payments in segments that it has data of.",
            "Would have cost": "Processing cost of those segments at this processor's prices.",
            "All cost": "What the same segments did cost, whoever processed them.",
        },
    )
    with st.container(horizontal=True, gap="small"):
        export.table_buttons(context, "rpt_routing_monthly")

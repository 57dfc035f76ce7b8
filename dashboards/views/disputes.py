"""Disputes: the ratios against the networks' thresholds, and how each month's payments mature."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.components import bar, charts, empty, export, grids, links, plots
from dashboards.components.definitions import define
from dashboards.components.figure import Change, Figure, figures, status_badge, title, verdict
from dashboards.components.money import (
    NOTHING,
    amount_change,
    bps,
    count,
    money,
    month,
    percent,
    plural,
    ratio_change,
)
from dashboards.components.palette import palette
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import disputes as queries

PROGRAMMES = {
    "visa_vamp": "Visa VAMP",
    "mastercard_ecm": "Mastercard ECM",
    "mastercard_hecm": "Mastercard HECM",
}
THRESHOLDS, COHORTS = "Thresholds", "Cohorts"
COMPANY = "The whole company"
_COUNTS = ("transactions", "chargebacks", "fraud", "reversals", "inquiries", "amount")


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Disputes")
    months = queries.months(context)
    inside = [r for m, r in months.items() if context.scope.first <= m < context.scope.after]
    now = _together(inside)
    if not any(now[name] for name in ("transactions", "chargebacks", "inquiries", "reversals")):
        empty.notice(
            "Nothing was disputed here",
            f"There is neither a card payment nor a dispute in {context.currency} in this period. "
            "Choose another month or currency above.",
        )
        return
    programmes = queries.programmes(context)
    _verdict(now, programmes)
    _figures(context, now, months)
    chosen = st.segmented_control(
        "What to look at",
        [THRESHOLDS, COHORTS],
        default=THRESHOLDS,
        required=True,
        key="look",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen == COHORTS:
        _cohorts(context)
    else:
        _thresholds(context, programmes)


def _together(rows: list[Row]) -> dict[str, int]:
    return {name: sum(int(row[name]) for row in rows) for name in _COUNTS}


def _verdict(now: dict[str, int], programmes: list[Row]) -> None:
    breached = [row for row in programmes if row["is_breached"]]
    coming = [row["days_to_breach"] for row in programmes if row["days_to_breach"] is not None]
    if breached:
        sentence = f"{plural(len(breached), 'threshold')} of card networks breached"
    elif coming:
        sentence = f"At this pace a threshold is breached in {plural(min(coming), 'day')}"
    else:
        sentence = "No threshold of a card network is breached or near"
    with verdict(
        sentence,
        f"{plural(now['chargebacks'], 'chargeback')} received, {count(now['fraud'])} of them for "
        f"fraud; {plural(now['reversals'], 'reversal')}.",
    ):
        if breached:
            status_badge("broken", f"{count(len(breached))} over the threshold")


def _figures(context: Context, now: dict[str, int], months: dict[date, Row]) -> None:
    earlier = [m for m, r in months.items() if m < context.scope.first and r["transactions"]]
    before = _together([months[max(earlier)]]) if earlier else None
    base = f"vs {month(max(earlier))}" if earlier else ""

    def rate(name: str, of: str) -> Change | None:
        if before is None:
            return None
        return Change(ratio_change((now[name], now[of]), (before[name], before[of])), base)

    figures(
        (
            Figure(
                "Dispute rate",
                percent(now["chargebacks"], now["transactions"]),
                define(context, "dispute_rate"),
                rate("chargebacks", "transactions"),
                "down",
            ),
            Figure(
                "Chargebacks",
                count(now["chargebacks"]),
                define(context, "chargebacks"),
                Change(amount_change(now["chargebacks"], before["chargebacks"]), base)
                if before
                else None,
                "down",
            ),
            Figure(
                "Charged back",
                money(now["amount"], context.currency, compact=True),
                define(context, "chargeback_volume"),
                Change(amount_change(now["amount"], before["amount"]), base) if before else None,
                "down",
            ),
            Figure(
                "For fraud",
                percent(now["fraud"], now["chargebacks"], 1),
                define(context, "fraud_chargebacks")
                + "  \nHere as a part of all chargebacks, in percent.",
            ),
        )
    )


def _thresholds(context: Context, programmes: list[Row]) -> None:
    st.markdown("## Ratio against thresholds")
    if not programmes:
        st.markdown(":gray[No programme of a card network applies to this period.]")
        return
    measured = [row for row in programmes if row["ratio_bps"] is not None][:10]
    st.caption(
        f"{month(programmes[0]['month'])}, all currencies. 100% is the threshold that holds in the "
        "month; a breach also needs the least number of items"
    )
    if measured:
        records = [
            {
                "name": f"{_who(row)}, {PROGRAMMES.get(row['programme'], row['programme'])}",
                "value": int(row["ratio_bps"]) * 100 / int(row["threshold_bps"]),
                "label": f"{percent(int(row['ratio_bps']), int(row['threshold_bps']), 0)} · "
                f"{count(row['ratio_bps'])} of {count(row['threshold_bps'])} bps",
                "text": f"{plural(int(row['items']), 'item')}, at least {row['minimum_count']}",
            }
            for row in measured
        ]
        charts.ranked_bars(
            records,
            key="chart_thresholds",
            alt_text="Dispute ratio as a part of the threshold: "
            + ", ".join(f"{record['name']} {record['label']}" for record in records),
            colour=palette().muted,
        )
    else:
        st.markdown(
            ":gray[The month before has no transactions to divide by, so there is no ratio yet.]"
        )
    rows = [
        {
            "Programme": PROGRAMMES.get(row["programme"], words(row["programme"])),
            "Merchant": _who(row),
            "Items": int(row["items"]),
            "At least": int(row["minimum_count"]),
            "Transactions": int(row["transactions"]),
            "Ratio": f"{count(row['ratio_bps'])} bps" if row["ratio_bps"] is not None else NOTHING,
            "Threshold": f"{count(row['threshold_bps'])} bps",
            "Breached": "✗ breached" if row["is_breached"] else "✓ no",
            "Days to breach": str(row["days_to_breach"])
            if row["days_to_breach"] is not None
            else NOTHING,
        }
        for row in programmes
    ]
    grids.table(
        rows,
        key="programmes",
        alt_text="Merchants against the networks' monitoring programmes, the nearest first",
        right=("Ratio", "Threshold", "Days to breach"),
        explained={
            "Days to breach": "At the pace of the month so far; empty where it is not reached in "
            "the month.",
            "Transactions": "Visa divides by the same month, Mastercard by the month before.",
        },
    )
    _exports(context, "fct_dispute_programmes_monthly")


def _who(row: Row) -> str:
    return COMPANY if row["merchant_id"] == "*" else str(row["merchant_id"])


def _cohorts(context: Context) -> None:
    st.markdown("## Chargebacks of each month's payments")
    found = [row for row in queries.cohorts(context) if row["transactions"]]
    if not found:
        st.markdown(":gray[No payment of this period can be followed.]")
        return
    st.caption("By month of payment, all currencies. A cohort still rises for up to 18 months")
    newest: dict[date, Row] = {row["payment_month"]: row for row in found}
    first = {row["payment_month"]: row for row in found if row["months_since"] == 0}
    records = [
        {
            "name": month(m),
            "value": int(row["chargebacks"]) * 10_000 / int(row["transactions"]),
            "low": int(first[m]["chargebacks"]) * 10_000 / int(first[m]["transactions"])
            if m in first
            else 0.0,
            "label": bps(int(row["chargebacks"]), int(row["transactions"])),
            "text": f"{plural(int(row['chargebacks']), 'chargeback')} of "
            f"{count(row['transactions'])}, after {row['months_since']} months",
        }
        for m, row in newest.items()
    ]
    plots.dots(
        records,
        key="chart_cohorts",
        alt_text="Chargebacks to date of each month's payments; the line begins at what the month "
        "itself had: " + ", ".join(f"{record['name']} {record['label']}" for record in records),
    )
    rows = [
        {
            "Payments of": month(m),
            "Payments": int(row["transactions"]),
            "Chargebacks": int(row["chargebacks"]),
            "Rate": bps(int(row["chargebacks"]), int(row["transactions"])),
            "Followed": plural(int(row["months_since"]), "month"),
            "Mature": "Yes" if int(row["months_since"]) >= 18 else "Still rising",
        }
        for m, row in sorted(newest.items(), reverse=True)
    ]
    grids.table(rows, key="cohorts", alt_text="Cohorts of payments", right=("Rate",))
    _exports(context, "fct_dispute_cohorts_monthly")


def _exports(context: Context, table: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.table_buttons(context, table)
        links.to("audit", "Records behind a figure", ":material/verified:", metric="chargebacks")
        links.to("merchants", "By merchant", ":material/storefront:")


page()

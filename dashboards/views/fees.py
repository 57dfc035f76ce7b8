"""Fees: contract against charged, and the list to claim back."""

from __future__ import annotations

import streamlit as st

from dashboards.components import bar, charts, empty, export, grids, links
from dashboards.components.figure import Figure, figures, title, verdict
from dashboards.components.money import NOTHING, count, day, money, percent, plural
from dashboards.components.palette import palette
from dashboards.components.words import leg, processor
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import fees as queries
from tieout.money import exponent

CLAIMS_SHOWN = 500


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Fees")
    compared = queries.compared(context)
    if not compared:
        empty.notice(
            "No fee was compared here",
            f"There is no settled fee in {context.currency} in this period, or no contract price "
            "to hold it against. Choose another month or currency above.",
        )
        return
    total = queries.total(context)
    _verdict(context, total)
    _figures(context, compared, total)
    left, right = st.container(key="work").columns([1, 1.3], gap="medium")
    with left:
        _by_processor(context)
    with right:
        _compared(compared)
    _claims(context, int(total["claims"]))


def _verdict(context: Context, total: Row) -> None:
    claimed = money(int(total["claimed"]), context.currency)
    sentence = (
        f"{claimed} to claim back: {plural(int(total['claims']), 'line')} charged above contract"
        if total["claims"]
        else "No processor charged more than its contract says"
    )
    note = "Every fee of a settlement line is held against the price that was agreed for its day."
    if total["without_rate"]:
        note += f" {plural(int(total['without_rate']), 'claim')} without a rate are not in the sum."
    with verdict(sentence, note):
        pass


def _figures(context: Context, compared: list[Row], total: Row) -> None:
    items = sum(int(row["items"]) for row in compared)
    matched = sum(int(row["items_matched"]) for row in compared)
    figures(
        (
            Figure(
                "To claim back",
                money(int(total["claimed"]), context.currency, compact=True),
                "Σ charged − contract of the lines that were charged more than agreed.  \n"
                f"Unit: {context.currency}. Table `rpt_fee_claims`.",
            ),
            Figure(
                "Claims",
                count(int(total["claims"])),
                "Settlement lines charged more than the contract says.  \nUnit: number.",
            ),
            Figure(
                "As agreed",
                percent(matched, items),
                "Lines whose fee is that of the contract ÷ lines with a price in a contract.  \n"
                f"{count(matched)} of {plural(items, 'line')}.  \nUnit: percent, by count.",
            ),
            Figure(
                "Oldest claim",
                plural(int(total["oldest"]), "day") if total["claims"] else NOTHING,
                "Days since the business date of the oldest line to claim.  \nUnit: days.",
            ),
        )
    )


def _by_processor(context: Context) -> None:
    st.markdown("## To claim, by processor")
    found = queries.by_processor(context)
    if not found:
        st.markdown(":gray[Nothing to claim.]")
        return
    scale = 10 ** exponent(context.currency)
    records = [
        {
            "name": processor(row["processor"]),
            "value": int(row["claimed"]) / scale,
            "text": money(int(row["claimed"]), context.currency),
            "label": f"{money(int(row['claimed']), context.currency)} · {count(row['claims'])}",
        }
        for row in found
    ]
    charts.ranked_bars(
        records,
        key="chart_claims",
        alt_text="Amount to claim by processor: "
        + ", ".join(f"{record['name']} {record['label']}" for record in records),
        colour=palette().broken,
    )


def _compared(compared: list[Row]) -> None:
    st.markdown("## Contract against charged")
    rows = [
        {
            "Processor": processor(row["processor"]),
            "Lines": int(row["items"]),
            "Contract": money(int(row["contract"]), row["currency"]),
            "Charged": money(int(row["charged"]), row["currency"]),
            "Difference": money(int(row["charged"]) - int(row["contract"]), row["currency"]),
            "As agreed": percent(int(row["items_matched"]), int(row["items"]), 2),
        }
        for row in compared
    ]
    grids.table(
        rows,
        key="compared",
        alt_text="Fees by contract and as charged, by processor and currency",
        right=("Contract", "Charged", "Difference", "As agreed"),
    )


def _claims(context: Context, claims: int) -> None:
    st.markdown("## Claims")
    found = queries.claims(context, CLAIMS_SHOWN)
    if not found:
        st.markdown(":gray[Nothing to claim in this period.]")
    else:
        part = f", {CLAIMS_SHOWN} of {count(claims)}" if claims > len(found) else ""
        st.caption(f"The largest first{part}. Select one to see its records")
        picked = grids.table(
            [_claim(row) for row in found],
            key=f"claims_{context.edition.edition_id}_{context.scope}",
            alt_text="Lines charged above contract, the largest claim first",
            right=("Charged", "Contract", "Claim", "In reporting currency"),
            is_selectable=True,
        )
        if picked is not None:
            links.to(
                "record",
                f"Open {found[picked]['reference'] or 'the item'}",
                ":material/arrow_forward:",
                item=found[picked]["break_id"],
            )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.table_buttons(context, "rpt_fee_claims")
        links.to(
            "reconciliation",
            "All differences to contracts",
            ":material/compare_arrows:",
            leg=leg("fee_contract"),
        )


def _claim(row: Row) -> dict[str, object]:
    return {
        "Place": int(row["place"]),
        "Processor": processor(row["processor"]),
        "Reference": row["reference"] or NOTHING,
        "Day": day(row["business_date"]),
        "Charged": money(int(row["charged_minor"]), row["currency"]),
        "Contract": money(int(row["contract_minor"]), row["currency"]),
        "Claim": money(int(row["claim_minor"]), row["currency"]),
        "In reporting currency": money(row["claim_reporting_minor"], row["reporting_currency"]),
        "Days": int(row["age_days"]),
    }


page()

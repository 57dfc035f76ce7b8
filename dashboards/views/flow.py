"""Money flow: from what the ledger says to what the bank has, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import streamlit as st

from dashboards.components import bar, empty, export, links
from dashboards.components.figure import status_badge, title, verdict
from dashboards.components.flow_charts import Step, bridge, sankey
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import money, plural
from dashboards.components.words import leg, processor, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import flow as queries
from dashboards.queries.flow import BANK, BROKEN, IN_TRANSIT, LEDGER, ORDER, UNEXPLAINED, Flow

TABLE_ROWS = 14
STATUS = {BANK: "bank", IN_TRANSIT: "in_transit", BROKEN: "broken", UNEXPLAINED: "unexplained"}
# Each section is a leg, but for the one that is within the settlement report.
SECTIONS = {
    1: ("Ledger to payments", "payment_ledger"),
    2: ("Payments to settlement", "payment_settlement"),
    3: ("Settlement to its net", None),
    4: ("Net to payouts", "batch_payout"),
    5: ("Payouts to bank", "payout_bank"),
}
COLUMNS = ("section", "processor", "currency", "from", "between", "broken", "to", "residual")


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Money flow")
    currencies = queries.currencies(context)
    if not currencies:
        empty.notice("No money flow", "The edition knows of no money between ledger and bank yet.")
        return
    wanted = context.currency
    currency = wanted if wanted in currencies else currencies[0]
    flows = queries.flows(queries.steps(context, currency))
    sums = _sums(flows)
    rows = queries.sections(context, context.scope.currency)
    _verdict(currency, sums, rows)
    _notes(context, currency, currencies)
    sankey(flows, STATUS, currency, alt_text=_words_of(sums, currency))
    st.markdown("## From ledger to bank")
    zoom = st.toggle(
        "Zoom to the steps",
        value=True,
        key="zoom",
        help="The axis begins near the smallest total, not at zero, so that small steps show.",
    )
    bridge(
        _bridge(sums), currency, key="chart_bridge", alt_text=_words_of(sums, currency), zoom=zoom
    )
    _table(context, rows)


def _sums(flows: list[Flow]) -> dict[str, int]:
    sums: dict[str, int] = {LEDGER: 0, BANK: 0}
    for flow in flows:
        sums[flow.name] = sums.get(flow.name, 0) + (-1 if flow.name == BANK else 1) * flow.minor
    return sums


def _bridge(sums: dict[str, int]) -> list[Step]:
    steps = [Step(LEDGER, sums[LEDGER], True)]
    steps += [
        Step(name, sums[name], False, STATUS.get(name)) for name in ORDER[1:] if sums.get(name)
    ]
    return [*steps, Step(BANK, sums[BANK], True)]


def _words_of(sums: dict[str, int], currency: str) -> str:
    parts = [f"{step.name.lower()} {money(step.minor, currency)}" for step in _bridge(sums)]
    return f"From ledger to bank in {currency}: {', '.join(parts)}"


def _verdict(currency: str, sums: dict[str, int], rows: list[Row]) -> None:
    off = [row for row in rows if row["residual_minor"]]
    sentence = (
        f"{money(sums[LEDGER], currency)} in the ledger became {money(sums[BANK], currency)} "
        "in the bank"
    )
    if off:
        note = f"{plural(len(off), 'section')} of the way has a part that nothing explains."
    else:
        note = "Every minor unit between the two is explained by a record: the residual is zero."
    with (
        verdict(sentence, note),
        st.container(horizontal=True, gap="small", vertical_alignment="center"),
    ):
        st.badge(
            f"Residual {money(-sums.get(UNEXPLAINED, 0), currency)}",
            icon=":material/error:" if off else ":material/check_circle:",
            color="red" if off else "green",
            help="What the totals of both ends differ by and no item says. Totals are summed "
            "before anything is matched, so that this can be wrong; a run where it is not zero "
            "does not publish.",
        )
        status_badge(
            "in_transit",
            money(-sums.get(IN_TRANSIT, 0), currency, compact=True),
            help="On its way at the as-of day: one side has it, and the other is not due yet.",
        )
        status_badge(
            "broken",
            money(sums.get(BROKEN, 0), currency, compact=True),
            help="What broken items add to the flow (or take, if negative), in sum.",
        )


def _notes(context: Context, currency: str, currencies: list[str]) -> None:
    parts = []
    if context.scope.currency is None:
        others = ", ".join(name for name in currencies if name != currency)
        also = f" (also in {others}: choose one above)" if others else ""
        parts.append(f"in {currency} alone, since currencies are not added up here{also}")
    elif context.scope.currency != currency:
        parts.append(f"nothing flowed in {context.scope.currency}, so this is {currency}")
    if context.scope.is_one_month:
        parts.append("the whole edition: the flow is not cut by month")
    if parts:
        note = "; ".join(part for part in parts if part)
        st.caption(f"{note[0].upper()}{note[1:]}.")


def _table(context: Context, rows: list[Row]) -> None:
    st.markdown("## Residual by section")
    event = st.dataframe(
        pa.Table.from_pylist([_row(row) for row in rows]),
        key=f"sections_{context.edition.edition_id}_{context.scope.currency}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), TABLE_ROWS) + 1) + 3,
        alt="Sections of the flow by processor and currency, the largest residual first",
        column_config={
            name: st.column_config.TextColumn(alignment="right", help=text)
            for name, text in (
                ("From", "The total at the beginning of the section."),
                ("Between", "What items, fees and conversions say lies between the totals."),
                ("Broken", "Of that, what is of broken items."),
                ("To", "The total at its end."),
                ("Residual", "From and between, less to: what nothing explains."),
            )
        },
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.buttons(
            context,
            f"tieout-flow-{context.edition.edition_id[:6]}",
            COLUMNS,
            lambda: _cells(rows),
            help=f"All {plural(len(rows), 'row')}.",
        )
        picked = event["selection"]["rows"]
        if picked and picked[0] < len(rows):
            row = rows[picked[0]]
            name = SECTIONS[row["section"]][1]
            if name:
                links.to(
                    "reconciliation",
                    "Its items",
                    ":material/arrow_forward:",
                    leg=leg(name),
                    processor=processor(row["processor"]),
                    currency=row["currency"],
                    status="All",
                )
            else:
                st.caption("Within the report of the processor; its lines are no items.")
        else:
            st.markdown(":gray[Select a section to go to its items.]")


def _row(row: Row) -> dict[str, str]:
    def amount(name: str) -> str:
        return money(int(row[f"{name}_minor"]), row["currency"])

    return {
        "Section": SECTIONS[row["section"]][0],
        "Processor": processor(row["processor"]),
        "Currency": row["currency"],
        "From": amount("from"),
        "Between": amount("steps"),
        "Broken": amount("broken"),
        "To": amount("to"),
        "Residual": amount("residual"),
    }


def _cells(rows: list[Row]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield (
            SECTIONS[row["section"]][0],
            words(row["processor"]),
            row["currency"],
            *(
                export.major(row[f"{name}_minor"], row["currency"])
                for name in ("from", "steps", "broken", "to", "residual")
            ),
        )


page()

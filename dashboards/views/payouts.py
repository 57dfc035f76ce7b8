"""Payouts and cash: what is on its way, what has landed, what is late, and when the rest comes."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import streamlit as st

from dashboards.components import bar, charts, empty, export, links
from dashboards.components.figure import figure, title, verdict
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import NOTHING, day, money, plural
from dashboards.components.palette import STATUSES, palette
from dashboards.components.payout_charts import ORDER, due_bars
from dashboards.components.words import processor, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import payouts as queries

LISTED = 1000
TABLE_ROWS = 12
WORDS = {"landed": "Landed", "late": "Late", "in_transit": "In transit"}
STATUS = {"late": "broken", "in_transit": "in_transit"}
COLUMNS = (
    *("item_id", "standing", "break_type", "processor", "reference", "amount", "currency"),
    *("paid_out", "due", "days_late"),
)


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Payouts and cash")
    totals = queries.totals(context)
    if not totals:
        empty.notice(
            "No payout in this period", "Choose another month or currency above, or all of them."
        )
        return
    arrivals = queries.arrivals(context)
    _verdict(context, totals, arrivals)
    _figures(context, totals, arrivals)
    _due(context)
    _forecast(context, arrivals)
    _list(context)
    _cash(context)


def _of(totals: dict[str, Row], standing: str) -> tuple[int, int]:
    """How many payouts stand so, and what they come to."""
    row = totals.get(standing)
    return (int(row["payouts"]), int(row["minor"])) if row else (0, 0)


def _verdict(context: Context, totals: dict[str, Row], arrivals: list[Row]) -> None:
    late, late_minor = _of(totals, "late")
    coming, coming_minor = _of(totals, "in_transit")
    if late:
        which = "payout has" if late == 1 else "payouts have"
        sentence = f"{late} {which} not arrived in time: {money(late_minor, context.currency)}"
    elif coming:
        sentence = f"Nothing is late; {money(coming_minor, context.currency)} is on its way"
    else:
        sentence = "Every payout has arrived"
    landed, landed_minor = _of(totals, "landed")
    note = f"{plural(landed, 'payout')} of {money(landed_minor, context.currency)} landed."
    if arrivals:
        note += f" The rest is expected by {day(arrivals[-1]['due'])}, as policy counts."
    without = sum(int(row["without_rate"]) for row in totals.values())
    if without:
        note += f" {plural(without, 'payout')} without an exchange rate left out of the sums."
    with verdict(sentence, note):
        pass


def _figures(context: Context, totals: dict[str, Row], arrivals: list[Row]) -> None:
    late, late_minor = _of(totals, "late")
    coming, coming_minor = _of(totals, "in_transit")
    landed, landed_minor = _of(totals, "landed")
    following = arrivals[0] if arrivals else None
    shown = (
        (
            "In transit",
            money(coming_minor, context.currency, compact=True),
            f"Payouts that the bank does not have yet and that are not due yet: {coming}. "
            "Amounts of other currencies are converted at the rate of the payout's day.",
        ),
        (
            "Not arrived",
            money(late_minor, context.currency, compact=True),
            f"Payouts that are due, and of which the bank has nothing: {late}. "
            "They are late first, and missing after more days: see the policy of the leg.",
        ),
        (
            "Landed",
            money(landed_minor, context.currency, compact=True),
            f"Payouts of the period that the bank has, also with another amount: {landed}.",
        ),
        (
            "Next arrival",
            money(int(following["minor"]), context.currency, compact=True)
            if following
            else NOTHING,
            f"What is due by {day(following['due'])}, the next deadline of an open payout."
            if following
            else "No payout is on its way.",
        ),
    )
    for column, (label, text, definition) in zip(
        st.container(key="figures").columns(4), shown, strict=True
    ):
        with column, figure(label, text, definition):
            pass


def _due(context: Context) -> None:
    by_month = not context.scope.is_one_month
    rows = queries.by_due(context, by_month=by_month)
    st.markdown("## Expected against landed")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge("Landed", icon=":material/check_circle:", color="green")
        st.badge("Not arrived", icon=":material/error:", color="red")
        st.badge("In transit", icon=":material/schedule:", color="blue")
        st.markdown(f":gray[by the {'month' if by_month else 'day'} on which they were due]")
    late = sum(int(row["minor"]) for row in rows if row["standing"] == "late")
    every = sum(int(row["minor"]) for row in rows)
    due_bars(
        [
            {
                "day": charts.moment(row["due"]),
                "standing": row["standing"],
                "word": WORDS[row["standing"]],
                "place": ORDER.index(row["standing"]),
                "value": float(export.major(row["minor"], context.currency) or 0),
                "text": f"{money(int(row['minor']), context.currency)}, "
                f"{plural(int(row['payouts']), 'payout')}",
            }
            for row in rows
        ],
        key="chart_due",
        alt_text=f"Payouts by when they were due: {money(every, context.currency)}, of which "
        f"{money(late, context.currency)} has not arrived",
        by_month=by_month,
        as_of=None if by_month else charts.moment(context.as_of),
    )


def _forecast(context: Context, arrivals: list[Row]) -> None:
    st.markdown("## Still to come")
    rule = queries.rule(context)
    if rule:
        days = int(rule["deadline_days"])
        kind = f"business days ({words(rule['calendar'])})" if rule["calendar"] else "days"
        st.caption(
            f"Each open payout on its deadline, by policy {days} {kind} after its day unless its "
            "processor has a rule of its own. Nothing is estimated."
        )
    if not arrivals:
        st.markdown(":gray[No payout is on its way.]")
        return
    charts.ranked_bars(
        [
            {
                "name": f"By {day(row['due'])}",
                "value": float(int(row["minor"])),
                "label": f"{money(int(row['minor']), context.currency, compact=True)}, "
                f"{plural(int(row['payouts']), 'payout')}",
                "text": money(int(row["minor"]), context.currency),
            }
            for row in arrivals
        ],
        key="chart_arrivals",
        alt_text="What is still to come by day: "
        + ", ".join(
            f"{day(r['due'])} {money(int(r['minor']), context.currency)}" for r in arrivals
        ),
        colour=palette().in_transit,
    )


def _list(context: Context) -> None:
    rows = queries.open_payouts(context, LISTED)
    st.markdown("## Open payouts, the late ones first")
    if not rows:
        st.markdown(":gray[Every payout of the period has arrived.]")
        return
    text = st.column_config.TextColumn
    event = st.dataframe(
        pa.Table.from_pylist([_row(row) for row in rows]),
        key=f"payouts_{context.edition.edition_id}_{hash(context.scope):x}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), TABLE_ROWS) + 1) + 3,
        alt="Payouts that have not arrived, the late ones first",
        column_config={
            "Status": st.column_config.MultiselectColumn(
                width=100,
                options=[STATUSES[name].word for name in ("broken", "in_transit")],
                color=[STATUSES[name].hue for name in ("broken", "in_transit")],
            ),
            "Amount": text(alignment="right"),
            "Due": text(help="The deadline of policy for this payout."),
            "Late": st.column_config.NumberColumn(format="%d d", help="Days since it was due."),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export.buttons(
            context,
            f"tieout-payouts-{context.edition.edition_id[:6]}",
            COLUMNS,
            lambda: _cells(rows),
            help=f"All {plural(len(rows), 'open payout')}.",
        )
        picked = event["selection"]["rows"]
        if picked and picked[0] < len(rows):
            item = rows[picked[0]]["item_id"]
            links.to("record", "Open the payout", ":material/arrow_forward:", item=item)
        else:
            st.markdown(":gray[Select a payout to open it.]")


def _row(row: Row) -> dict[str, object]:
    return {
        "Status": [STATUSES[STATUS[row["standing"]]].word],
        "Payout": row["reference"] or NOTHING,
        "Processor": processor(row["processor"]),
        "Amount": money(row["amount_minor"], row["currency"]),
        "Paid out": day(row["business_date"]),
        "Due": day(row["deadline"]),
        "Late": int(row["days_late"] or 0),
        "Why": words(row["break_type"]) if row["break_type"] else "Not due yet",
    }


def _cells(rows: list[Row]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield (
            *(row[name] for name in COLUMNS[:5]),
            export.major(row["amount_minor"], row["currency"]),
            row["currency"],
            row["business_date"],
            row["deadline"],
            row["days_late"],
        )


def _cash(context: Context) -> None:
    rows = queries.cash(context)
    if not rows:
        return
    st.markdown("## Cash at the end of the period")
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        pa.Table.from_pylist(
            [
                {
                    "Account": row["account"],
                    "Ledger": money(row["closing_minor"], row["currency"]),
                    "Bank, as stated": money(row["bank_minor"], row["currency"]),
                    "On": day(row["on_day"]),
                    "Difference": money(row["difference_minor"], row["currency"]),
                }
                for row in rows
            ]
        ),
        key="cash",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), TABLE_ROWS) + 1) + 3,
        alt="Cash accounts: the ledger's closing balance and what the bank stated last",
        column_config={
            "Ledger": st.column_config.TextColumn(
                alignment="right", help="The account's balance at the end of the last month."
            ),
            "Bank, as stated": right,
            "Difference": st.column_config.TextColumn(
                alignment="right", help="Ledger less bank, on the day of the bank's balance."
            ),
        },
    )


page()

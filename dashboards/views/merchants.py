"""Merchants: who sells how much, what the company earns from it, and one merchant over time."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st

from dashboards.components import bar, charts, empty, export
from dashboards.components.figure import figure, title, verdict
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import NOTHING, bps, count, money, percent, plural
from dashboards.components.palette import palette
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import merchants as queries
from tieout.money import exponent

PAGE_ROWS = 14
EXPORT_ROWS = 100_000
ANY_SEGMENT = "Any segment"
AMOUNTS = ("volume", "revenue", "cost", "net", "refunds", "disputes")


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Merchants")
    segments = queries.segments(context)
    total = {name: sum(int(row[name]) for row in segments) for name in ("merchants", *AMOUNTS)}
    if not total["merchants"]:
        empty.notice(
            "No merchant sold anything here",
            f"There is nothing in {context.currency} in this period. "
            "Choose another month or currency above.",
        )
        return
    _verdict(context, total)
    _figures(context, total)
    _segments(context, segments)
    _merchants(context, segments)


def _verdict(context: Context, total: dict[str, int]) -> None:
    # The whole first page of the list, which is asked for anyway.
    largest = queries.merchants(context, None, None, limit=PAGE_ROWS)[0]
    share = percent(int(largest["volume"]), total["volume"], 1)
    with verdict(
        f"{plural(total['merchants'], 'merchant')} sold "
        f"{money(total['volume'], context.currency, compact=True)}",
        f"The largest, {largest['merchant_id']}, is {share} of it.",
    ):
        pass


def _figures(context: Context, total: dict[str, int]) -> None:
    volume = total["volume"]
    columns = st.container(key="figures").columns(4, gap="small")
    for column, (label, text, definition) in zip(
        columns,
        (
            ("Merchants", count(total["merchants"]), "Merchants with any money fact."),
            (
                "Net revenue",
                money(total["net"], context.currency, compact=True),
                "Fees charged to merchants less what moving their money cost.",
            ),
            ("Take rate", bps(total["revenue"], volume), "Gross revenue ÷ gross volume."),
            ("Disputed", percent(total["disputes"], volume, 3), "Disputes ÷ gross volume."),
        ),
        strict=True,
    ):
        with column:
            figure(label, text, definition)


def _segments(context: Context, segments: list[Row]) -> None:
    st.markdown("## Volume by segment")
    records = [
        {
            "name": words(row["segment"]),
            "value": float(max(int(row["volume"]), 0)),
            "label": f"{money(int(row['volume']), context.currency, compact=True)}, "
            f"{plural(int(row['merchants']), 'merchant')}",
            "text": money(int(row["volume"]), context.currency),
        }
        for row in segments
        if int(row["merchants"])
    ]
    charts.ranked_bars(
        records,
        key="chart_segments",
        alt_text="Gross volume by segment of merchants",
        colour=palette().muted,
    )


def _merchants(context: Context, segments: list[Row]) -> None:
    st.markdown("## Merchants")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        names = {words(name): name for name in queries.segment_names(context)}
        chosen = st.selectbox(
            "Segment",
            [ANY_SEGMENT, *names],
            key="segment",
            bind="query-params",
            label_visibility="collapsed",
            width=180,
        )
        search = st.text_input(
            "Search",
            key="search",
            placeholder="Search an id",
            label_visibility="collapsed",
            width=220,
        )
    segment = names.get(chosen or ANY_SEGMENT)
    if search:
        segments = queries.segments(context, segment, search)
    found = sum(int(row["merchants"]) for row in segments if segment in (None, row["segment"]))
    if not found:
        empty.notice("No merchant matches", "Clear the search, or choose another segment.")
        return
    left, right = st.container(key="work").columns([2.9, 1.15], gap="medium")
    with left:
        selected = _grid(context, segment, search or None, found)
    with right, st.container(border=True, key="detail", gap="small"):
        if selected is None:
            st.markdown("## One merchant")
            st.markdown(":gray[Select a merchant to see its months.]")
        else:
            _detail(context, selected)


def _grid(context: Context, segment: str | None, search: str | None, found: int) -> Row | None:
    pages = -(-found // PAGE_ROWS)
    key = f"merchants_{segment}_{search}_{context.edition.edition_id}_{context.scope}"
    number = min(int(st.session_state.get(key) or 1), pages)
    shown = queries.merchants(
        context, segment, search, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS
    )
    rows = [
        {
            "Merchant": row["merchant_id"],
            "Segment": words(row["segment"]),
            "Country": NOTHING if row["country"] == "none" else row["country"],
            "Volume": money(int(row["volume"]), context.currency),
            "Revenue": money(int(row["revenue"]), context.currency),
            "Cost": money(int(row["cost"]), context.currency),
            "Take rate": bps(int(row["revenue"]), int(row["volume"])),
            "Disputed": percent(int(row["disputes"]), int(row["volume"]), 2),
        }
        for row in shown
    ]
    text = st.column_config.TextColumn
    event = st.dataframe(
        pa.Table.from_pylist(rows),
        key=f"grid_{key}_{number}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt="Merchants, the most volume first",
        column_config={
            name: text(alignment="right")
            for name in ("Volume", "Revenue", "Cost", "Take rate", "Disputed")
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if pages > 1:
            st.pagination(pages, key=key)
        export.csv_button(
            context,
            f"tieout-merchants-{context.edition.edition_id[:6]}.csv",
            lambda: _csv(context, queries.merchants(context, segment, search, limit=EXPORT_ROWS)),
            help=f"All {count(min(found, EXPORT_ROWS))} merchants of this selection.",
            size=min(found, EXPORT_ROWS),
            of=(segment, search),
        )
    picked = event["selection"]["rows"]
    return shown[picked[0]] if picked and picked[0] < len(shown) else None


def _detail(context: Context, merchant: Row) -> None:
    st.markdown(f"## {merchant['merchant_id']}")
    st.markdown(f":gray[{words(merchant['segment'])} · {merchant['country']}]")
    months = queries.months(context, merchant["merchant_id"])
    records = [
        {
            "day": charts.moment(row["month"]),
            "value": float(int(row["volume"])) / 10 ** exponent(context.currency),
            "text": money(int(row["volume"]), context.currency),
        }
        for row in months
    ]
    charts.bars(
        records,
        key=f"chart_{merchant['merchant_id']}",
        alt_text=f"Gross volume of {merchant['merchant_id']} by month",
        heading="Gross volume",
        colour=palette().muted,
        by_month=True,
        has_days=True,
    )
    st.markdown(
        f"Revenue {money(int(merchant['revenue']), context.currency)}  \n"
        f"Cost {money(int(merchant['cost']), context.currency)}  \n"
        f"**Net {money(int(merchant['net']), context.currency)}**  \n"
        f"Refunds {money(int(merchant['refunds']), context.currency)}  \n"
        f"Disputes {money(int(merchant['disputes']), context.currency)}"
    )


def _csv(context: Context, rows: list[Row]) -> str:
    def major(minor: object) -> Decimal:
        return Decimal(int(str(minor))).scaleb(-exponent(context.currency))

    return export.as_csv(
        ("merchant_id", "segment", "country", *AMOUNTS, "currency"),
        (
            (
                row["merchant_id"],
                row["segment"],
                row["country"],
                *(major(row[name]) for name in AMOUNTS),
                context.currency,
            )
            for row in rows
        ),
    )


page()

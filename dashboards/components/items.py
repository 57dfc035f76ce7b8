"""The items behind the figures: filters in the address, a page of a grid, one item's details."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import streamlit as st

from dashboards.components import empty, export, links
from dashboards.components.money import NOTHING, count, day, money, plural
from dashboards.components.palette import STATUSES, status_of
from dashboards.components.words import LEGS, leg, processor, sides, table, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import reconciliation as queries
from dashboards.queries import record as record_queries
from dashboards.queries.reconciliation import Filter
from tieout.money import exponent

PAGE_ROWS = 14
EXPORT_ROWS = 100_000
RECORDS_SHOWN = 6
ROW_HEIGHT = 36
ANY_LEG, ANY_TYPE, ANY_PROCESSOR, ANY_AGE = "Any leg", "Any break", "Any processor", "Any age"
AGES = {ANY_AGE: None, **{f"Over {days} days": days for days in (3, 7, 30, 90)}}
EVERY = "All"


def items(context: Context) -> None:
    """The filters and what they leave, with the details of the one that is selected."""
    st.markdown("## Items")
    chosen = _filters(context)
    total, at_risk = queries.size(context, chosen)
    if not total:
        empty.notice("No item matches", "Clear a filter, or choose another month above.")
        return
    left, right = st.container(key="work").columns([3.1, 1.1], gap="medium")
    with left:
        risk = f" · {money(at_risk, context.currency)} at risk" if at_risk else ""
        st.markdown(f":gray[{plural(total, 'item')}{risk} · largest first]")
        pages = -(-total // PAGE_ROWS)
        number = _page_number(context, chosen, pages)
        shown = queries.items(context, chosen, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS)
        selected = _grid(context, chosen, number, shown)
        with st.container(horizontal=True, vertical_alignment="center"):
            if pages > 1:
                st.pagination(pages, key=_page_key(context, chosen))
            export.csv_button(
                context,
                f"tieout-items-{context.edition.edition_id[:6]}.csv",
                lambda: _csv(queries.items(context, chosen, limit=EXPORT_ROWS)),
                help=f"All {count(min(total, EXPORT_ROWS))} items of this selection.",
                size=min(total, EXPORT_ROWS),
                of=chosen,
            )
    with right, st.container(border=True, key="detail", gap="small"):
        if selected is None:
            st.markdown("## Details")
            st.markdown(":gray[Select an item to see its records and the lines they came from.]")
        else:
            _detail(context, selected)


def _filters(context: Context) -> Filter:
    processors, break_types = queries.choices(context)
    legs = {leg(name): name for name in LEGS}
    types = {words(name): name for name in break_types}
    owners = {processor(name): name for name in processors}
    statuses = {STATUSES[name].word: name for name in ("broken", "in_transit", "matched")}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        status = st.segmented_control(
            "Status",
            [*statuses, EVERY],
            default="Broken",
            required=True,
            key="status",
            bind="query-params",
            label_visibility="collapsed",
        )
        leg_word = _choice("Leg", [ANY_LEG, *legs], "leg", 200)
        type_word = _choice("Break", [ANY_TYPE, *types], "type", 200)
        owner = _choice("Processor", [ANY_PROCESSOR, *owners], "processor", 165)
        older = _choice("Age", list(AGES), "age", 150)
    st.session_state["_filters"] = {
        key: value
        for key, value, default in (
            ("status", status, "Broken"),
            ("leg", leg_word, ANY_LEG),
            ("type", type_word, ANY_TYPE),
            ("processor", owner, ANY_PROCESSOR),
            ("age", older, ANY_AGE),
        )
        if value and value != default
    }
    return Filter(
        leg=legs.get(leg_word),
        status=statuses.get(status or EVERY),
        break_type=types.get(type_word),
        processor=owners.get(owner),
        older_than=AGES.get(older),
    )


def _choice(name: str, options: list[str], key: str, width: int) -> str:
    chosen = st.selectbox(
        name,
        options,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        width=width,
    )
    return chosen or options[0]


def _page_key(context: Context, chosen: Filter) -> str:
    # Another selection begins at its first page again.
    return f"page_{hash((context.edition.edition_id, context.scope, chosen)):x}"


def _page_number(context: Context, chosen: Filter, pages: int) -> int:
    # The pager stands under the grid but decides what the grid shows.
    return min(int(st.session_state.get(_page_key(context, chosen)) or 1), pages)


def _grid(context: Context, chosen: Filter, number: int, shown: list[Row]) -> Row | None:
    """The items as a grid; returns the selected one."""
    rows = [
        {
            "Status": [status_of(row["status"]).word],
            "What": words(row["break_type"]) if row["break_type"] else leg(row["leg"]),
            "Leg": leg(row["leg"]),
            "Processor": words(row["processor"]),
            "Reference": row["reference"] or NOTHING,
            "Amount": money(_amount(row), row["currency"]),
            "Difference": money(row["difference_minor"], row["currency"]),
            "Day": day(row["business_date"]),
            "Age": row["age_days"],
        }
        for row in shown
    ]
    text = st.column_config.TextColumn
    # A selection is a position, so anything that moves the rows must forget it.
    key = f"items_{_page_key(context, chosen)}_{number}"
    event = st.dataframe(
        pa.Table.from_pylist(rows),
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt="Items, the most value first",
        column_order=_columns(chosen),
        column_config={
            "Status": st.column_config.MultiselectColumn(
                width=96,
                options=[status.word for status in STATUSES.values()],
                color=[status.hue for status in STATUSES.values()],
            ),
            "What": text("Break", width=165),
            "Leg": text(width=150),
            "Processor": text(width=82),
            "Reference": text(width=150),
            "Amount": text(alignment="right", width=105, help="What the side that says more says."),
            "Difference": text(alignment="right", width=105, help="Left side less right side."),
            "Day": text(width=98, help="The day it happened (UTC)."),
            "Age": st.column_config.NumberColumn(format="%d d", width=56),
        },
    )
    selected = event["selection"]["rows"]
    return shown[selected[0]] if selected and selected[0] < len(shown) else None


def _columns(chosen: Filter) -> list[str]:
    """Without the columns that the filter has already said."""
    columns = ["What"] if chosen.status == "broken" else ["Leg"]
    if chosen.status is None:
        columns = ["Status", "Leg"]
    return [*columns, "Processor", "Reference", "Amount", "Difference", "Day", "Age"]


def _amount(row: Row) -> int:
    return max(int(row["left_minor"] or 0), int(row["right_minor"] or 0), key=abs)


def _detail(context: Context, item: Row) -> None:
    left, right = sides(item["leg"])
    status = status_of(item["status"])
    st.badge(status.word, icon=status.icon, color=status.hue)
    what = words(item["break_type"]) if item["break_type"] else leg(item["leg"])
    st.markdown(f"## {what}")
    st.markdown(
        f"{left} {money(item['left_minor'], item['currency'])}  \n"
        f"{right} {money(item['right_minor'], item['currency'])}  \n"
        f"**Difference {money(item['difference_minor'], item['currency'])}**"
    )
    records = record_queries.records(context, item["item_id"], limit=RECORDS_SHOWN)
    for record in records:
        st.markdown(
            f":gray[{table(record['source_table'])}] "
            f"{money(record['amount_minor'], record['currency'])}  \n"
            f":small[`{record['origin']}:{record['source_line']}`]"
        )
    more = int(item["left_count"]) + int(item["right_count"]) - len(records)
    if more > 0:
        st.caption(f"and {plural(more, 'more record', 'more records')}")
    if st.button(
        "Open the item",
        type="primary",
        icon=":material/arrow_forward:",
        icon_position="right",
        key="open",
    ):
        links.go("record", item=item["item_id"])


def _csv(items: list[Row]) -> str:
    columns = (
        *("item_id", "leg", "status", "break_type", "processor", "reference", "left", "right"),
        *("difference", "currency", "business_date", "deadline", "age_days"),
    )

    def major(minor: int | None, currency: str) -> Decimal | None:
        return None if minor is None else Decimal(minor).scaleb(-exponent(currency))

    return export.as_csv(
        columns,
        (
            (
                *(row[name] for name in columns[:6]),
                *(
                    major(row[f"{name}_minor"], row["currency"])
                    for name in ("left", "right", "difference")
                ),
                *(row[name] for name in columns[9:]),
            )
            for row in items
        ),
    )

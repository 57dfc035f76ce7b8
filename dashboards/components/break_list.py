"""The work list of open breaks: saved views and filters in the address, a grid, its exports."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import streamlit as st

from dashboards.components import export
from dashboards.components.deciding import NEXT_RUN, Work
from dashboards.components.items import AGES, ANY_LEG, ANY_PROCESSOR, ANY_TYPE, ROW_HEIGHT
from dashboards.components.money import NOTHING, count, money
from dashboards.components.words import leg, processor, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import breaks as queries
from dashboards.queries.breaks import Filter
from tieout.decisions.record import Person
from tieout.money import exponent

PAGE_ROWS = 14
EXPORT_ROWS = 100_000
OLD_DAYS = 30
MINE, NO_OWNER, OLD = "Mine", "No owner", f"Over {OLD_DAYS} days"
VIEWS = ("Open breaks", MINE, NO_OWNER, OLD)
ANY_STATE, ANY_OWNER, ANY_VALUE = "Explained or not", "Any owner", "Any value"
STATES = {ANY_STATE: None, "Not explained": False, "Explained": True}
# In major units of the currency of the context.
VALUES = {ANY_VALUE: None, "From 100": 100, "From 1000": 1_000, "From 10000": 10_000}
_SHORT = {NEXT_RUN: "next run", "waits for approval": "waits"}
COLUMNS = (
    *("item_id", "leg", "break_type", "processor", "reference", "left", "right", "difference"),
    *("value", "currency", "business_date", "deadline", "age_days", "owner", "claim", "decision"),
)


def open_owned(context: Context, work: Work) -> int:
    """How many open breaks have an owner."""
    return int(queries.size(context, Filter(item_ids=" ".join(sorted(work.owners))))["breaks"])


def filters(context: Context, who: Person, work: Work, view: str) -> Filter:
    """The filters above the list, and what they and the saved view leave."""
    found = queries.choices(context)
    legs = {leg(row["leg"]): row["leg"] for row in found}
    types = {words(row["break_type"]): row["break_type"] for row in found}
    processors = {processor(row["processor"]): row["processor"] for row in found}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        leg_word = _choice("Leg", [ANY_LEG, *sorted(legs)], "leg", 175)
        type_word = _choice("Break", [ANY_TYPE, *sorted(types)], "type", 175)
        processor_word = _choice(
            "Processor", [ANY_PROCESSOR, *sorted(processors)], "processor", 150
        )
        older = _choice("Age", list(AGES), "age", 130)
        least = _choice("Value", list(VALUES), "value", 130)
        owner = _choice("Owner", [ANY_OWNER, *sorted(set(work.owners.values()))], "owner", 140)
        state = _choice("Explained", list(STATES), "explained", 160)
        search = st.text_input(
            "Search",
            key="search",
            bind="query-params",
            placeholder="Reference or id",
            label_visibility="collapsed",
            width=150,
        )
    item_ids, is_among = _of_owner(who, work, view, owner)
    value = VALUES.get(least)
    return Filter(
        leg=legs.get(leg_word),
        break_type=types.get(type_word),
        processor=processors.get(processor_word),
        older_than=max(AGES.get(older) or 0, OLD_DAYS) if view == OLD else AGES.get(older),
        is_explained=STATES.get(state),
        at_least=None if value is None else value * 10 ** exponent(context.currency),
        search=search or None,
        item_ids=item_ids,
        is_among=is_among,
    )


def _of_owner(who: Person, work: Work, view: str, owner: str) -> tuple[str | None, bool]:
    """The items that the owner asked for has; or, of the view without owners, all that have one."""
    if view == NO_OWNER:
        return " ".join(sorted(work.owners)), False
    if view == MINE:
        return " ".join(sorted(i for i, name in work.owners.items() if who.is_same(name))), True
    if owner != ANY_OWNER:
        return " ".join(sorted(i for i, name in work.owners.items() if name == owner)), True
    return None, True


def _choice(name: str, options: list[str], key: str, width: int) -> str:
    chosen = st.selectbox(
        name, options, key=key, bind="query-params", label_visibility="collapsed", width=width
    )
    return chosen or options[0]


def grid(context: Context, chosen: Filter, total: int, work: Work) -> list[Row]:
    """A page of the breaks; returns those that are selected."""
    pages = -(-total // PAGE_ROWS)
    # A selection is a position, so anything that moves the rows must forget it.
    key = f"page_{hash((context.edition.edition_id, context.scope, chosen)):x}"
    number = min(int(st.session_state.get(key) or 1), pages)
    shown = queries.breaks(context, chosen, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS)
    rows = [_row(work, row) for row in shown]
    text = st.column_config.TextColumn
    event = st.dataframe(
        pa.Table.from_pylist(rows),
        key=f"grid_{key}_{number}_{len(work.standings)}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt="Open breaks, the most value first",
        column_config={
            "Break": text(width=150),
            "Processor": text(width=76),
            "Reference": text(width=150),
            "Difference": text(alignment="right", width=104, help="Left side less right side."),
            "Age": st.column_config.NumberColumn(
                format="%d d", width=54, help="Days since the day it happened."
            ),
            "Owner": text(width=84, help="Who is to look at it, as of now."),
            "Decision": text(
                width=130, help="What a person has decided; the next run honours what is new."
            ),
            "Leg": text(width=160),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if pages > 1:
            st.pagination(pages, key=key, max_visible_pages=5)
        export.buttons(
            context,
            f"tieout-breaks-{context.edition.edition_id[:6]}",
            COLUMNS,
            lambda: _cells(work, queries.breaks(context, chosen, limit=EXPORT_ROWS)),
            help=f"All {count(min(total, EXPORT_ROWS))} breaks of this selection.",
            size=min(total, EXPORT_ROWS),
            of=chosen,
        )
    return [shown[place] for place in event["selection"]["rows"] if place < len(shown)]


def _row(work: Work, row: Row) -> dict[str, object]:
    return {
        "Break": words(row["break_type"]),
        "Processor": words(row["processor"]),
        "Reference": row["reference"] or NOTHING,
        "Difference": money(row["difference_minor"], row["currency"]),
        "Age": row["age_days"],
        "Owner": work.owners.get(row["item_id"], ""),
        "Decision": _in_short(work, row),
        "Leg": leg(row["leg"]),
    }


def _in_short(work: Work, row: Row) -> str:
    standing = work.judgement(row["item_id"])
    if not standing:
        return _decision(work, row)
    state = work.state(standing)
    return f"{words(standing.decision.kind)}: {_SHORT.get(state, state)}"


def _decision(work: Work, row: Row) -> str:
    standing = work.judgement(row["item_id"])
    if standing:
        return f"{work.summary(standing)} – {work.state(standing)}"
    return "Several candidates" if row["is_ambiguous"] else ""


def _cells(work: Work, rows: list[Row]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        yield (
            *(row[name] for name in COLUMNS[:5]),
            *(export.major(row[f"{name}_minor"], row["currency"]) for name in COLUMNS[5:9]),
            *(row[name] for name in COLUMNS[9:13]),
            work.owners.get(row["item_id"]),
            work.claims.get(row["item_id"]),
            _decision(work, row),
        )

"""Pairs that the fuzzy pass suggests: both sides beside each other, to confirm or reject."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from dashboards.components import empty, working
from dashboards.components.deciding import Work
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import NOTHING, day, money, percent, plural
from dashboards.components.words import leg, sides, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import record as record_queries
from tieout.decisions.record import Person

RECORDS_SHOWN = 4


def pairs(context: Context, who: Person, work: Work, found: list[Row]) -> None:
    """The pairs, the likeliest first, and the one that is selected."""
    if not found:
        empty.notice(
            "No suggested pair",
            "Items that look alike, but not surely enough to be matched, are shown here in pairs.",
        )
        return
    rows = [
        {
            "Likelihood": percent(int(row["probability_ppm"] or 0), 1_000_000, 1),
            "Leg": leg(row["leg"]),
            "Left": row["left_reference"] or NOTHING,
            "Right": row["right_reference"] or NOTHING,
            "Left amount": money(row["left_minor"], row["currency"]),
            "Right amount": money(row["right_minor"], row["currency"]),
            "Days between": row["lag_days"],
            "Decision": _decision(work, row),
        }
        for row in found
    ]
    right = st.column_config.TextColumn(alignment="right")
    event = st.dataframe(
        pa.Table.from_pylist(rows),
        key=f"pairs_{context.edition.edition_id}_{len(rows)}_{len(work.standings)}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        row_height=ROW_HEIGHT,
        alt="Suggested pairs, the likeliest first",
        column_config={"Likelihood": right, "Left amount": right, "Right amount": right},
    )
    picked = event["selection"]["rows"]
    if not picked or picked[0] >= len(found):
        st.markdown(":gray[Select a pair to see both sides.]")
        return
    _pair(context, who, work, found[picked[0]])


def _decision(work: Work, row: Row) -> str:
    both = {row["left_item_id"], row["right_item_id"]}
    for standing in reversed(work.on_items.get(row["left_item_id"], [])):
        if standing.decision.kind in ("match", "dismiss") and both <= set(standing.decision.items):
            return f"{words(standing.decision.kind)} – {work.state(standing)}"
    return ""


def _pair(context: Context, who: Person, work: Work, pair: Row) -> None:
    ids = [str(pair["left_item_id"]), str(pair["right_item_id"])]
    columns = st.container(key="sides").columns(3, gap="medium")
    for column, name, side, item in zip(
        columns, sides(pair["leg"]), ("left", "right"), ids, strict=False
    ):
        with column, st.container(border=True):
            st.markdown(f"## {name} {money(pair[f'{side}_minor'], pair['currency'])}")
            st.markdown(f"{pair[f'{side}_reference'] or NOTHING}  \n{day(pair[f'{side}_date'])}")
            for record in record_queries.records(context, item, limit=RECORDS_SHOWN):
                st.markdown(
                    f":gray[{money(record['amount_minor'], record['currency'])} "
                    f"{record['reference'] or ''}]  \n"
                    f":small[`{record['origin']}:{record['source_line']}`]"
                )
    with columns[2], st.container(border=True, key="detail", gap="small"):
        st.markdown("## Do they belong together?")
        others = max(int(pair["candidate_count_left"]), int(pair["candidate_count_right"])) - 1
        parts = [
            f"{percent(int(pair['probability_ppm'] or 0), 1_000_000, 1)} likely",
            f"{plural(abs(int(pair['lag_days'])), 'day')} apart",
            words(pair["reason"]).lower(),
        ]
        if others > 0:
            parts.append(plural(others, "other candidate"))
        st.markdown(f":gray[{', '.join(parts)}]")
        working.act(context, who, work, ["match", "dismiss"], ids, [], key="pair")

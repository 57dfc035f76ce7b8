"""All decisions, those that wait first, and the answers of another person."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from dashboards.components import deciding, empty, export, links
from dashboards.components.deciding import Work
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import NOTHING, plural
from dashboards.components.words import leg, words
from dashboards.context import Context
from tieout.contracts import DECIDING_ROLES
from tieout.decisions.desk import Standing
from tieout.decisions.record import Person


def decisions(context: Context, who: Person, work: Work) -> None:
    """The decisions as a grid, and the one that is selected."""
    if not work.standings:
        empty.notice("Nothing was decided yet", "Decisions on breaks are kept here for ever.")
        return
    latest = sorted(work.standings, key=lambda s: (s.state != "waiting", -s.decision.sequence))
    rows = [_row(work, standing) for standing in latest]
    left, right = st.container(key="work").columns([2.9, 1.25], gap="medium")
    with left:
        event = st.dataframe(
            pa.Table.from_pylist(rows),
            key=f"decisions_{len(latest)}_{work.waiting}",
            on_select="rerun",
            selection_mode="single-row",
            hide_index=True,
            row_height=ROW_HEIGHT,
            alt="Decisions, those that wait first",
            column_config={"Value": st.column_config.TextColumn(alignment="right")},
        )
        with st.container(horizontal=True, gap="small"):
            export.buttons(
                context,
                "tieout-decisions",
                list(rows[0]),
                lambda: (tuple(row.values()) for row in rows),
                help=f"All {plural(len(rows), 'decision')}.",
                size=len(rows),
                of=work.waiting,
            )
    picked = event["selection"]["rows"]
    with right, st.container(border=True, key="detail", gap="small"):
        if not picked or picked[0] >= len(latest):
            st.markdown("## Details")
            st.markdown(":gray[Select a decision to see and answer it.]")
        else:
            _one(context, who, work, latest[picked[0]])


def _row(work: Work, standing: Standing) -> dict[str, object]:
    decision = standing.decision
    return {
        "Decision": work.summary(standing),
        "State": work.state(standing),
        "Value": deciding.value(standing),
        "By": f"{decision.actor} ({decision.role})",
        "At": decision.decided_at[:16].replace("T", " "),
        "Answered by": standing.answer.actor if standing.answer else NOTHING,
        "Leg": leg(decision.leg),
        "Items": len(decision.items),
        "Id": decision.decision_id,
    }


def _one(context: Context, who: Person, work: Work, standing: Standing) -> None:
    decision = standing.decision
    st.markdown(f"## {words(decision.kind)} of {deciding.value(standing)}")
    st.markdown(
        f"{work.summary(standing)}  \n:gray[{decision.actor} ({decision.role}), "
        f"{decision.decided_at[:16].replace('T', ' ')} UTC  \n{work.state(standing)}]"
    )
    for item in decision.items:
        links.to("record", f"Item {item[:8]}", ":material/arrow_forward:", item=item)
    if standing.state not in ("waiting", "stands") or who.role not in DECIDING_ROLES:
        return
    with st.container(horizontal=True, gap="small"):
        if standing.state == "waiting":
            if st.button("Approve", type="primary", icon=":material/check:", key="approve"):
                deciding.answer(context, who, "approve", decision.decision_id)
            if st.button("Refuse", icon=":material/close:", key="refuse"):
                deciding.answer(context, who, "refuse", decision.decision_id)
        if st.button("Revoke", icon=":material/undo:", key="revoke"):
            deciding.answer(context, who, "revoke", decision.decision_id)

"""Breaks: the work list, suggested pairs, and what people have decided."""

from __future__ import annotations

import streamlit as st

from dashboards.components import (
    bar,
    break_list,
    charts,
    deciding,
    decision_list,
    empty,
    suggested,
    working,
)
from dashboards.components.break_list import VIEWS
from dashboards.components.deciding import Work
from dashboards.components.figure import title, verdict
from dashboards.components.money import count, money, plural
from dashboards.components.palette import palette
from dashboards.components.words import age
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import breaks as queries
from dashboards.queries.breaks import Filter
from tieout.decisions.record import Person

PAIRS = 200
SUGGESTED, DECIDED = "Suggested pairs", "Decisions"


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Breaks")
    work = Work.of(context)
    pairs = queries.suggestions(context, PAIRS)
    _verdict(context, work, len(pairs))
    deciding.flash()
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        view = st.segmented_control(
            "View",
            [*VIEWS, SUGGESTED, DECIDED],
            default=VIEWS[0],
            required=True,
            key="view",
            bind="query-params",
            label_visibility="collapsed",
        )
        who = deciding.person(context)
    if view == SUGGESTED:
        suggested.pairs(context, who, work, pairs)
    elif view == DECIDED:
        decision_list.decisions(context, who, work)
    else:
        _work(context, who, work, str(view))


def _verdict(context: Context, work: Work, pairs: int) -> None:
    every = queries.size(context, Filter())
    number = int(every["breaks"])
    risk = money(int(every["at_risk"]), context.currency)
    some = f"{plural(number, 'open break')} put{'s' if number == 1 else ''} {risk} at risk"
    sentence = some if number else "There is no open break in this period"
    explained = int(every["explained"])
    note = f"{count(explained)} of {count(number)} explained." if number else "Nothing to work on."
    with (
        verdict(sentence, note),
        st.container(horizontal=True, gap="small", vertical_alignment="center"),
    ):
        owned = break_list.open_owned(context, work)
        st.badge(
            f"{number - owned} without an owner",
            icon=":material/person_off:",
            color="red" if number > owned else "gray",
            help="Open breaks that nobody was asked to look at, as of now.",
        )
        st.badge(
            f"{plural(work.waiting, 'decision')} {'waits' if work.waiting == 1 else 'wait'}"
            " for approval",
            icon=":material/gavel:",
            color="violet" if work.waiting else "gray",
            help="Above the limit of policy for the role, a second person must stand behind a "
            "decision. Nobody approves a decision of their own.",
        )
        st.badge(
            f"{plural(pairs, 'suggested pair')}",
            icon=":material/help:",
            color="violet" if pairs else "gray",
            help="Items that look alike, but not surely enough to be matched without a person.",
        )


def _work(context: Context, who: Person, work: Work, view: str) -> None:
    chosen = break_list.filters(context, who, work, view)
    size = queries.size(context, chosen)
    total = int(size["breaks"])
    if not total:
        empty.notice("No break matches", "Clear a filter, or choose another month or view above.")
        return
    _ages(context, chosen)
    left, right = st.container(key="work").columns([2.9, 1.25], gap="medium")
    with left:
        risk = money(int(size["at_risk"]), context.currency)
        st.markdown(f":gray[{plural(total, 'break')} · {risk} at risk · largest first]")
        selected = break_list.grid(context, chosen, total, work)
    with right, st.container(border=True, key="detail", gap="small"):
        working.detail(context, who, work, selected)


def _ages(context: Context, chosen: Filter) -> None:
    def record(row: Row) -> charts.Record:
        at_risk = int(row["at_risk"])
        number = plural(int(row["breaks"]), "break")
        return {
            "name": age(row["age_bucket"]),
            "value": float(at_risk),
            "label": f"{money(at_risk, context.currency, compact=True)}, {number}",
            "text": money(at_risk, context.currency),
        }

    charts.ranked_bars(
        [record(row) for row in queries.ages(context, chosen)],
        key="chart_ages",
        alt_text="Value at risk by age of the breaks",
        colour=palette().muted,
    )


page()

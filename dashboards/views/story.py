"""Record: the story of whatever goes by an ID, on a time line, with its legs, files and lines."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from dashboards import data
from dashboards.components import bar, deciding, empty, links, running, working
from dashboards.components.deciding import Work
from dashboards.components.figure import title, verdict
from dashboards.components.money import plural
from dashboards.components.palette import status_of
from dashboards.components.words import words
from dashboards.context import Context
from tieout.explain import Choices, Nothing, Story
from tieout.explain.story import Leg, Record
from tieout.explain.words import noun

EVENTS, LINES = 60, 12
# Of several dates of a record, the one on which it happened.
HAPPENED = ("captured_at", "created_at", "effective_at", "booking_date", "available_on")


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Record")
    asked = st.text_input(
        "Any ID",
        key="id",
        bind="query-params",
        placeholder="A payment, refund, payout, journal, bank reference, item, record or file",
        icon=":material/search:",
    )
    if not asked.strip():
        empty.notice(
            "Ask for a record",
            "Type or paste an ID, or what a bank's text says; the first 8 characters of an item "
            "or a file are enough. The story has every record of it, its files and lines.",
            "manage_search",
        )
        return
    edition_id = context.edition.edition_id
    answer = running.result(
        context.home,
        "story",
        (edition_id, asked),
        partial(data.story, context.home, edition_id, asked),
        doing="Searching the edition and its files",
    )
    if answer is None:
        return
    if isinstance(answer, Nothing):
        _nothing(answer)
    elif isinstance(answer, Choices):
        st.markdown(f"## {plural(answer.count, 'thing goes', 'things go')} by this ID")
        for choice in answer.choices:
            links.to("story", _capital(choice.label), ":material/arrow_forward:", id=choice.id)
    else:
        _story(context, answer)


def _nothing(answer: Nothing) -> None:
    empty.notice(
        "Nothing goes by this ID", f"Searched were: {'; '.join(answer.searched)}.", "search_off"
    )
    if answer.near:
        st.markdown("## Spelt nearly like it")
        for name in answer.near:
            links.to("story", name, ":material/arrow_forward:", id=name)


def _story(context: Context, story: Story) -> None:
    _verdict(story)
    deciding.flash()
    left, right = st.container(key="work").columns([1.15, 1], gap="medium")
    with left:
        _time_line(story)
    with right:
        _legs(story)
    _decisions(context, story)
    _lines(story)
    if story.see_also:
        st.markdown("## See also")
        with st.container(horizontal=True, gap="small"):
            for name in story.see_also[:20]:
                links.to("story", name, ":material/arrow_forward:", id=name)


def _verdict(story: Story) -> None:
    broken = [leg for leg in story.legs if leg.status == "broken"]
    if broken:
        state = f"{len(broken)} of {plural(len(story.legs), 'leg')} broken: {broken[0].meaning}"
    elif any(leg.status == "in_transit" for leg in story.legs):
        state = "nothing is broken, and a part is still in transit"
    elif story.legs:
        state = f"{plural(len(story.legs), 'leg')} agree{'s' if len(story.legs) == 1 else ''}"
    else:
        state = "no leg reconciles it"
    note = f"Found in {', '.join(story.found_in)}." if story.found_in else ""
    with verdict(f"{_capital(story.title)}: {state}", " ".join([note, *story.notes])):
        pass
    if story.file:
        file = story.file
        what = f"{words(file.format)} of {file.source}, " if file.format else ""
        st.markdown(
            f":gray[{what}arrived {file.arrival_day}, "
            f"{words(file.status).lower()}: {plural(file.records, 'record')}, "
            f"{file.quarantined_records} quarantined  \nSHA-256 `{file.sha256}`]"
        )
        if file.reason:
            st.text(f"{words(file.status)}: {file.reason}")


def _time_line(story: Story) -> None:
    records = [record for group in story.groups for record in group.records]
    events = sorted(((_when(record), record) for record in records), key=lambda e: e[0])
    st.markdown("## What happened")
    if events:
        shown = "".join(_event(when, record) for when, record in events[:EVENTS])
        st.html(f'<ol class="timeline">{shown}</ol>')
    else:
        st.markdown(":gray[No record is told one by one; see the sums below.]")
    if len(events) > EVENTS:
        st.caption(f"and {len(events) - EVENTS} more records")
    for group in story.groups:
        if group.totals:
            sums = ", ".join(f"{words(t.name).lower()} {t.amount.text}" for t in group.totals)
            note = f" – {group.note}" if group.note else ""
            st.markdown(f":gray[{group.title}: {sums}{note}]")


def _when(record: Record) -> str:
    dates = record.dates
    return next((dates[n] for n in HAPPENED if n in dates), min(dates.values(), default=""))


def _event(when: str, record: Record) -> str:
    amount = next((a.text for n, a in record.amounts.items() if n in ("net", "amount")), "")
    status = f" · {words(record.status).lower()}" if record.status else ""
    state = "" if record.state == "current" else f" ({record.state})"
    ids = " · ".join(list(dict.fromkeys(record.ids.values()))[:3])
    place = f"{record.place.origin}:{record.place.line}"
    parts = (
        f"<small>{escape(when[:19].replace('T', ' '))}</small><br>",
        f"<b>{escape(_capital(noun(record.table)))}</b>{escape(status + state)} ",
        f"<span class='num'>{escape(amount)}</span><br>",
        f"<small>{escape(ids)}<br><code>{escape(place)}</code></small>",
    )
    return f"<li>{''.join(parts)}</li>"


def _legs(story: Story) -> None:
    st.markdown("## Where it is compared")
    for leg in story.legs:
        _leg(leg)
    for out in story.left_out:
        st.caption(f"{out.title}: left out, {out.meaning}")
    for standing in story.standings:
        count = plural(standing.lines, "line")
        st.caption(f"{standing.title}: {count} {words(standing.status).lower()}")
    if story.legs_left:
        st.caption(f"and {plural(story.legs_left, 'more leg', 'more legs')}")
    if not (story.legs or story.left_out or story.standings):
        st.markdown(":gray[On no leg.]")


def _leg(leg: Leg) -> None:
    status = status_of(leg.status)
    with st.container(border=True, gap="xsmall"):
        st.badge(status.word, icon=status.icon, color=status.hue)
        links.to("record", leg.title, ":material/arrow_forward:", item=leg.item_id)
        columns = st.columns(2, gap="small")
        for column, side in zip(columns, (leg.left, leg.right), strict=True):
            sums = ", ".join(amount.text for amount in side.amounts) or "nothing"
            column.markdown(
                f":gray[{_capital(side.name)}, {plural(side.records, 'record')}]  \n{sums}"
            )
        st.caption(_capital(leg.sentence))


def _decisions(context: Context, story: Story) -> None:
    work = Work.of(context)
    items = [leg.item_id for leg in story.legs if work.on_items.get(leg.item_id)]
    if not items:
        return
    st.markdown("## What people decided")
    who = deciding.person(context)
    for item in items:
        working.history(context, who, work, item)


def _lines(story: Story) -> None:
    if not story.lines:
        return
    st.markdown("## The lines, as they were received")
    for line in story.lines[:LINES]:
        st.markdown(f":material/description: `{line.place.origin}` line {line.place.line}")
        if line.text is None:
            st.markdown(f":gray[The original cannot be shown: {line.missing}.]")
        else:
            st.code(line.text, language=None, wrap_lines=True)
    more = len(story.lines) - LINES + story.lines_left
    if more > 0:
        st.caption(f"and {plural(more, 'more line', 'more lines')}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


page()

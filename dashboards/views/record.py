"""One item: what both sides say, record by record, down to the line that was received."""

from __future__ import annotations

import streamlit as st

from dashboards import data
from dashboards.components import bar, empty, links
from dashboards.components.figure import title, verdict
from dashboards.components.money import day, money, plural
from dashboards.components.palette import status_of
from dashboards.components.words import leg, sides, table, words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import record as queries
from tieout.landing import Landing
from tieout.provenance import OriginalMissing, original_text

RECORDS_A_PAGE = 5


def page() -> None:
    """The whole page."""
    context = bar.current()
    back: dict[str, str] = st.session_state.get("_filters", {})
    links.to("reconciliation", "Reconciliation", ":material/arrow_back:", **back)
    item_id = st.query_params.get("item")
    item = queries.item(context, item_id) if item_id else None
    if item is None:
        title("No such item")
        empty.notice(
            "Not in this edition",
            f"Edition `{context.edition.edition_id[:6]}` has no item `{item_id or '?'}`.",
            "search_off",
        )
        return
    _head(item)
    links.to("story", "The story of its records", ":material/manage_search:", id=item["item_id"])
    _sides(context, item)


def _head(item: Row) -> None:
    status = status_of(item["status"])
    title(f"{leg(item['leg'])} · {item['reference'] or item['match_key']}")
    with verdict(_sentence(item), _note(item)):
        st.badge(status.word, icon=status.icon, color=status.hue)


def _sentence(item: Row) -> str:
    left, right = sides(item["leg"])
    currency = item["currency"]
    if item["status"] == "in_transit":
        return f"{money(_present(item), currency)} is on its way to {right.lower()}"
    if item["status"].startswith("matched"):
        return f"{left} and {right.lower()} agree on {money(item['left_minor'], currency)}"
    if not item["right_count"]:
        return f"{money(item['left_minor'], currency)} is missing in {right.lower()}"
    if not item["left_count"]:
        return f"{money(item['right_minor'], currency)} is missing in {left.lower()}"
    if item["break_type"] == "currency_mismatch":
        return f"{left} and {right.lower()} name different currencies"
    more, less = (left, right) if item["difference_minor"] > 0 else (right, left)
    amount = money(abs(item["difference_minor"]), currency)
    return f"{amount} more in {more.lower()} than in {less.lower()}"


def _present(item: Row) -> int:
    return int(item["left_minor"] or item["right_minor"] or 0)


def _note(item: Row) -> str:
    parts = [words(item["break_type"])] if item["break_type"] else []
    parts += [words(item["processor"])] if item["processor"] else []
    parts += [f"{day(item['business_date'])}, {plural(item['age_days'], 'day')} ago"]
    if item["deadline"] and not item["status"].startswith("matched"):
        parts += [f"due by {day(item['deadline'])}"]
    return " · ".join(parts)


def _sides(context: Context, item: Row) -> None:
    sizes = queries.sizes(context, item["item_id"])
    names = sides(item["leg"])
    columns = st.container(key="work").columns(2, gap="medium")
    for column, side, name in zip(columns, ("left", "right"), names, strict=True):
        with column:
            total = sizes.get(side, 0)
            amount = money(item[f"{side}_minor"], item["currency"]) if total else "nothing"
            st.markdown(f"## {name}: {amount}")
            if total:
                _records(context, item, side, total)
            else:
                st.markdown(f":gray[No record by {day(item['as_of'])}.]")


def _records(context: Context, item: Row, side: str, total: int) -> None:
    pages = -(-total // RECORDS_A_PAGE)
    st.caption(plural(total, "record"))
    number = 1
    if pages > 1:
        number = st.pagination(pages, key=f"{side}_{item['item_id']}", max_visible_pages=5)
    found = queries.records(
        context,
        item["item_id"],
        side=side,
        limit=RECORDS_A_PAGE,
        offset=(number - 1) * RECORDS_A_PAGE,
    )
    elsewhere = queries.elsewhere(context, item["item_id"], found)
    landing = data.landing(context.home)
    for record in found:
        also = [row for row in elsewhere if row["record_id"] == record["record_id"]]
        _record(landing, record, also)


def _record(landing: Landing, record: Row, also: list[Row]) -> None:
    with st.container(border=True, gap="xsmall", key=f"record_{record['record_id']}"):
        st.markdown(
            f"**{table(record['source_table'])}** "
            f"{money(record['amount_minor'], record['currency'])}  \n"
            f":gray[{day(record['business_date'])} · {record['reference'] or record['source']}]"
        )
        st.markdown(f":material/description: `{record['origin']}` {_place(record)}")
        try:
            text = original_text(landing, record["source_file_sha256"], record["source_line"])
            st.code(text, language=None, wrap_lines=True)
        except OriginalMissing as missing:
            st.markdown(f":gray[The original cannot be shown: {missing}.]")
        for row in also:
            if row["item_id"]:
                status = status_of(row["status"])
                label = f"{leg(row['leg'])}: {status.word.lower()}"
                links.to("record", label, status.icon, item=row["item_id"])
            else:
                reason = words(row["excluded_reason"]).lower()
                st.caption(f"{leg(row['leg'])}: left out, {reason}")


def _place(record: Row) -> str:
    is_parquet = record["origin"].lower().endswith(".parquet")
    return f"{'row' if is_parquet else 'line'} {record['source_line']}"


page()

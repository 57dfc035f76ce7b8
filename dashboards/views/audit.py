"""Audit: every edition, what changed between two, where a figure comes from, and SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa
import streamlit as st

from dashboards import data
from dashboards.components import bar, empty, export, links, running
from dashboards.components.figure import title, verdict
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import (
    NOTHING,
    ago,
    basis_points,
    count,
    each,
    money,
    percent,
    plural,
)
from dashboards.components.words import leg, words
from dashboards.context import Context
from dashboards.queries import audit as queries
from tieout.editions import Edition, NotReadOnly
from tieout.metrics import Catalogue, Metric, Question, Unanswerable
from tieout.money import exponent

SQL_ROWS, SQL_SECONDS = 1_000, 60
_QUERY = "sql"
_FIRST = "match_rate"  # until another is chosen
CHANGES_SHOWN = 200
EXAMPLE = "select leg, status, count(*) as items\nfrom fct_reconciliation_items\ngroup by all\n"
FIGURES, CHANGES, SQL = "Where a figure comes from", "What changed", "SQL"


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Audit")
    editions = data.editions(context.home)
    rows = data.row_count(context.home, context.edition)
    of_rows = "" if rows is None else f"{count(rows)} rows in "
    with verdict(
        f"{plural(len(editions), 'edition')}, each readable as it was published",
        f"You look at `{context.edition.edition_id}`: {of_rows}"
        f"{plural(len(context.edition.tables), 'table')}, as of {context.edition.as_of}, known by "
        "a hash of its rows. Choose another above.",
    ):
        pass
    _editions(context, editions)
    chosen = st.segmented_control(
        "What to look at",
        [FIGURES, CHANGES, SQL],
        default=FIGURES,
        required=True,
        key="look",
        bind="query-params",
        label_visibility="collapsed",
    )
    if chosen == CHANGES:
        _changes(context, editions)
    elif chosen == SQL:
        _sql(context)
    else:
        _figures(context)


def _editions(context: Context, editions: list[Edition]) -> None:
    now = datetime.now(UTC)
    rows = [
        {
            "Edition": edition.edition_id,
            "As of": edition.as_of,
            "Published": ago(datetime.fromisoformat(edition.published_at), now),
            "Rows": data.row_count(context.home, edition),
            "Tieout": edition.tieout_version,
        }
        for edition in editions
    ]
    st.dataframe(
        pa.Table.from_pylist(rows),
        key="editions",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), 5) + 1) + 3,
        alt="Editions, the newest first",
        column_config={"Rows": st.column_config.NumberColumn(format="localized")},
    )


def _figures(context: Context) -> None:
    st.markdown("## Where a figure comes from")
    try:
        catalogue = data.catalogue(context.home)
    except Unanswerable as reason:
        empty.notice("No metrics yet", str(reason), "functions")
        return
    names = [metric.name for metric in catalogue]
    with st.container(horizontal=True, gap="small"):
        name = st.selectbox(
            "Metric",
            names,
            index=names.index(_FIRST),
            key="metric",
            bind="query-params",
            width=260,
        )
        metric = catalogue[name or _FIRST]
        cuts = [*catalogue.grains(metric), *catalogue.dimensions(metric)]
        by = st.multiselect("Cut by", cuts, key=f"by_{metric.name}", width=420)
    st.markdown(
        f"**{metric.label}** = {metric.formula}  \n:gray[{metric.description}"
        + (f" For example {metric.example}." if metric.example else "")
        + "]"
    )
    _answer(context, catalogue, metric, tuple(by))


def _answer(context: Context, catalogue: Catalogue, metric: Metric, by: tuple[str, ...]) -> None:
    try:
        answer = data.ask(
            context.home, context.edition.edition_id, catalogue, Question(metric.name, by=by)
        )
    except Unanswerable as reason:
        empty.notice("This edition cannot tell", str(reason), "functions")
        return
    currency = context.edition.reporting_currency
    parts = metric.parts if len(metric.parts) > 1 else ()
    rows = [
        {
            **dict(zip(answer.columns, row.keys, strict=True)),
            **{words(part): count(value) for part, value in zip(parts, row.parts, strict=False)},
            metric.label: _shown(metric, row.value, row.parts, currency),
            "Records": row.records,
        }
        for row in answer.rows
    ]
    if not rows:
        st.markdown(":gray[No record of this edition is behind it.]")
        return
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        pa.Table.from_pylist(rows),
        key=f"answer_{metric.name}_{'_'.join(by)}",
        hide_index=True,
        row_height=ROW_HEIGHT,
        alt=f"{metric.label} by {', '.join(by) or 'nothing'}",
        column_config={
            **{words(part): right for part in parts},
            metric.label: right,
            "Records": st.column_config.NumberColumn(
                format="localized", help="How many records are behind the figure."
            ),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        links.to("reconciliation", "The items behind it", ":material/compare_arrows:")
        export.csv_button(
            context,
            f"tieout-{metric.name}-{context.edition.edition_id[:6]}.csv",
            lambda: export.as_csv(
                [*answer.columns, *parts, "value", "records"],
                (
                    (*row.keys, *(row.parts if parts else ()), row.value, row.records)
                    for row in answer.rows
                ),
            ),
            help="The figures with their numerators, denominators and records.",
        )
    with st.expander("The SQL that gives this figure", icon=":material/code:"):
        st.code(answer.sql, language="sql")


def _shown(metric: Metric, value: Decimal | None, parts: tuple[int, ...], currency: str) -> str:
    if value is None:
        return NOTHING
    match metric.unit:
        case "money":
            return money(int(value), currency)
        case "percent":
            return percent(*parts)
        case "bps":
            return basis_points(value, 2)
        case "per_million":
            scaled = (value * 10 ** exponent(currency)).to_integral_value("ROUND_HALF_UP")
            return f"{money(int(scaled), currency)} per 1M"
        case "per_payment":
            return each(value, currency)
        case "days":
            return plural(int(value), "day")
    return count(int(value))


def _changes(context: Context, editions: list[Edition]) -> None:
    st.markdown("## What changed between two editions")
    others = [e for e in editions if e.edition_id != context.edition.edition_id]
    if not others:
        st.markdown(":gray[There is one edition. The next one can be compared with it.]")
        return
    by_label = {bar.label(edition): edition for edition in others}
    chosen = st.selectbox(
        f"{bar.label(context.edition)} against", list(by_label), key="against", width=260
    )
    other = by_label[chosen or next(iter(by_label))]
    older, newer = sorted((other, context.edition), key=lambda e: e.published_at)
    differing = queries.tables(older, newer)
    if not differing:
        st.markdown("Every table has the same rows in both.")
        return
    found = queries.changes(context.home, older, newer)
    kinds = {kind: sum(row["change"] == kind for row in found) for kind in ("opened", "resolved")}
    st.markdown(
        f"From {bar.label(older)} to {bar.label(newer)}: "
        f"{plural(kinds['opened'], 'break')} opened, {count(kinds['resolved'])} resolved; "
        f"{plural(len(differing), 'table')} of {len(newer.tables)} differ."
    )
    if found:
        st.dataframe(
            pa.Table.from_pylist(
                [
                    {
                        "Change": words(row["change"]),
                        "Leg": leg(row["leg"]),
                        "Break": words(row["break_type"]),
                        "Reference": row["reference"] or NOTHING,
                        "Before": money(row["before_minor"], row["currency"]),
                        "After": money(row["value_minor"], row["currency"]),
                        "Item": row["break_id"],
                    }
                    for row in found[:CHANGES_SHOWN]
                ]
            ),
            key="changes",
            hide_index=True,
            row_height=ROW_HEIGHT,
            alt="Breaks that differ between two editions",
            column_config={
                name: st.column_config.TextColumn(alignment="right") for name in ("Before", "After")
            },
        )
        if len(found) > CHANGES_SHOWN:
            st.caption(f"The {count(CHANGES_SHOWN)} most valuable of {count(len(found))}.")
    with st.expander("Tables that differ", icon=":material/table:"):
        st.dataframe(
            pa.Table.from_pylist(differing),
            key="differing",
            hide_index=True,
            row_height=ROW_HEIGHT,
            alt="Tables that differ between two editions",
        )


def _sql(context: Context) -> None:
    st.markdown("## SQL")
    st.caption(
        "One SELECT on the edition above. It reads the published tables and nothing else: no "
        "other file, no network, and it changes nothing."
    )
    with st.expander("Tables and columns", icon=":material/table:"):
        st.dataframe(
            pa.Table.from_pylist(
                [
                    {"table": name, "column": column, "type": kind}
                    for name, table in sorted(context.edition.tables.items())
                    for column, kind in table.columns
                ]
            ),
            key="columns",
            hide_index=True,
            alt="Tables and columns of the edition",
        )
    with st.form("sql_form", border=False):
        text = st.text_area("Query", EXAMPLE, key="sql", height=140)
        asked = st.form_submit_button("Run", type="primary", icon=":material/play_arrow:")
    if asked:
        running.forget(_QUERY)
        st.session_state["_sql"] = text
    query = st.session_state.get("_sql")
    if not query:
        return
    edition_id = context.edition.edition_id
    try:
        found = running.result(
            context.home,
            _QUERY,
            (edition_id, query),
            partial(data.select, context.home, edition_id, query, SQL_ROWS),
            doing=f"Running, for {SQL_SECONDS} s at most",
            limit_seconds=SQL_SECONDS,
        )
    except (NotReadOnly, data.NotInScope, duckdb.Error) as error:
        st.error(str(error), icon=":material/error:")
        return
    if found is None:
        return
    columns, rows = found
    st.dataframe(
        _grid(columns, rows), key="sql_result", hide_index=True, alt="The rows of the query"
    )
    more = f", the first of more than {count(SQL_ROWS)}" if len(rows) == SQL_ROWS else ""
    st.caption(f"{plural(len(rows), 'row')}{more}")
    export.csv_button(
        context,
        f"tieout-query-{context.edition.edition_id[:6]}.csv",
        lambda: export.as_csv(columns, rows),
        help="The rows above.",
    )


def _grid(columns: list[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    # As text: a browser turns large whole numbers into doubles, and their last digits are money.
    cells = [[NOTHING if value is None else str(value) for value in row] for row in rows]
    unique = [
        name if columns.index(name) == place else f"{name}_{place}"
        for place, name in enumerate(columns)
    ]
    return pa.table(
        [pa.array([row[place] for row in cells], pa.string()) for place in range(len(columns))],
        names=unique,
    )


page()

"""Data quality: what came in, what could not be read, and what files say of themselves."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import streamlit as st

from dashboards import data
from dashboards.components import bar, empty, export
from dashboards.components.figure import figure, title, verdict
from dashboards.components.items import ROW_HEIGHT
from dashboards.components.money import NOTHING, count, day, percent, plural
from dashboards.components.words import words
from dashboards.context import Context
from dashboards.data import Row
from dashboards.queries import quality as queries

PAGE_ROWS = 12
EXPORT_ROWS = 100_000
NEEDS_A_LOOK, ALL_FILES = "Needs a look", "All files"


def page() -> None:
    """The whole page."""
    context = bar.current()
    title("Data quality")
    totals = queries.totals(context)
    if not totals["files"]:
        empty.notice(
            "No file has arrived", f"Drop files into `{context.home.inbox}` and run.", "inbox"
        )
        return
    _verdict(totals)
    _figures(totals)
    _files(context)
    _quarantine(context, int(totals["quarantined"]))
    _freshness(context)
    _expectations(context)


def _verdict(totals: Row) -> None:
    wrong = [
        plural(int(totals[name]), *what)
        for name, *what in (
            ("unreadable", "unreadable file", "unreadable files"),
            ("quarantined", "record in quarantine", "records in quarantine"),
            ("totals_failed", "failed control total", "failed control totals"),
        )
        if totals[name]
    ]
    sentence = ", ".join(wrong) if wrong else "Every file was read whole"
    note = (
        f"{plural(int(totals['records']), 'record')} of {plural(int(totals['files']), 'file')}: "
        "each is a row, in quarantine, or structure such as a header. None is lost."
    )
    with verdict(sentence[0].upper() + sentence[1:], note):
        pass


def _figures(totals: Row) -> None:
    columns = st.container(key="figures").columns(4, gap="small")
    read = int(totals["records"]) - int(totals["quarantined"])
    held = int(totals["totals"]) - int(totals["totals_failed"])
    with columns[0]:
        figure("Files", count(int(totals["files"])), "Different contents that arrived.")
    with columns[1]:
        share = percent(read, int(totals["records"]))
        figure("Records read", share, "Records that are no longer a question ÷ all records.")
    with columns[2]:
        label = percent(held, int(totals["totals"]), 2)
        figure("Control totals", label, "Totals that files state of themselves and that hold.")
    with columns[3]:
        superseded = count(int(totals["superseded"]))
        figure("Superseded", superseded, "Files that a later delivery of their report replaces.")


def _files(context: Context) -> None:
    st.markdown("## Files")
    chosen = st.segmented_control(
        "Files",
        [NEEDS_A_LOOK, ALL_FILES],
        default=NEEDS_A_LOOK,
        required=True,
        key="files",
        bind="query-params",
        label_visibility="collapsed",
    )
    only_noted = chosen != ALL_FILES
    total = queries.file_count(context, only_noted=only_noted)
    if not total:
        st.markdown(":gray[No file has a finding, a failed total or a record in quarantine.]")
        return
    pages = -(-total // PAGE_ROWS)
    key = f"files_page_{only_noted}_{context.edition.edition_id}"
    number = min(int(st.session_state.get(key) or 1), pages)
    shown = queries.files(
        context, only_noted=only_noted, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS
    )
    rows = [
        {
            "File": row["origin"],
            "Format": row["format"] or NOTHING,
            "Records": int(row["records"] or 0),
            "Rows": int(row["canonical_records"] or 0),
            "Quarantined": int(row["quarantined_records"] or 0),
            "Structure": int(row["structural_records"] or 0),
            "What to know": _note(row),
        }
        for row in shown
    ]
    number_column = st.column_config.NumberColumn
    st.dataframe(
        pa.Table.from_pylist(rows),
        key=f"grid_files_{key}_{number}",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt="Files, those that need a look first",
        column_config={
            "Records": number_column(format="localized", help="What the file was split into."),
            "Rows": number_column(format="localized"),
            "Quarantined": number_column(format="localized"),
            "Structure": number_column(format="localized", help="Headers, footers, separators."),
            "What to know": st.column_config.TextColumn(width="large"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if pages > 1:
            st.pagination(pages, key=key)
        columns = list(rows[0])
        export.csv_button(
            context,
            f"tieout-files-{context.edition.edition_id[:6]}.csv",
            lambda: export.as_csv(
                columns,
                (
                    (
                        row["origin"],
                        row["format"],
                        row["records"],
                        row["canonical_records"],
                        row["quarantined_records"],
                        row["structural_records"],
                        _note(row),
                    )
                    for row in queries.files(context, only_noted=only_noted, limit=EXPORT_ROWS)
                ),
            ),
            help=f"All {count(min(total, EXPORT_ROWS))} files of this list.",
            size=min(total, EXPORT_ROWS),
            of=only_noted,
        )


def _note(row: Row) -> str:
    if row["reason"]:
        what = "Left out" if row["status"] == "left_out" else "Not read"
        return f"{what}: {row['reason']}"
    notes = [row["failure"]] if row["totals_failed"] else []
    if row["finding"]:
        more = f" (and {int(row['findings']) - 1} more)" if row["findings"] > 1 else ""
        notes.append(f"{row['finding']}{more}")
    if row["superseded_by"]:
        notes.append(f"superseded: {words(row['superseded_because']).lower()}")
    return "; ".join(notes)


def _quarantine(context: Context, total: int) -> None:
    st.markdown("## Quarantine")
    if not total:
        st.markdown(":gray[Nothing is in quarantine.]")
        return
    st.caption(
        "Records that could not be read, as they came (card numbers cut). A mended file is read by "
        "the next run when it is delivered; so is this one, once its mapping, rule or reader is."
    )
    pages = -(-total // PAGE_ROWS)
    key = f"quarantine_page_{context.edition.edition_id}"
    number = min(int(st.session_state.get(key) or 1), pages)
    found = queries.quarantine(context, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS)
    rows = [
        {
            "File": row["origin"],
            "Line": row["source_line"],
            "Why": row["reason"],
            "Text": row["raw_text"],
        }
        for row in found
    ]
    st.dataframe(
        pa.Table.from_pylist(rows),
        key=f"grid_{key}_{number}",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt="Records in quarantine",
        column_config={
            "Why": st.column_config.TextColumn(width="medium"),
            "Text": st.column_config.TextColumn(width="large"),
        },
    )
    if pages > 1:
        st.pagination(pages, key=key)


def _freshness(context: Context) -> None:
    st.markdown("## Freshness")
    st.caption("When each source last sent something, the longest silence first")
    rows = []
    for row in queries.sources(context):
        last = date.fromisoformat(row["last_arrival"]) if row["last_arrival"] else None
        rows.append(
            {
                "Source": words(row["source"]),
                "Last arrival": day(last),
                "Files": int(row["files"]),
                "Records": int(row["records"] or 0),
                "Quarantined": int(row["quarantined"] or 0),
            }
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        pa.Table.from_pylist(rows),
        key="grid_sources",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt="Sources by their last arrival",
        column_config={
            name: number(format="localized") for name in ("Files", "Records", "Quarantined")
        },
    )


def _expectations(context: Context) -> None:
    st.markdown("## Expectations")
    outcome = data.expectations(context.home)
    if outcome is None:
        st.markdown(":gray[The next run checks what comes in and says so here.]")
        return
    st.caption(
        f"What the last run checked of the rows that arrived on {day(outcome.day)}, and of older "
        "files that it read. One that fails stops the run."
    )
    rows = [
        {
            "Result": [
                "Failed" if table.failed or table.errors else "Warned" if table.warned else "Holds"
            ],
            "Table": words(table.name),
            "Rows": table.rows,
            "What it says": "; ".join((*table.errors, *table.failed, *table.warned)),
        }
        for table in outcome.tables
    ]
    st.dataframe(
        pa.Table.from_pylist(rows),
        key="grid_expectations",
        hide_index=True,
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(rows) + 1) + 3,
        alt="Expectations by table",
        column_config={
            "Result": st.column_config.MultiselectColumn(
                width=90, options=["Failed", "Warned", "Holds"], color=["red", "blue", "green"]
            ),
            "Rows": st.column_config.NumberColumn(format="localized"),
            "What it says": st.column_config.TextColumn(width="large"),
        },
    )


page()

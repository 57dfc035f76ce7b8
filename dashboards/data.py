"""The only door to the editions: every figure on every page is a query through `rows`.

A page reads one edition from its first query to its last. The pointer to the current one is read
anew in each run, so a publish in the meantime shows with the next run and never as a mixture.
"""

from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from tieout.editions import Edition, Editions
from tieout.editions import select as select_rows
from tieout.landing import Landing
from tieout.metrics import Answer, Catalogue, Question
from tieout.metrics import ask as ask_metric
from tieout.runs import Checked, Run, RunLog
from tieout.settings import Workspace

Value = str | int | date | None
Row = dict[str, Any]

# Queries use all cores; more of them at a time would only make each one slower.
_SQL_SECONDS = 60
_AT_A_TIME = threading.BoundedSemaphore(8)


def workspace() -> Workspace | None:
    """The workspace that the dashboards show; None where TIEOUT_HOME names none."""
    home = os.environ.get("TIEOUT_HOME")
    return Workspace(Path(home)) if home and Path(home).is_dir() else None


def current_edition_id(home: Workspace) -> str | None:
    """What the pointer names at this moment, or None before the first edition."""
    return Editions(home.editions).current_id()


def editions(home: Workspace) -> list[Edition]:
    """All editions, newest first."""
    store = Editions(home.editions)
    manifests = [_manifest(str(store.root), path.stem) for path in store.manifests.glob("*.json")]
    return sorted(manifests, key=lambda edition: edition.published_at, reverse=True)


def landing(home: Workspace) -> Landing:
    """Where the original files are."""
    return Landing(home.landing)


def runs(home: Workspace, limit: int) -> list[Run]:
    """The newest runs, newest first; read anew each time, since they end while pages are open."""
    return list(RunLog(home.runs).runs(limit))


def expectations(home: Workspace) -> Checked | None:
    """What the last run checked of what came in; None before the first run."""
    return Checked.read(home.expectations)


def catalogue(home: Workspace) -> Catalogue:
    """The metrics as the last run defined them; `Unanswerable` before the first run."""
    path = home.definitions
    return _catalogue(str(path), path.stat().st_mtime_ns if path.exists() else 0)


@st.cache_resource(max_entries=2, show_spinner="Reading the definitions")
def _catalogue(path: str, _changed: int) -> Catalogue:
    return Catalogue(Path(path))


def ask(home: Workspace, edition_id: str, metrics: Catalogue, question: Question) -> Answer:
    """A metric's figures in an edition; `Unanswerable` says what can be asked instead."""
    with _AT_A_TIME, _connection(str(home.editions), edition_id).cursor() as cursor:
        return ask_metric(cursor, metrics, question)


def select(
    home: Workspace, edition_id: str, sql: str, limit: int
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The first rows of somebody's own query; `NotReadOnly` and DuckDB's errors say what is wrong.

    A query that runs longer than a minute is stopped.
    """
    with _AT_A_TIME, _connection(str(home.editions), edition_id).cursor() as cursor:
        stop = threading.Timer(_SQL_SECONDS, cursor.interrupt)
        stop.start()
        try:
            return select_rows(cursor, sql, limit=limit)
        finally:
            stop.cancel()


@st.cache_data(max_entries=256, show_spinner=False)
def _manifest(root: str, edition_id: str) -> Edition:
    return Editions(Path(root)).get(edition_id)


@st.cache_resource(max_entries=4, show_spinner=False)
def _connection(root: str, edition_id: str) -> duckdb.DuckDBPyConnection:
    return Editions(Path(root)).open_edition(edition_id)


def rows(home: Workspace, edition_id: str, sql: str, parameters: dict[str, Value]) -> list[Row]:
    """The rows of one query on one edition, remembered for the next reader.

    Integers stay integers of any size: they never pass through a data frame.
    """
    return _rows(str(home.editions), edition_id, sql, tuple(sorted(parameters.items())))


@st.cache_data(max_entries=512, show_spinner=False)
def _rows(
    root: str, edition_id: str, sql: str, parameters: tuple[tuple[str, Value], ...]
) -> list[Row]:
    # A cursor of its own for every query: sessions that share one get each other's answers.
    with _AT_A_TIME, _connection(root, edition_id).cursor() as cursor:
        cursor.execute(sql, dict(parameters))
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

"""The only door to the editions: every figure on every page is a query through `rows`.

A page reads one edition from its first query to its last. The pointer to the current one is read
anew in each run, so a publish in the meantime shows with the next run and never as a mixture.

What a page sees is what the person who looks may see: their rows are cut out here, once for all
pages, so that there is no query that could forget it. Everything that is remembered is remembered
by that scope.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from dashboards import identity, work
from tieout.canonical import Canonical
from tieout.decisions.desk import Desk
from tieout.decisions.views import SavedView, SavedViews
from tieout.editions import Edition, Editions, hidden, named_tables
from tieout.editions import select as select_rows
from tieout.explain import Store, explain
from tieout.explain.story import Answer as Answered
from tieout.exports import SHEETS, Books, Period, select_table, write_books
from tieout.landing import Landing
from tieout.metrics import Answer, Catalogue, Question
from tieout.metrics import ask as ask_metric
from tieout.runs import Checked, Run, RunLog
from tieout.scope import RowScope
from tieout.settings import Workspace

Value = str | int | date | None
Row = dict[str, Any]

# Queries use all cores; more of them at a time would only make each one slower.
_AT_A_TIME = threading.BoundedSemaphore(8)


class NotInScope(Exception):
    """A figure is made of rows that the person who looks may not see; the message says which."""


class NotInEdition(Exception):
    """An edition has no such table: it was published before there was one."""


def workspace() -> Workspace | None:
    """The workspace that the dashboards show; None where TIEOUT_HOME names none."""
    named = os.environ.get("TIEOUT_HOME")
    home = Workspace(Path(named)) if named else None
    return home if home and home.config.is_file() else None


def current_edition_id(home: Workspace) -> str | None:
    """What the pointer names at this moment, or None before the first edition."""
    return Editions(home.editions).current_id()


def editions(home: Workspace) -> list[Edition]:
    """All editions, newest first, with the tables that the person may see.

    Somebody who may not see all rows is told of no table how many it has.
    """
    store, scope = Editions(home.editions), identity.person(home).scope
    manifests = [_manifest(str(store.root), path.stem) for path in store.manifests.glob("*.json")]
    if scope.is_limited:
        manifests = [_without_totals(edition, scope) for edition in manifests]
    return sorted(manifests, key=lambda edition: edition.published_at, reverse=True)


def _without_totals(edition: Edition, scope: RowScope) -> Edition:
    shown = edition.tables.keys() - hidden(edition.tables, scope)
    return replace(edition, tables={n: replace(edition.tables[n], rows=0) for n in sorted(shown)})


def row_count(home: Workspace, edition: Edition) -> int | None:
    """How many rows an edition has; None for somebody who may not see all of them."""
    if identity.person(home).scope.is_limited:
        return None
    return sum(table.rows for table in edition.tables.values())


def landing(home: Workspace) -> Landing:
    """Where the original files are; ask for no other lines than those of records in `rows`."""
    return Landing(home.landing)


def runs(home: Workspace, limit: int) -> list[Run]:
    """The newest runs, newest first; read anew each time, since they end while pages are open."""
    _all_rows(home, "Runs tell of all files")
    return list(RunLog(home.runs).runs(limit))


def expectations(home: Workspace) -> Checked | None:
    """What the last run checked of what came in; None before the first run."""
    _all_rows(home, "Checks tell of all files")
    return Checked.read(home.expectations)


def _all_rows(home: Workspace, why: str) -> None:
    scope = identity.person(home).scope
    if scope.is_limited:
        raise NotInScope(f"You see {scope}. {why}.")


def desk(home: Workspace) -> Desk:
    """Where decisions are taken; every rule is held there, whatever a page allows."""
    return _desk(str(home.home))


@st.cache_resource(max_entries=4, show_spinner=False)
def _desk(home: str) -> Desk:
    return Desk(Workspace.open(Path(home)))


def saved_views(home: Workspace, person: str) -> list[SavedView]:
    """The views that somebody saved, and those that others share with everybody."""
    return SavedViews.of(home).offered_to(person)


def save_view(home: Workspace, view: SavedView) -> None:
    """Keep a view under its name; `ViewRefused` says why not."""
    SavedViews.of(home).save(view)


def remove_view(home: Workspace, view: SavedView) -> None:
    """Take a view away."""
    SavedViews.of(home).remove(view.owner, view.name)


def catalogue(home: Workspace) -> Catalogue:
    """The metrics as the last run defined them; `Unanswerable` before the first run."""
    path = home.definitions
    return _catalogue(str(path), path.stat().st_mtime_ns if path.exists() else 0)


@st.cache_resource(max_entries=2, show_spinner="Reading the definitions")
def _catalogue(path: str, _changed: int) -> Catalogue:
    return Catalogue(Path(path))


def ask(home: Workspace, edition_id: str, metrics: Catalogue, question: Question) -> Answer:
    """A metric's figures in an edition; `Unanswerable` says what can be asked instead."""
    with _asking(home, edition_id) as cursor:
        answer = ask_metric(cursor, metrics, question)
        _check(home, edition_id, answer.sql)
    return answer


def select(
    home: Workspace, edition_id: str, sql: str, limit: int
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The first rows of somebody's own query; `NotReadOnly` and DuckDB's errors say what is wrong.

    `NotInScope` where it names a table that the person may not see.
    """
    _check(home, edition_id, sql)
    with _asking(home, edition_id) as cursor:
        return select_rows(cursor, sql, limit=limit)


def export(
    home: Workspace,
    edition: Edition,
    table: str,
    month: date | None,
    currency: str | None,
    kind: str,
    target: Path,
) -> None:
    """Write a published table in one of `SHEETS`: of one month or all, of one currency or all.

    `NotInScope` where the person may not see the table.
    """
    _check(home, edition.edition_id, f"select * from {table}")
    with _asking(home, edition.edition_id) as cursor:
        period = Period(month, month)
        selection = select_table(cursor, table, period, edition.reporting_currency, currency)
        work.tell(0, of=selection.rows)
        SHEETS[kind](cursor, selection, target, work.tell)


def books(home: Workspace, edition: Edition, month: date | None, kind: str) -> bytes:
    """The ledger of a month or of all of them as a file for beancount or hledger.

    `NotInScope` where the person sees a part of the rows: half a ledger does not balance.
    """
    _all_rows(home, "Books are of the whole ledger")
    with _asking(home, edition.edition_id) as cursor:
        found = Books.read(cursor, edition.edition_id, Period(month, month))
        return write_books(found, kind).encode()


@st.cache_data(max_entries=256, show_spinner=False)
def _manifest(root: str, edition_id: str) -> Edition:
    return Editions(Path(root)).get(edition_id)


def rows(home: Workspace, edition_id: str, sql: str, parameters: dict[str, Value]) -> list[Row]:
    """The rows of one query on one edition, remembered for the next reader of the same scope.

    Integers stay integers of any size: they never pass through a data frame. `NotInScope` where
    the person may see none of the tables; where they may see some, the others are empty.
    `NotInEdition` where an old edition has no such table.
    """
    _check(home, edition_id, sql, is_ours=True)
    scope = identity.person(home).scope
    return _rows(str(home.editions), edition_id, scope, sql, tuple(sorted(parameters.items())))


@st.cache_data(max_entries=512, show_spinner=False)
def _rows(
    root: str,
    edition_id: str,
    scope: RowScope,
    sql: str,
    parameters: tuple[tuple[str, Value], ...],
) -> list[Row]:
    with _query(root, edition_id, scope) as cursor:
        try:
            cursor.execute(sql, dict(parameters))
        except duckdb.CatalogException as error:
            raise NotInEdition(str(error).splitlines()[0]) from error
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _check(home: Workspace, edition_id: str, sql: str, is_ours: bool = False) -> None:
    """Say that a query names a table that the person may not see, which is empty for them.

    Of a query of ours, other parts may still tell something; nobody else's is to be half right.
    """
    scope = identity.person(home).scope
    if not scope.is_limited:
        return
    tables = _manifest(str(home.editions), edition_id).tables
    named = named_tables(sql) & tables.keys()
    kept_back = named & hidden(tables, scope)
    if kept_back and not (is_ours and named - kept_back):
        raise NotInScope(
            f"You see {scope}. This cannot be told apart by that: {', '.join(sorted(kept_back))}."
        )


def _asking(home: Workspace, edition_id: str) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    return _query(str(home.editions), edition_id, identity.person(home).scope)


@contextmanager
def _query(root: str, edition_id: str, scope: RowScope) -> Iterator[duckdb.DuckDBPyConnection]:
    # A cursor of its own for every query: sessions that share one get each other's answers.
    with _AT_A_TIME, _opened(root, edition_id, scope).cursor() as cursor, work.stoppable(cursor):
        yield cursor


def _opened(root: str, edition_id: str, scope: RowScope) -> duckdb.DuckDBPyConnection:
    if scope.is_limited:
        return _part(root, edition_id, scope).connection
    return _whole(root, edition_id)


@st.cache_resource(max_entries=4, show_spinner=False)
def _whole(root: str, edition_id: str) -> duckdb.DuckDBPyConnection:
    return Editions(Path(root)).open_edition(edition_id)


class _Part:
    """The rows of a scope in a database of their own, which goes when nobody looks any more."""

    def __init__(self, root: str, edition_id: str, scope: RowScope) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tieout-")
        path = Path(self._folder.name) / "part.duckdb"
        self.connection = Editions(Path(root)).open_part(edition_id, scope, path)


@st.cache_resource(max_entries=8, show_spinner="Preparing what you may see")
def _part(root: str, edition_id: str, scope: RowScope) -> _Part:
    return _Part(root, edition_id, scope)


def story(home: Workspace, edition_id: str, asked: str) -> Answered:
    """What `tieout explain` tells of an ID; `NotInScope` for who may not see all rows."""
    _all_rows(home, "A story is told from all files")
    edition = Editions(home.editions).get(edition_id)
    with _asking(home, edition_id) as cursor:
        store = Store(edition, cursor, Canonical(home.canonical), Landing(home.landing))
        with closing(store), work.stoppable(store):
            return explain(store, asked)

"""Where decisions are kept: one table that only grows, in SQLite or in PostgreSQL.

The database itself refuses to change or remove a row. Whoever goes around it leaves a gap in the
sequence or an id that is not the hash of its row, and reading says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import DDL

from tieout.decisions.record import Decision
from tieout.settings import ConfigurationError, Workspace

Content = Mapping[str, Any]
_WAIT_SECONDS = 30
# Any number that is the same in every process: it names the lock of the writers on PostgreSQL.
_LOCK = 7_130_251_119

_metadata = sa.MetaData()
DECISIONS = sa.Table(
    "decisions",
    _metadata,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("decision_id", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("leg", sa.Text, nullable=False),
    sa.Column("item_ids", sa.Text, nullable=False),
    sa.Column("reason_code", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("decided_at", sa.Text, nullable=False),
    sa.Column("about", sa.Text),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
)

_ONLY_GROWS = {
    "sqlite": [
        f"create trigger decisions_no_{what} before {what} on decisions begin"
        " select raise(abort, 'decisions are append-only'); end"
        for what in ("update", "delete")
    ],
    "postgresql": [
        "create or replace function decisions_only_grow() returns trigger language plpgsql as"
        " $$ begin raise exception 'decisions are append-only'; end $$",
        "create trigger decisions_only_grow before update or delete or truncate on decisions"
        " for each statement execute function decisions_only_grow()",
    ],
}
for _dialect, _statements in _ONLY_GROWS.items():
    for _statement in _statements:
        _only_here = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(DECISIONS, "after_create", _only_here)


class DecisionStore:
    """The decisions of one workspace."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url

    @classmethod
    def of(cls, workspace: Workspace) -> DecisionStore:
        """The store that the configuration names: a file of the workspace, or PostgreSQL."""
        variable = workspace.settings().decisions_uri_env
        if not variable:
            return cls(sa.URL.create("sqlite", database=str(workspace.decisions)))
        uri = os.environ.get(variable)
        if not uri:
            raise ConfigurationError(
                f"decisions: the environment variable {variable} is not set; it must hold the "
                'address of the database (or set decisions_uri_env = "" in '
                f"{workspace.config.name} to keep decisions in a file)"
            )
        try:
            url = sa.make_url(uri)
        except SQLAlchemyError:
            url = sa.URL.create("unreadable")
        if url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
            # The address itself may hold a password, so it is not shown.
            raise ConfigurationError(
                f"decisions: the environment variable {variable} holds no address of a "
                "PostgreSQL database; write postgresql://user@host/database"
            )
        return cls(url.set(drivername="postgresql+psycopg"))

    def all(self) -> list[Decision]:
        """Every decision in the order in which it was stored; none is made where none is."""
        if self._is_unused():
            return []
        with self._connect() as connection:
            return _rows(connection)

    def append(self, decide: Callable[[Sequence[Decision]], Content]) -> Decision:
        """Store what `decide` makes of the decisions so far; nothing if it raises.

        No other process can store anything between the two, so what `decide` has checked still
        holds when its decision is stored.
        """
        with self._connect() as connection:
            _metadata.create_all(connection)
            if "after" not in _columns(connection):  # a store of an older version
                connection.exec_driver_sql(f'alter table {DECISIONS.name} add column "after" text')
            known = _rows(connection)
            decision = Decision.of(len(known) + 1, decide(known))
            connection.execute(DECISIONS.insert().values(**vars(decision)))
        return decision

    def _is_unused(self) -> bool:
        database = self.url.database
        is_file = self.url.get_backend_name() == "sqlite"
        return is_file and database is not None and not Path(database).exists()

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        """One transaction that no other can run beside."""
        is_file = self.url.get_backend_name() == "sqlite"
        arguments = {"timeout": _WAIT_SECONDS} if is_file else {"connect_timeout": _WAIT_SECONDS}
        engine = sa.create_engine(self.url, connect_args=arguments, poolclass=sa.NullPool)
        if is_file:
            # The driver would begin only when it writes: what was read before could be stale.
            event.listen(engine, "connect", _leave_transactions_to_us)
            event.listen(engine, "begin", _begin_at_once)
        try:
            with engine.begin() as connection:
                if not is_file:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                yield connection
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            reason = " ".join(str(cause).split())
            raise ConfigurationError(f"the store of decisions cannot be used: {reason}") from None
        finally:
            engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin_at_once(connection: sa.Connection) -> None:
    connection.exec_driver_sql("begin immediate")


def _columns(connection: sa.Connection) -> list[str]:
    return [column["name"] for column in sa.inspect(connection).get_columns(DECISIONS.name)]


def _rows(connection: sa.Connection) -> list[Decision]:
    """All rows, proven to be those that were stored."""
    if not sa.inspect(connection).has_table(DECISIONS.name):
        return []
    columns = [DECISIONS.c[name] for name in _columns(connection)]
    rows = connection.execute(sa.select(*columns).order_by(DECISIONS.c.sequence)).mappings()
    decisions = [Decision(**row) for row in rows]
    for place, decision in enumerate(decisions, start=1):
        if decision.sequence != place:
            raise ConfigurationError(f"the store of decisions has lost decision number {place}")
        if not decision.is_intact:
            raise ConfigurationError(
                f"decision {decision.decision_id} (number {place}) is not what was decided: "
                "its row was changed"
            )
    return decisions

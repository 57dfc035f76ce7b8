"""Where decisions are kept: one table that only grows, in SQLite or in PostgreSQL.

The database itself refuses to change or remove a row. Whoever goes around it leaves a gap in the
sequence or an id that is not the hash of its row, and reading says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.schema import DDL

from tieout.decisions.database import Database
from tieout.decisions.record import Decision
from tieout.settings import ConfigurationError, Workspace

Content = Mapping[str, Any]

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

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def of(cls, workspace: Workspace) -> DecisionStore:
        """The store that the configuration names: a file of the workspace, or PostgreSQL."""
        return cls(Database.of(workspace, workspace.decisions, "decisions"))

    def all(self) -> list[Decision]:
        """Every decision in the order in which it was stored; none is made where none is."""
        if self.database.is_unused:
            return []
        with self.database.transaction() as connection:
            return _rows(connection)

    def append(self, decide: Callable[[Sequence[Decision]], Content]) -> Decision:
        """Store what `decide` makes of the decisions so far; nothing if it raises.

        No other process can store anything between the two, so what `decide` has checked still
        holds when its decision is stored.
        """
        with self.database.transaction() as connection:
            _metadata.create_all(connection)
            if "after" not in _columns(connection):  # a store of an older version
                connection.exec_driver_sql(f'alter table {DECISIONS.name} add column "after" text')
            known = _rows(connection)
            decision = Decision.of(len(known) + 1, decide(known))
            connection.execute(DECISIONS.insert().values(**vars(decision)))
        return decision


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

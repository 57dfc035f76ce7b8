"""The database of what people do: a file of SQLite beside the data, or PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from tieout.settings import ConfigurationError, Workspace

_WAIT_SECONDS = 30
# Any number that is the same in every process: it names the lock of the writers on PostgreSQL.
_LOCK = 7_130_251_119


class Database:
    """Transactions that run one after the other. `holds` says in an error what is kept here."""

    def __init__(self, url: sa.URL, holds: str) -> None:
        self.url = url
        self._holds = holds

    @classmethod
    def of(cls, workspace: Workspace, file: Path, holds: str) -> Database:
        """The database that the configuration names: the file, or PostgreSQL."""
        variable = workspace.settings().decisions_uri_env
        if not variable:
            return cls(sa.URL.create("sqlite", database=str(file)), holds)
        uri = os.environ.get(variable)
        if not uri:
            raise ConfigurationError(
                f"{holds}: the environment variable {variable} is not set; it must hold the "
                f'address of the database (or set decisions_uri_env = "" in '
                f"{workspace.config.name} to keep {holds} in a file)"
            )
        try:
            url = sa.make_url(uri)
        except SQLAlchemyError:
            url = sa.URL.create("unreadable")
        if url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
            # The address itself may hold a password, so it is not shown.
            raise ConfigurationError(
                f"{holds}: the environment variable {variable} holds no address of a "
                "PostgreSQL database; write postgresql://user@host/database"
            )
        return cls(url.set(drivername="postgresql+psycopg"), holds)

    @property
    def is_unused(self) -> bool:
        """Whether it is a file that nobody has made yet."""
        database = self.url.database
        return self._is_file and database is not None and not Path(database).exists()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction that no other can run beside; `ConfigurationError` where it fails."""
        seconds = (
            {"timeout": _WAIT_SECONDS} if self._is_file else {"connect_timeout": _WAIT_SECONDS}
        )
        engine = sa.create_engine(self.url, connect_args=seconds, poolclass=sa.NullPool)
        if self._is_file:
            # The driver would begin only when it writes: what was read before could be stale.
            event.listen(engine, "connect", _leave_transactions_to_us)
            event.listen(engine, "begin", _begin_at_once)
        try:
            with engine.begin() as connection:
                if not self._is_file:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                yield connection
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            reason = " ".join(str(cause).split())
            raise ConfigurationError(
                f"the store of {self._holds} cannot be used: {reason}"
            ) from None
        finally:
            engine.dispose()

    @property
    def _is_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite"


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin_at_once(connection: sa.Connection) -> None:
    connection.exec_driver_sql("begin immediate")

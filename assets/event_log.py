"""Dagster's event log in SQLite, over connections that are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import sqlalchemy as db
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

# Each run has a database of its own; a server that shows many runs keeps only the last few open.
_ENGINES_MAX = 16


class EventLog(SqliteEventLogStorage):
    """Dagster's default log, below its home, without a new connection for every transaction.

    An event is several transactions, and the default makes an engine and opens the database for
    each of them: of a small run of some hundred assets and checks that was a fifth. A crash of the
    process loses nothing that was committed; a crash of the machine may lose the last events, and
    leaves the log whole (`synchronous = normal` with SQLite's write-ahead log).
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, db.Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing to configure: a workspace that is moved takes its log along."""
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """The log of the instance whose home the environment names."""
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[db.Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> db.Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = db.create_engine(
                self.conn_string_for_shard(shard),
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            db.event.listen(engine, "connect", _be_quick)
            self._initdb(engine)
        self._engines[shard] = engine  # the last one used stands last
        if len(self._engines) > _ENGINES_MAX:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def dispose(self) -> None:
        """Close the databases."""
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
        super().dispose()


def _be_quick(connection: Any, _record: Any) -> None:
    connection.execute("pragma synchronous = normal")

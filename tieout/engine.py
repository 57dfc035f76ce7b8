"""DuckDB as the platform opens it: in UTC, so that a timestamp is the same date everywhere."""

from __future__ import annotations

from pathlib import Path

import duckdb


def connect(path: Path | str = ":memory:", *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection in UTC; the caller closes it.

    The time zone is set after connecting: as a connection option it would ask for an extension
    before that is loaded. DuckDB's own progress bar is off, since it would stand among what a
    command prints.
    """
    connection = duckdb.connect(str(path), read_only=read_only)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    return connection

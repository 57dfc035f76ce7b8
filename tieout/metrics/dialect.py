"""DuckDB as MetricFlow sees it: it writes the SQL, and somebody else runs it."""

from __future__ import annotations

from typing import Any

from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer


class DuckDb(SqlClient):
    """A client that runs nothing."""

    @property
    def sql_engine_type(self) -> SqlEngine:
        """DuckDB."""
        return SqlEngine.DUCKDB

    @property
    def sql_plan_renderer(self) -> SqlPlanRenderer:
        """Writes DuckDB's SQL."""
        return DuckDbSqlPlanRenderer()

    def query(self, *_: Any) -> Any:
        """Never called: editions are read by their own connection."""
        raise NotImplementedError

    execute = dry_run = render_bind_parameter_key = query  # type: ignore[assignment]

    def close(self) -> None:
        """There is nothing to close."""

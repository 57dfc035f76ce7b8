"""The canonical store: typed rows as Parquet, one file a landed file and table."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tieout.contracts import ALL_SCHEMAS
from tieout.engine import connect


class Canonical:
    """The store of canonical Parquet files: ``<table>/arrival_day=<day>/<sha256>.parquet``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ensure_schemas(self) -> None:
        """Give every table an empty file, so that each can be read before anything has arrived."""
        for name, schema in ALL_SCHEMAS.items():
            target = self.path(name, date(1970, 1, 1), "schema")
            if not target.exists() or pq.read_schema(target) != schema:
                target.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(schema.empty_table(), target)

    def path(self, table: str, arrival_day: date | str, name: str) -> Path:
        """The file of one landed content in one table."""
        return self.root / table / f"arrival_day={arrival_day}" / f"{name}.parquet"

    def files(self, table: str) -> str:
        """The pattern of a table's files, as the text of an SQL literal."""
        return f"{self.root}/{table}/*/*.parquet".replace("'", "''")

    def accounts(self) -> dict[str, dict[str, Any]]:
        """What became of each file that was read: its row of `source_files`, by SHA-256.

        A row of an older version has null in the columns that have come since.
        """
        files = f"read_parquet('{self.files('source_files')}', union_by_name = true)"
        with connect() as connection:
            rows = connection.execute(f"from {files}")
            return {row["source_file_sha256"]: row for row in rows.to_arrow_table().to_pylist()}

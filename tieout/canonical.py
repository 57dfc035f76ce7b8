"""The canonical store: typed rows as Parquet, one file a landed file and table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from tieout.contracts import ALL_SCHEMAS
from tieout.landing import Delivery


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

    def is_read(self, delivery: Delivery, reader_version: Callable[[str], int | None]) -> bool:
        """Whether the file was read in full by the version of the reader that is in use."""
        marker = self.path("source_files", delivery.arrival_day, delivery.sha256)
        if not marker.exists():
            return False
        row = pq.read_table(marker, columns=["format", "reader_version", "status"]).to_pylist()[0]
        if row["status"] == "unreadable":
            return False  # a reader may have been added or configured since
        return bool(reader_version(row["format"]) == row["reader_version"])

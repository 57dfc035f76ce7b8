"""What would be read of a file, without writing anything into a workspace.

The file goes the ordinary way, through a landing and an ingest of its own in a temporary folder,
so what is shown is what a run would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from tieout.canonical import Canonical
from tieout.contracts import BUSINESS_TABLES, LINEAGE
from tieout.formats.base import Reader
from tieout.ingest import FileAccount, ingest
from tieout.landing import Landing
from tieout.settings import FileRule, today

Row = dict[str, object]


@dataclass(frozen=True)
class Preview:
    """One file as it would be read: its account, the first rows of each table, what is refused."""

    account: FileAccount
    rows: dict[str, list[Row]]
    refused: list[Row]
    """``source_line``, ``raw_text`` and ``reason`` of the first quarantined records."""


def preview(
    path: Path,
    origin: str,
    rules: tuple[FileRule, ...] = (),
    mapped: Sequence[Reader] = (),
    rows_max: int = 5,
) -> list[Preview]:
    """The file at `path` as if it came as `origin`; of an archive, each of its members too."""
    with TemporaryDirectory(prefix="tieout-") as folder:
        landing, canonical = (
            Landing(Path(folder) / "landing"),
            Canonical(Path(folder) / "canonical"),
        )
        landing.land_file(path, origin, today())
        accounts = ingest(landing, canonical, rules, mapped=mapped)
        accounts.sort(key=lambda account: account.delivery.origin)
        return [
            Preview(
                account,
                {
                    table: _without_lineage(rows)
                    for table in BUSINESS_TABLES
                    if (rows := _first(canonical, table, account, rows_max))
                },
                _first(canonical, "quarantine", account, rows_max),
            )
            for account in accounts
        ]


def _first(canonical: Canonical, table: str, account: FileAccount, rows_max: int) -> list[Row]:
    path = canonical.path(table, account.delivery.arrival_day, account.delivery.sha256)
    if not path.exists():
        return []
    with pq.ParquetFile(path) as file:
        batch = next(file.iter_batches(rows_max), None)
        return [] if batch is None else batch.to_pylist()


def _without_lineage(rows: list[Row]) -> list[Row]:
    hidden = {*LINEAGE.names} - {"source_line", "extra"}
    return [{name: value for name, value in row.items() if name not in hidden} for row in rows]

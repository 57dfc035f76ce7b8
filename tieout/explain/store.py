"""Where the story is read from: one edition, and the canonical rows of the files it knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from tieout.canonical import Canonical
from tieout.editions import Edition
from tieout.engine import connect
from tieout.explain.story import Place
from tieout.landing import Landing

# Rows of one question: more than a person reads of one record.
ROWS_MAX = 500

Row = dict[str, Any]


class Store:
    """An open edition with the canonical store and the landing behind it; nothing is written.

    The caller closes the edition's connection; `close` closes the store's own.
    """

    def __init__(
        self,
        edition: Edition,
        connection: duckdb.DuckDBPyConnection,
        canonical: Canonical,
        landing: Landing,
    ) -> None:
        self.edition = edition
        self.landing = landing
        self._published = connection
        self._canonical = canonical
        self._columns: dict[str, frozenset[str]] = {}
        self._records = connect()
        root = str(canonical.root).replace("'", "''")
        self._records.execute(f"set allowed_directories = ['{root}']")
        self._records.execute("set enable_external_access = false")

    def close(self) -> None:
        """Close the connection to the canonical store."""
        self._records.close()

    def interrupt(self) -> None:
        """Break off the query that runs; another thread may ask for it."""
        self._published.interrupt()
        self._records.interrupt()

    def published(self, sql: str, **parameters: object) -> list[Row]:
        """The rows of one query on the edition."""
        return _rows(self._published.execute(sql, parameters))

    def has(self, table: str) -> bool:
        """Whether the edition has the table; one of an older version may lack it."""
        return table in self.edition.tables

    @cached_property
    def files(self) -> dict[str, Row]:
        """What the edition publishes about each file, by SHA-256."""
        found = self.published("select * from rpt_source_files order by source_file_sha256")
        return {row["source_file_sha256"]: row for row in found}

    @cached_property
    def arrivals(self) -> dict[str, Row]:
        """The first origin, all origins and the first arrival day of each file, by SHA-256."""
        found = self.published(
            "select sha256, min(origin) as origin, min(arrival_day) as arrival_day,"
            " list(distinct origin order by origin) as origins from deliveries group by sha256"
        )
        return {row["sha256"]: row for row in found}

    def place(self, row: Row) -> Place:
        """Where a row with the columns of lineage was received."""
        sha256 = row["source_file_sha256"]
        arrival = self.arrivals.get(sha256)
        return Place(
            sha256,
            row["source_line"],
            arrival["origin"] if arrival else f"file {sha256[:12]}",
            arrival["arrival_day"] if arrival else None,
        )

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a canonical table; none where the store has no file of it."""
        if table not in self._columns:
            self._columns[table] = self._open(table)
        return self._columns[table]

    def _open(self, table: str) -> frozenset[str]:
        """Make a view of the files that the edition knows; the empty one brings new columns."""
        paths = sorted((self._canonical.root / table).glob("*/*.parquet"))
        known = [str(path) for path in paths if path.stem in self.files or path.stem == "schema"]
        if not known:
            return frozenset()
        files = ", ".join("'" + path.replace("'", "''") + "'" for path in known)
        self._records.execute(
            f"create view {table} as select * from read_parquet([{files}],"
            " union_by_name = true, hive_partitioning = false)"
        )
        return frozenset(row[0] for row in self._records.execute(f"describe {table}").fetchall())

    def find(self, table: str, values: Mapping[str, Iterable[str]]) -> list[Row]:
        """Canonical rows with one of the values in one of the columns, in the order of the files.

        Columns that the table lacks are not asked. At most `ROWS_MAX` rows.
        """
        parameters: list[str] = []
        tests = []
        for column, wanted in values.items():
            some = sorted(set(wanted))
            if some and column in self.columns(table):
                tests.append(f"{column} in ({', '.join('?' * len(some))})")
                parameters += some
        if not tests:
            return []
        return self.ask(f"from {table} where {' or '.join(tests)} {IN_ORDER}", parameters)

    def find_prefix(self, table: str, prefix: str) -> list[Row]:
        """Canonical rows whose record id begins so (hexadecimal, lower case)."""
        if not self.columns(table):
            return []
        where = "record_id >= ? and record_id < ?"
        return self.ask(f"from {table} where {where} {IN_ORDER}", [prefix, prefix + "g"])

    def ask(
        self,
        sql: str,
        parameters: Sequence[object] | Mapping[str, object] = (),
        *,
        places: pa.Table | None = None,
    ) -> list[Row]:
        """One query on canonical tables that `columns` has opened; `places` is a table of it."""
        if places is not None:
            self._records.register("places", places)
        return _rows(self._records.execute(sql, parameters))

    def places_in_use(self, where: str, **parameters: object) -> pa.Table:
        """Record id, file and line of members: what tells a current row from other versions."""
        return self._published.execute(
            "select distinct record_id, source_file_sha256, source_line"
            f" from fct_reconciliation_members where {where}",
            parameters,
        ).to_arrow_table()

    def in_use(self, record_ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """The file and line of the version of each record that the legs use."""
        found = self.places_in_use("record_id in (select unnest($ids))", ids=sorted(record_ids))
        return {
            row["record_id"]: (row["source_file_sha256"], row["source_line"])
            for row in found.to_pylist()
        }

    def current(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that are in use, of canonical tables that legs use."""
        used = self.in_use({row["record_id"] for row in rows})
        return [row for row in rows if used.get(row["record_id"]) == _place_of(row)]

    def state(self, row: Row, used: Mapping[str, tuple[str, int]], versions: int) -> str:
        """See `Record`: `used` is of `in_use`, `versions` counts rows of the record in sight."""
        if row["record_id"] in used:
            is_current = used[row["record_id"]] == _place_of(row)
            return "current" if is_current else self._is_superseded(row) or "replaced"
        return self._is_superseded(row) or ("current" if versions == 1 else "undecided")

    def _is_superseded(self, row: Row) -> str | None:
        file = self.files.get(row["source_file_sha256"])
        return "superseded" if file and file["superseded_by"] else None


IN_ORDER = f"order by source_file_sha256, source_line limit {ROWS_MAX}"


def text(value: object) -> str:
    """A value as text; times are UTC to the second."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else str(value)


def _place_of(row: Row) -> tuple[str, int]:
    return row["source_file_sha256"], row["source_line"]


def _rows(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

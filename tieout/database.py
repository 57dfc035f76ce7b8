"""Reading the company's own databases, incrementally, with nothing missed and nothing doubled.

A row is looked for from the newest version that was already ingested, minus an overlap for
transactions that committed late. What the overlap brings a second time is left out by comparing
key and version with the ingested rows. What remains is landed as one Parquet extract, and from
there on it is a file like any other. The high-water mark is not stored: it is the newest version
among the canonical rows, so a crash between extract and ingest cannot move it too far.
"""

from __future__ import annotations

import io
import os
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from tieout.canonical import Canonical
from tieout.contracts import BUSINESS_TABLES, Table
from tieout.engine import connect
from tieout.landing import Delivery, Landing
from tieout.relations import fetch
from tieout.settings import ConfigurationError, Database


def extract(
    database: Database, landing: Landing, canonical: Canonical, arrival_day: date
) -> list[Delivery]:
    """Land what is new in each configured table; a table with nothing new lands nothing."""
    uri = os.environ.get(database.uri_env)
    if not uri:
        raise ConfigurationError(
            f"database {database.source!r}: the environment variable {database.uri_env} "
            "is not set; it must hold the address of the database"
        )
    deliveries = []
    for name, relation in sorted(database.tables.items()):
        rows = _new_rows(database, uri, BUSINESS_TABLES[name], relation, canonical)
        if rows.num_rows:
            sink = io.BytesIO()
            pq.write_table(rows, sink, compression="zstd")
            deliveries.append(
                landing.land_bytes(sink.getvalue(), database.origin(name), arrival_day)
            )
    return deliveries


def _new_rows(
    database: Database, uri: str, table: Table, relation: str, canonical: Canonical
) -> pa.Table:
    """The relation's rows that are not ingested yet, ordered by key and version."""
    assert table.version is not None  # the configuration admits no other tables
    ingested = (
        f"(select * from read_parquet('{canonical.files(table.name)}') where source = $source)"
    )
    with connect() as connection:
        newest = connection.execute(
            f"select max({table.version}) from {ingested}", {"source": database.source}
        ).fetchall()[0][0]
        since = newest and newest - timedelta(minutes=database.overlap_minutes)
        connection.register("fetched", fetch(uri, table, relation, since))
        identity = (*table.key, table.version)
        same = " and ".join(f"k.{name} is not distinct from f.{name}" for name in identity)
        return connection.execute(
            f"select f.* from fetched as f "
            f"where not exists (select 1 from {ingested} as k where {same}) "
            f"order by {', '.join(identity)}",
            {"source": database.source},
        ).to_arrow_table()

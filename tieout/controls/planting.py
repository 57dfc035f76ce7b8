"""Planting: the chosen errors written into the canonical files of a shadow.

The shadow's files may be hard links to the workspace's own, so no file is ever opened for writing:
a changed file is written beside and moved into its place, which leaves the original alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from tieout.contracts import ALL_SCHEMAS
from tieout.controls.catalogue import Control, How
from tieout.controls.trials import Build

# The stored rows of the trials of one control in one build.
_ROWS = """
select s.*, p.candidate, p.place
from stored_{table} as s join planted as p using (record_id)
where p.build = {build} and p.control = '{control}'
"""
# What a file says of itself, which follows from its rows.
_COUNTS = ("records", "canonical_records", "canonical_rows")


@dataclass(frozen=True)
class Planted:
    """What one control does to a canonical table: rows (of its schema) taken out and put in.

    `is_told`: the account of the file follows, as if the file had been delivered so.
    """

    table: str
    before: pa.Table
    after: pa.Table
    is_told: bool = True


def mutate(connection: DuckDBPyConnection, control: Control, build: int) -> Planted:
    """What a control does to the rows of its trials; reads `stored_*` and `planted` only."""
    schema = ALL_SCHEMAS[control.table]
    rows = _ROWS.format(table=control.table, build=build, control=control.name)
    values = ", ".join(f"{value} as {name}" for name, value in control.changes.items())
    after = f"select * replace ({values}) from ({rows})" if values else f"from ({rows}) limit 0"

    def table(sql: str) -> pa.Table:
        columns = ", ".join(schema.names)
        return connection.execute(f"select {columns} from ({sql})").to_arrow_table().cast(schema)

    before = schema.empty_table() if control.how is How.add else table(rows)
    return Planted(control.table, before, table(after), control.how is not How.lose)


def plant(connection: DuckDBPyConnection, build: Build, canonical: Path) -> None:
    """Write what a build plants into the canonical folder of a shadow."""
    for choice in build.choices:
        if choice.control.how is How.drop_file:
            for path in canonical.glob(f"*/*/{choice.candidate}.parquet"):
                path.unlink()
    planted = [
        mutate(connection, control, build.number)
        for control in build.controls
        if control.how is not How.drop_file
    ]
    for table in sorted({p.table for p in planted}):
        _write(canonical, table, [p for p in planted if p.table == table])


def _write(canonical: Path, table: str, planted: Sequence[Planted]) -> None:
    """Write the touched files of one table anew, and what their accounts say."""
    before = pa.concat_tables([p.before for p in planted])
    after = pa.concat_tables([p.after for p in planted])
    for sha256 in sorted(_files(before) | _files(after)):
        (path,) = canonical.glob(f"{table}/*/{sha256}.parquet")
        rows = pq.read_table(path, partitioning=None)
        kept = rows.filter(pc.invert(pc.is_in(rows["record_id"], before["record_id"])))
        _replace(path, pa.concat_tables([kept, _of_file(after, sha256)]))
        more = sum(
            _of_file(p.after, sha256).num_rows - _of_file(p.before, sha256).num_rows
            for p in planted
            if p.is_told
        )
        if more:
            _tell(canonical, sha256, more)


def _tell(canonical: Path, sha256: str, more: int) -> None:
    (path,) = canonical.glob(f"source_files/*/{sha256}.parquet")
    account = pq.read_table(path, partitioning=None)
    for name in _COUNTS:
        place = account.schema.get_field_index(name)
        field = account.schema.field(place)
        account = account.set_column(place, field, pc.add(account[name], more))
    _replace(path, account)


def _replace(path: Path, rows: pa.Table) -> None:
    """Put a new file in the place of one that may be a link; readers see `*.parquet` only."""
    written = path.with_suffix(".writing")
    pq.write_table(rows, written)
    written.replace(path)


def _files(rows: pa.Table) -> set[str]:
    return set(rows["source_file_sha256"].unique().to_pylist())


def _of_file(rows: pa.Table, sha256: str) -> pa.Table:
    return rows.filter(pc.equal(rows["source_file_sha256"], sha256))

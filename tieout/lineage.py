"""The lineage of canonical rows: which record each is, and which lines of a file they came from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from tieout.contracts import Table


def with_lineage(
    engine: DuckDBPyConnection, table: Table, data: pa.Table, sha256: str, source: str | None
) -> pa.Table:
    """The reader's rows with the columns of the contract it left out, and the lineage."""
    columns = {
        field.name: data[field.name]
        if field.name in data.column_names
        else pa.nulls(data.num_rows, field.type)
        for field in table.schema
    }
    columns["record_id"] = _record_ids(engine, table, data, sha256, source)
    columns["source"] = pa.repeat(pa.scalar(source, pa.string()), data.num_rows)
    columns["source_file_sha256"] = pa.repeat(sha256, data.num_rows)
    return pa.table(columns)


def _record_ids(
    engine: DuckDBPyConnection, table: Table, data: pa.Table, sha256: str, source: str | None
) -> pa.ChunkedArray:
    """A record id is the hash of what identifies the record.

    That is source and key where the source has keys, file and line where it has none (and its
    place among the rows of that line, after the first). It is the same in every run and on every
    engine.
    """
    place_in_line = _place_in_line(data)
    identity = "$file || source_line"
    if pc.any(pc.greater(place_in_line, 0)).as_py():
        identity += " || case when place_in_line > 0 then chr(31) || place_in_line else '' end"
    parameters: dict[str, str | None] = {"file": f"{table.name}\x1f{sha256}\x1f"}
    key = [name for name in table.key if name in data.column_names]
    if table.key and len(key) == len(table.key):
        values = ", ".join(f"cast({name} as varchar)" for name in key)
        has_key = " and ".join(f"{name} is not null" for name in key)
        of_key = f"concat_ws(chr(31), '{table.name}', $source, {values})"
        identity = f"case when {has_key} then {of_key} else {identity} end"
        parameters["source"] = source
    # Only what identifies goes through the engine; the other columns stay as they are.
    some = data.select([*key, "source_line"]).append_column("place_in_line", place_in_line)
    engine.register("data", some)
    ids = engine.execute(f"select md5({identity}) as record_id from data", parameters)
    found = ids.to_arrow_table()["record_id"]
    engine.unregister("data")
    return found


def _place_in_line(data: pa.Table) -> pa.Array:
    """The place of each row among those of one line: 0 for the first, as almost always."""
    lines = data["source_line"].to_numpy()
    if (np.diff(lines) > 0).all():
        return pa.array(np.zeros(len(lines), np.int64))
    order = np.argsort(lines, kind="stable")
    _, first, count = np.unique(lines[order], return_index=True, return_counts=True)
    place = np.empty(len(lines), np.int64)
    place[order] = np.arange(len(lines)) - np.repeat(first, count)
    return pa.array(place)


class Lines:
    """Counts the distinct lines of a file that rows came from, kept as runs without a gap.

    Blocks follow each other and lines too, so the runs are few however large the file is.
    """

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.int64]] = []

    def add(self, lines: npt.NDArray[np.int64]) -> None:
        """Take the lines of some rows (at least one), in any order."""
        if not (np.diff(lines) >= 0).all():
            lines = np.sort(lines)
        gaps = np.flatnonzero(np.diff(lines) > 1)
        first, last = lines[np.append(0, gaps + 1)], lines[np.append(gaps, len(lines) - 1)]
        self._runs.append(np.stack([first, last]))

    def distinct(self) -> int:
        """How many there were."""
        first, last = np.concatenate([np.empty((2, 0), np.int64), *self._runs], axis=1)
        order = np.argsort(first)
        first, last = first[order], np.maximum.accumulate(last[order])
        before = np.append(np.int64(-1), last)[:-1]
        return int(np.maximum(last - np.maximum(first - 1, before), 0).sum())

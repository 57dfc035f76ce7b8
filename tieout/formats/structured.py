"""JSON Lines and Parquet as blocks of text columns, like any other table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache, partial
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tieout.engine import connect
from tieout.formats.amounts import flat
from tieout.formats.base import Finding, Part, Quarantined, Records, Structural, UnreadableFile
from tieout.formats.delimited import TextFile
from tieout.formats.draft import Block, is_read, json_objects
from tieout.formats.lines import Dialect, Flags, Split, split

# What Arrow raises for a Parquet file that is damaged; the last where a column's name is.
DAMAGED_PARQUET = (pa.ArrowException, OSError, UnicodeDecodeError)

_ROWS_PER_BATCH = 131_072
_NO_OBJECT = "the line is not a JSON object, or holds a NUL character"

# Each value comes out as the text that was written, so no amount passes through a float. What is
# not named stays in the object, which becomes `extra`.
_OBJECTS = """
    with objects as (
        select case when json_valid(line) and json_type(line) = 'OBJECT'
            and not contains(line, '\\u0000') then line end as object
        from lines
    )
    select
        json_transform(object, {shape}) as named,
        case when object is not null
            then nullif(cast(json_merge_patch(object, {nothing}) as varchar), '{{}}')
            end as extra,
        object is not null as is_object
    from objects
"""
_UNKNOWN = (
    "select distinct unnest(json_keys(extra)) from objects where extra is not null order by 1"
)


def json_blocks(
    file: BinaryIO, names: list[str], block_bytes: int, free: str = "(?!)"
) -> Iterator[Part | Block]:
    """The objects of a JSON Lines file, one a line, with `names` as columns.

    A line that is no object is quarantined by itself; an empty one is structural. Keys that are
    not named are reported unless they fit the pattern `free`.
    """
    with _engine().cursor() as connection:
        yield from _json_blocks(connection, TextFile(file, block_bytes), names, free)


def _json_blocks(
    connection: duckdb.DuckDBPyConnection, text: TextFile, names: list[str], free: str
) -> Iterator[Part | Block]:
    yield from text.findings()
    unknown: set[str] = set()
    for part in split(text.blocks(), Dialect(None, ord(text.newline), 1)):
        good = np.flatnonzero(part.good)
        objects, keys = _objects(connection, _lines(part).take(pa.array(good)), names)
        unknown |= keys
        is_object = objects["is_object"].to_numpy()
        broken, fine = good[~is_object], good[is_object]
        refused = zip(part.line[broken].tolist(), part.text(broken), strict=True)
        refusals = [*part.faults(), *((line, text, _NO_OBJECT) for line, text in refused)]
        objects = objects.filter(is_object)
        named = pa.table(dict(zip(names, flat(objects["named"]).flatten(), strict=True)))
        yield Block(
            _empty_is_null(named),
            pa.array(part.line[fine]),
            flat(objects["extra"]),
            part.originals(fine),
            (
                Records(len(part.line)),
                Structural(int(part.blank.sum())),
                Quarantined.many(refusals),
            ),
        )
    yield from unknown_columns(sorted(key for key in unknown if not re.fullmatch(free, key)))


def parquet_blocks(
    file: BinaryIO,
    names: list[str],
    whole: list[str],
    missing: Callable[[Collection[str]], list[str]],
) -> Iterator[Part | Block]:
    """The rows of a Parquet file; `whole` may not be floating point.

    What its type says wholly stays as it is; all else is text, to be read as from any other file.

    Rows are numbered from 1. Raises `UnreadableFile` where the file is damaged, or a column has
    a type that has no exact text.
    """
    try:
        source = pq.ParquetFile(file)
        schema = source.schema_arrow
        if lacking := missing(schema.names):
            raise UnreadableFile(f"the file lacks: {', '.join(lacking)}")
        unknown = [name for name in schema.names if name not in names]
        for name in set(whole) & set(schema.names):
            if pa.types.is_floating(schema.field(name).type):
                raise UnreadableFile(f"{name} is floating point, which cannot hold money exactly")
        yield Records(source.metadata.num_rows)
        yield from unknown_columns(unknown)
        row = 1
        for batch in source.iter_batches(_ROWS_PER_BATCH):
            batch.validate(full=True)  # what is damaged may decode to text that is none
            table = pa.table(
                {
                    name: batch[name]
                    if name in names and is_read(batch[name])
                    else _as_text(name, batch[name])
                    for name in schema.names
                }
            )
            extra = json_objects(
                {name: flat(table[name]) for name in unknown}, pa.nulls(len(table), pa.string())
            )
            lines = pa.array(np.arange(row, row + len(table)))
            yield Block(_empty_is_null(table), lines, extra, partial(_rows_as_json, table))
            row += len(table)
        if row <= source.metadata.num_rows:
            stated = source.metadata.num_rows
            raise UnreadableFile(f"the Parquet file says {stated} rows and holds {row - 1}")
    except DAMAGED_PARQUET as error:
        raise UnreadableFile(f"the Parquet file is damaged: {error}") from error


def json_values(objects: pa.Array, *paths: str) -> list[pa.Array]:
    """What stands at each path of the JSON objects, as text; null where there is nothing."""
    if not pc.any(pc.starts_with(objects, "{")).as_py():
        return [pa.nulls(len(objects), pa.string())] * len(paths)
    with _engine().cursor() as connection:
        connection.register("objects", pa.table({"object": objects}))
        sql = """
            select
                case when json_valid(object) then json_extract_string(object, $paths) end as texts
            from objects
        """
        found = connection.execute(sql, {"paths": list(paths)}).to_arrow_table()["texts"]
    return [pc.list_element(flat(found), place) for place in range(len(paths))]


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """One for all files: to start one takes longer than to read a small file.

    It has one thread: a small file costs a fifth less then, and a large one no more.
    """
    connection = connect()
    connection.execute("set threads = 1")
    return connection


def unknown_columns(names: list[str]) -> Iterator[Finding]:
    """The finding for columns that a format does not know."""
    if names:
        yield Finding("unknown_columns", f"columns kept in extra: {', '.join(names)}")


def _lines(part: Split) -> pa.Array:
    """The text of every record with its line break, without copying it."""
    offsets = np.append(part.start, len(part.data)).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(part.data)]
    return pa.Array.from_buffers(pa.large_string(), len(part.start), buffers)


def _objects(
    connection: duckdb.DuckDBPyConnection, lines: pa.Array, names: list[str]
) -> tuple[pa.Table, set[str]]:
    shape, nothing = (json.dumps(dict.fromkeys(names, value)) for value in ("VARCHAR", None))
    connection.register("lines", pa.table({"line": lines}))
    sql = _OBJECTS.format(shape=f"'{shape}'", nothing=f"'{nothing}'")
    objects = connection.execute(sql).to_arrow_table()
    if objects["extra"].null_count == len(objects):
        return objects, set()
    connection.register("objects", objects)
    return objects, {key for (key,) in connection.execute(_UNKNOWN).fetchall()}


def _as_text(name: str, values: pa.Array) -> pa.Array:
    try:
        if pa.types.is_nested(values.type):
            texts = [None if v is None else json.dumps(v, default=str) for v in values.to_pylist()]
            return pa.array(texts, pa.string())
        text = values.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UnreadableFile(f"{name} is {values.type}, which has no exact text") from error
    # A decimal type says that the numbers are no text that someone typed, so 12.00 is whole.
    return (
        pc.replace_substring_regex(text, r"\.0+$", "") if pa.types.is_decimal(values.type) else text
    )


def _empty_is_null(table: pa.Table) -> pa.Table:
    columns = [
        pc.if_else(pc.equal(column, ""), None, column)
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _rows_as_json(table: pa.Table, chosen: Flags) -> list[str]:
    rows = table.filter(chosen)
    texts = pa.table({name: rows[name].cast(pa.string()) for name in rows.column_names})
    return [json.dumps(row, ensure_ascii=False) for row in texts.to_pylist()]

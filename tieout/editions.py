"""Editions: what was published, immutable, versioned, and readable while a run is writing.

Each published table is a Delta table; an edition is a manifest that names one version of each,
with the SHA-256 of every Parquet file. The current edition is a pointer that is swapped in one
atomic step, so a reader sees one edition or the other and never a mixture.

An edition is identified by its content: the same rows give the same id, whatever the order in
which they were written, and publishing them again changes nothing. What tells only when things
happened on this machine (the log of deliveries) is published beside and does not count.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake
from deltalake import Schema as DeltaSchema
from deltalake.transaction import AddAction, RemoveAction

from tieout.engine import connect
from tieout.landing import Progress
from tieout.scope import RowScope

# Tables of an edition whose rows are not part of its identity.
NOT_IDENTIFYING = frozenset({"deliveries", "fct_break_history"})

# The parts that a large table is published in: SQL that names the part of a row, with the first
# `digits` of its item's id. Whoever asks for an item, or for what is open, reads one part of it.
PARTS = {
    "fct_reconciliation_items": "case when status like 'matched%' then item_id[:{digits}]"
    " else status end",
    "fct_reconciliation_members": "item_id[:{digits}]",
}
_LARGE = 2_000_000  # records; below, a table is one file
# Rows held while parts are written, by the number of digits: of fewer, row groups are too small.
_ROWS_HELD = {1: 1_000_000, 2: 4_000_000}
_FILES_OPEN = 1_000  # with fewer than there are parts, DuckDB begins new files over and over

# Tables that tell of nobody's money, so that everybody may see them.
FOR_EVERYBODY = frozenset({"rpt_legs", "rpt_days", "rpt_reporting_rates"})


class NotReadOnly(Exception):
    """A statement that could change something was refused."""


class NoEdition(Exception):
    """There is no such edition; the message says what to do."""


@dataclass(frozen=True)
class PublishedFile:
    """One Parquet file of a published table, relative to the editions folder."""

    path: str
    sha256: str


@dataclass(frozen=True)
class PublishedTable:
    """One table of an edition: its Delta version, rows, content hash, columns (name, type)."""

    delta_version: int
    rows: int
    content_hash: str
    columns: tuple[tuple[str, str], ...]
    files: tuple[PublishedFile, ...]


@dataclass(frozen=True)
class Edition:
    """The manifest of one edition: how it was made, and one version of each of its tables."""

    edition_id: str
    as_of: str
    reporting_currency: str
    published_at: str
    tieout_version: str
    tables: dict[str, PublishedTable]


@dataclass(frozen=True)
class _Written:
    """The files of a table before they belong to an edition."""

    paths: tuple[Path, ...]
    schema: pa.Schema
    rows: int
    content_hash: str
    columns: tuple[tuple[str, str], ...]

    def remove(self) -> None:
        """Take the files away again, since they say nothing new."""
        for path in self.paths:
            path.unlink()


class Editions:
    """All editions below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifests = root / "manifests"
        self.pointer = root / "current"

    def current_id(self) -> str | None:
        """The id that the pointer names, or None before the first edition."""
        return self.pointer.read_text().strip() if self.pointer.exists() else None

    def get(self, edition_id: str | None = None) -> Edition:
        """One edition by its id (or a unique beginning of it), the current one by default."""
        wanted = edition_id or self.current_id()
        if wanted is None:
            raise NoEdition("nothing has been published yet; run: tieout run")
        found = sorted(self.manifests.glob(f"{wanted}*.json")) if wanted.isalnum() else []
        if len(found) != 1:
            known = ", ".join(path.stem for path in sorted(self.manifests.glob("*.json")))
            raise NoEdition(f"no single edition {wanted!r}; there are: {known or 'none'}")
        manifest = json.loads(found[0].read_text())
        manifest["tables"] = {
            name: PublishedTable(
                delta_version=table["delta_version"],
                rows=table["rows"],
                content_hash=table["content_hash"],
                columns=tuple((column, kind) for column, kind in table["columns"]),
                files=tuple(PublishedFile(**file) for file in table["files"]),
            )
            for name, table in manifest["tables"].items()
        }
        return Edition(**manifest)

    def publish(
        self,
        warehouse: duckdb.DuckDBPyConnection,
        relations: dict[str, str],
        *,
        as_of: str,
        reporting_currency: str,
        tieout_version: str,
        records: int = 0,
        progress: Progress | None = None,
    ) -> tuple[Edition, bool]:
        """Publish relations of the warehouse by name; returns the edition and whether it is new.

        Every relation is written once and hashed from its files, so that a view is computed once. A
        table whose content is that of the current edition keeps its old files. The manifest is
        complete before the pointer moves. `records` is how many records came in: where they are
        many, the tables of `PARTS` are written in parts.
        """
        written: dict[str, _Written] = {}
        for number, (name, relation) in enumerate(sorted(relations.items())):
            if progress:
                progress(name, number, len(relations))
            written[name] = self._write(warehouse, name, relation, _digits(records))
        edition_id = _edition_id({name: file.content_hash for name, file in written.items()})
        previous = self.get().tables if self.current_id() else {}
        published = {}
        for name, file in written.items():
            before = previous.get(name)
            if before is not None and before.content_hash == file.content_hash:
                published[name] = before
                file.remove()
            elif edition_id != self.current_id():
                published[name] = self._commit(file)
        if edition_id == self.current_id():
            for name in written.keys() - published.keys():
                written[name].remove()
            return self.get(edition_id), False
        edition = Edition(
            edition_id=edition_id,
            as_of=as_of,
            reporting_currency=reporting_currency,
            published_at=datetime.now(UTC).isoformat(timespec="seconds"),
            tieout_version=tieout_version,
            tables=published,
        )
        self.manifests.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(edition), indent=1, sort_keys=True)
        _write_atomically(self.manifests / f"{edition_id}.json", text)
        _write_atomically(self.pointer, edition_id)
        return edition, True

    def _write(
        self, warehouse: duckdb.DuckDBPyConnection, name: str, relation: str, digits: int
    ) -> _Written:
        """A relation as Parquet files beside those of its table, which nothing names yet."""
        folder = self.root / "tables" / name
        folder.mkdir(parents=True, exist_ok=True)
        schema = warehouse.execute(f"select * from {relation} limit 0").to_arrow_table().schema
        # DuckDB writes the files with all its threads and little memory; Delta only commits them.
        one = folder / f"{uuid4().hex}.parquet"
        how = "format parquet, compression zstd, compression_level 1"
        paths: tuple[Path, ...] = ()
        if digits and name in PARTS:
            warehouse.execute(f"set partitioned_write_flush_threshold = {_ROWS_HELD[digits]}")
            warehouse.execute(f"set partitioned_write_max_open_files = {_FILES_OPEN}")
            part = f"*, {PARTS[name].format(digits=digits)} as part"
            rows = _copy(warehouse, part, relation, one, f"{how}, partition_by (part)")
            paths = tuple(_flattened(one))
        if not paths:  # a table without rows has no parts
            rows = _copy(warehouse, "*", relation, one, how)
            paths = (one,)
        hash_ = content_hash(warehouse, _parquet(paths))
        return _Written(paths, schema, rows, hash_, tuple(_columns(warehouse, relation)))

    def _commit(self, file: _Written) -> PublishedTable:
        """The files as the new version of their Delta table."""
        table = _delta_table(file.paths[0].parent, file.schema)
        added: list[AddAction | RemoveAction] = []
        for path in file.paths:
            seen = path.stat()
            stats = json.dumps({"numRecords": pq.read_metadata(path).num_rows})
            changed = int(seen.st_mtime * 1000)
            added.append(AddAction(path.name, seen.st_size, {}, changed, True, stats))
        table.create_write_transaction(added, "overwrite", DeltaSchema.from_arrow(file.schema))
        table.update_incremental()
        return PublishedTable(
            delta_version=table.version(),
            rows=file.rows,
            content_hash=file.content_hash,
            columns=file.columns,
            files=tuple(
                PublishedFile(path.relative_to(self.root).as_posix(), _sha256(path))
                for path in file.paths
            ),
        )

    @contextmanager
    def connect(self, edition_id: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only DuckDB with the edition's tables as views; see `open_edition`."""
        connection = self.open_edition(edition_id)
        try:
            yield connection
        finally:
            connection.close()

    def open_edition(self, edition_id: str | None = None) -> duckdb.DuckDBPyConnection:
        """An in-memory DuckDB whose views are the files of one edition.

        It can reach those files and nothing else: no other path, no network, no extension, and
        its configuration is locked. The caller closes it.
        """
        connection = connect()
        # The files never change, so what stands at their ends need not be read with every query.
        connection.execute("set parquet_metadata_cache = true")
        for name, table in self.get(edition_id).tables.items():
            connection.execute(f'create view "{name}" as {self._source(table)}')
        connection.execute(f"set allowed_directories = [{_quote(str(self.root / 'tables'))}]")
        _lock(connection)
        return connection

    def open_part(self, edition_id: str, scope: RowScope, path: Path) -> duckdb.DuckDBPyConnection:
        """A read-only DuckDB, made at `path`, with an edition's rows of a scope and no others.

        Rows that are kept back are not there, so no SQL and no message of an error can tell of
        them, and it can reach no file. A table that cannot be cut is empty, so that queries over
        several tables run; `hidden` names those. Of the deliveries, those of the files that the
        records of the scope came from are there. The caller closes it and removes the file.
        """
        tables = self.get(edition_id).tables
        kept_back = hidden(tables, scope)
        with connect(path) as making:
            making.begin()
            # The deliveries come last, since what is seen of them depends on the others.
            for name, table in sorted(tables.items(), key=lambda one: one[0] == "deliveries"):
                columns = [column for column, _ in table.columns]
                rows = "true" if name in FOR_EVERYBODY else scope.condition(columns)
                if name == "deliveries" and "fct_reconciliation_members" not in kept_back:
                    rows = "sha256 in (select source_file_sha256 from fct_reconciliation_members)"
                making.execute(
                    f'create table "{name}" as from ({self._source(table)}) where {rows}'
                )
            making.commit()
        connection = connect(path, read_only=True)
        _lock(connection)
        return connection

    def _source(self, table: PublishedTable) -> str:
        """All rows of a published table, as a query."""
        if table.files:
            return f"select * from {_parquet([self.root / file.path for file in table.files])}"
        # An empty table has no file to take its columns from.
        nulls = (f'cast(null as {kind}) as "{column}"' for column, kind in table.columns)
        return f"select {', '.join(nulls)} where false"


def _digits(records: int) -> int:
    """How many digits of an id name a part, so that a part stays as small as there are records."""
    return 0 if records < _LARGE else 1 if records < 16 * _LARGE else 2


def _copy(
    warehouse: duckdb.DuckDBPyConnection, columns: str, relation: str, target: Path, how: str
) -> int:
    """Write a relation to a file, or to a folder of parts; how many rows it has."""
    query = f"copy (select {columns} from {relation}) to {_quote(str(target))} ({how})"
    ((rows,),) = warehouse.execute(query).fetchall()
    return int(rows)


def _flattened(folder: Path) -> Iterator[Path]:
    """The files of a folder of parts, moved to where it stood; the folder goes."""
    for number, path in enumerate(sorted(folder.rglob("*.parquet"))):
        yield path.rename(folder.with_name(f"{folder.stem}-{number}.parquet"))
    shutil.rmtree(folder)


def _parquet(paths: Sequence[Path]) -> str:
    """The rows of files as a relation; what their names say of them is no column."""
    files = ", ".join(_quote(str(path)) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false)"


def hidden(tables: dict[str, PublishedTable], scope: RowScope) -> set[str]:
    """The tables of an edition that a scope cannot be cut out of; they would tell of other rows."""
    return {
        name
        for name, table in tables.items()
        if name not in FOR_EVERYBODY and not scope.can_cut([column for column, _ in table.columns])
    }


@lru_cache(maxsize=1024)
def named_tables(sql: str) -> frozenset[str]:
    """What a query names as tables, at any depth; nothing where it is no query."""
    with connect() as parser:
        ((tree,),) = parser.execute("select json_serialize_sql(?::varchar)", [sql]).fetchall()

    def names(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                yield node["table_name"]
            node = list(node.values())
        if isinstance(node, list):
            for part in node:
                yield from names(part)

    return frozenset(names(json.loads(tree)))


def _lock(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def select(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Sequence[object] = (),
    limit: int | None = None,
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and (first `limit`) rows of one query; anything else is refused unrun."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise NotReadOnly("only one SELECT at a time can be run: editions are read-only")
    cursor = connection.execute(sql, list(parameters))
    rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit)
    return [column[0] for column in cursor.description or []], rows


def content_hash(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """A hash of the rows of a relation that does not depend on their order.

    Every row is hashed (MD5 of its columns in text, nulls apart from empty text); the halves of
    the hashes are added up exactly, and the sums are hashed with the number of rows and the
    columns. Equal content gives an equal hash on any machine and in any order.
    """
    columns = _columns(connection, relation)
    text = ", ".join(f'coalesce(cast("{name}" as varchar), chr(0))' for name, _ in columns)
    count, upper, lower = connection.execute(
        f"""
        select count(*), coalesce(sum(cast(h >> 64 as ubigint)), 0)::varchar,
               coalesce(sum(cast(h & 18446744073709551615::uhugeint as ubigint)), 0)::varchar
        from (select md5_number(concat_ws(chr(31), {text})) as h from {relation})
        """
    ).fetchall()[0]
    return hashlib.sha256(json.dumps([columns, count, upper, lower]).encode()).hexdigest()


def _delta_table(folder: Path, schema: pa.Schema) -> DeltaTable:
    """The Delta table of a folder with the columns of a schema; made or changed if need be."""
    wanted = DeltaSchema.from_arrow(schema)
    if not DeltaTable.is_deltatable(str(folder)) or DeltaTable(str(folder)).schema() != wanted:
        empty = schema.empty_table()
        write_deltalake(str(folder), empty, mode="overwrite", schema_mode="overwrite")
    return DeltaTable(str(folder))


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    described = connection.execute(f"describe select * from {relation}").fetchall()
    return [(name, kind) for name, kind, *_ in described]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _edition_id(hashes: dict[str, str]) -> str:
    identifying = {name: h for name, h in hashes.items() if name not in NOT_IDENTIFYING}
    return hashlib.sha256(json.dumps(identifying, sort_keys=True).encode()).hexdigest()[:16]


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _write_atomically(path: Path, text: str) -> None:
    """Readers see the old text or the new one, also after a crash."""
    copy = path.with_suffix(".writing")
    with copy.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    copy.replace(path)

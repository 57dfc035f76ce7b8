"""What is new in one relation of a database, as Arrow: PostgreSQL, or any that SQLAlchemy reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import TIMESTAMP, Table
from tieout.formats.times import to_utc
from tieout.settings import ConfigurationError

_POSTGRES = ("postgres://", "postgresql://")
_ROWS_AT_ONCE = 50_000


def fetch(uri: str, table: Table, relation: str, since: datetime | None) -> pa.Table:
    """The contract's columns that the relation has, from one version on.

    Raises `ConfigurationError` where the relation cannot be read or lacks a required column.
    """
    if uri.startswith(_POSTGRES):
        return _from_postgres(uri, table, relation, since)
    return _from_sqlalchemy(uri, table, relation, since)


def _columns(table: Table, relation: str, present: Sequence[str]) -> list[str]:
    columns = [field.name for field in table.columns if field.name in present]
    needed = table.required | {table.version or ""}
    if lacking := sorted(needed - set(columns)):
        raise ConfigurationError(
            f"{relation} cannot be read as {table.name}: it has no column " + ", ".join(lacking)
        )
    return columns


def _from_postgres(uri: str, table: Table, relation: str, since: datetime | None) -> pa.Table:
    import adbc_driver_manager.dbapi
    import adbc_driver_postgresql.dbapi

    try:
        with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as cursor:
            cursor.execute(f"select * from {relation} limit 0")
            columns = _columns(table, relation, [column[0] for column in cursor.description])
            where = "" if since is None else f" where {table.version} >= '{since.isoformat()}'"
            cursor.execute(f"select {', '.join(columns)} from {relation}{where}")
            return cursor.fetch_arrow_table()
    except adbc_driver_manager.dbapi.Error as error:
        raise ConfigurationError(f"reading {relation}: {error}") from None


def _from_sqlalchemy(uri: str, table: Table, relation: str, since: datetime | None) -> pa.Table:
    import sqlalchemy as sa

    schema, _, name = relation.rpartition(".")
    try:
        engine = sa.create_engine(uri)
        try:
            source = sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=engine)
            columns = _columns(table, relation, source.columns.keys())
            query = sa.select(*(source.c[column] for column in columns))
            if since is not None:
                version = source.c[str(table.version)]
                query = query.where(version >= _comparable(version, since))
            with engine.connect().execution_options(yield_per=_ROWS_AT_ONCE) as connection:
                parts = [
                    _as_arrow(table, columns, rows)
                    for rows in connection.execute(query).partitions(_ROWS_AT_ONCE)
                ]
        finally:
            engine.dispose()
    except sa.exc.NoSuchTableError:
        raise ConfigurationError(f"reading {relation}: there is no such table or view") from None
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        # The address of a database may hold a password; messages of the driver do not.
        raise ConfigurationError(f"reading {relation}: {error}") from None
    parts = parts or [_as_arrow(table, columns, [])]
    return pa.concat_tables(parts, promote_options="permissive")


def _comparable(version: Any, since: datetime) -> Any:
    """What a column of versions can be compared with.

    A text is compared by its day alone: how its time is written differs, and what comes twice is
    left out later.
    """
    import sqlalchemy as sa

    if isinstance(version.type, sa.DateTime):
        return since if version.type.timezone else since.astimezone(UTC).replace(tzinfo=None)
    return since.astimezone(UTC).date().isoformat()


def _as_arrow(table: Table, columns: Sequence[str], rows: Sequence[Any]) -> pa.Table:
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    arrays = {
        name: _array(table.columns.field(name).type, list(column))
        for name, column in zip(columns, values, strict=True)
    }
    if table.version:
        arrays[table.version] = _instants(table, arrays[table.version])
    return pa.table(arrays)


def _array(kind: pa.DataType, values: list[Any]) -> pa.Array:
    """Values as what they are; where the database mixes types in one column, as text."""
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    if any(isinstance(value, Decimal) for value in values):
        # A numeric column writes 12.00 for what is whole; nobody typed that.
        values = [v if v is None else format(Decimal(v).normalize(), "f") for v in values]
    try:
        return pa.array(values) if any(v is not None for v in values) else pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _instants(table: Table, versions: pa.Array) -> pa.Array:
    """Versions as instants; what states no offset is UTC."""
    if pa.types.is_timestamp(versions.type):
        return (
            versions.cast(pa.timestamp("us")).cast(TIMESTAMP)
            if not versions.type.tz
            else (versions.cast(TIMESTAMP))
        )
    times = to_utc(versions.cast(pa.string()))
    if pc.any(times.unreadable).as_py():
        bad = versions.filter(times.unreadable)[0].as_py()
        raise ConfigurationError(f"{table.version} holds {bad!r}, which is not a time")
    return times.utc

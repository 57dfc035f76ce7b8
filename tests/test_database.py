"""The company's own databases, read incrementally: nothing missed, nothing doubled."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import adbc_driver_postgresql.dbapi
import pytest

from tests.conftest import DAY, Ingest
from tieout.database import extract
from tieout.engine import connect
from tieout.ingest import ingest
from tieout.settings import ConfigurationError, Database, Settings

pytestmark = pytest.mark.xdist_group("postgres")

DDL = """
create table payments (
  attempt_id text primary key, payment_id text not null, attempt_no int not null,
  amount_minor bigint not null, captured_minor bigint not null, currency text not null,
  status text not null, created_at timestamptz not null, processor text,
  processor_reference text, updated_at timestamptz not null, secret_note text
)
"""


class Source:
    """A database with a payments table, and the ingest of a workspace that reads it."""

    def __init__(self, uri: str, ingesting: Ingest) -> None:
        self.uri = uri
        self.ingesting = ingesting
        self.database = Database(
            source="core",
            uri_env="TEST_DATABASE_URI",
            overlap_minutes=60,
            tables={"payments": "public.payments"},
        )
        self.settings = Settings(
            reporting_currency="USD",
            as_of="latest",
            failure_webhook_env="",
            decisions_uri_env="",
            databases=(self.database,),
        )

    def sql(self, statement: str) -> None:
        with adbc_driver_postgresql.dbapi.connect(self.uri) as connection:
            with connection.cursor() as cursor:
                cursor.execute(statement)
            connection.commit()

    def put(self, attempt: str, updated_at: str, captured: int = 100) -> None:
        self.sql(
            f"insert into payments values ('{attempt}', '{attempt}', 1, 100, {captured}, 'USD',"
            f" 'captured', '2026-01-01T00:00:00Z', 'stripe', 'ch_{attempt}', '{updated_at}', 'x')"
            f" on conflict (attempt_id) do update set captured_minor = {captured},"
            f" updated_at = '{updated_at}'"
        )

    def extract(self, day: date = DAY) -> int:
        i = self.ingesting
        i.canonical.ensure_schemas()
        landed = extract(self.database, i.landing, i.canonical, day)
        ingest(i.landing, i.canonical, self.settings.file_rules)
        return len(landed)

    def rows(self) -> list[tuple[str, int]]:
        with connect() as connection:
            files = self.ingesting.canonical.files("payments")
            return connection.execute(
                f"select attempt_id, captured_minor from read_parquet('{files}') order by all"
            ).fetchall()


@pytest.fixture
def source(postgres: str, ingesting: Ingest, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("TEST_DATABASE_URI", postgres)
    source = Source(postgres, ingesting)
    source.sql("drop table if exists payments")
    source.sql(DDL)
    return source


def test_only_what_is_new_is_extracted(source: Source) -> None:
    source.put("a", "2026-01-01T10:00:00Z")
    source.put("b", "2026-01-01T11:00:00Z")
    assert source.extract() == 1
    assert source.extract() == 0  # nothing new: no file, so no new edition
    source.put("c", "2026-01-01T12:00:00Z")
    source.put("a", "2026-01-01T12:00:00Z", captured=50)  # a new version of a known row
    assert source.extract() == 1
    assert source.rows() == [("a", 50), ("a", 100), ("b", 100), ("c", 100)]


def test_a_row_that_committed_late_within_the_overlap_is_not_missed(source: Source) -> None:
    source.put("a", "2026-01-01T11:00:00Z")
    source.extract()
    source.put("late", "2026-01-01T10:00:00Z")  # older than the newest, within 60 minutes
    assert source.extract() == 1
    assert source.rows() == [("a", 100), ("late", 100)]


def test_a_crash_between_extract_and_ingest_misses_and_doubles_nothing(source: Source) -> None:
    source.put("a", "2026-01-01T10:00:00Z")
    i = source.ingesting
    i.canonical.ensure_schemas()
    extract(source.database, i.landing, i.canonical, DAY)  # landed, and the process died
    source.put("b", "2026-01-01T10:30:00Z")
    source.extract()
    with connect() as connection:
        files = i.canonical.files("payments")
        current = connection.execute(
            f"select count(distinct record_id) from read_parquet('{files}')"
        ).fetchall()
    assert current == [(2,)]  # the same row in two extracts is one record


def test_unknown_columns_stay_in_the_database(source: Source) -> None:
    source.put("a", "2026-01-01T10:00:00Z")
    source.extract()
    (delivery,) = source.ingesting.landing.contents()
    assert b"secret_note" not in source.ingesting.landing.path(delivery.sha256).read_bytes()
    assert delivery.origin == "database:core/payments.parquet"


def test_a_database_that_cannot_be_read_is_named(
    source: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source.sql("alter table payments drop column currency")
    with pytest.raises(ConfigurationError, match=r"no column currency"):
        source.extract()
    source.sql("drop table payments")
    with pytest.raises(ConfigurationError, match=r"public\.payments"):
        source.extract()
    monkeypatch.delenv("TEST_DATABASE_URI")
    with pytest.raises(ConfigurationError, match="TEST_DATABASE_URI is not set"):
        source.extract()


class SqliteSource(Source):
    """The same in SQLite, through SQLAlchemy."""

    def sql(self, statement: str) -> None:
        with closing(sqlite3.connect(self.uri.removeprefix("sqlite:///"))) as connection:
            connection.execute(statement)
            connection.commit()


SQLITE_DDL = """
create table payments (
  attempt_id {key} primary key, payment_id text not null, attempt_no int not null,
  amount_minor bigint not null, captured_minor numeric not null, currency text not null,
  status text not null, created_at datetime not null, processor text,
  processor_reference text, updated_at {time} not null, secret_note text
)
"""


@pytest.fixture(params=["datetime", "text"])
def sqlite_source(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    ingesting: Ingest,
    monkeypatch: pytest.MonkeyPatch,
) -> Source:
    uri = f"sqlite:///{tmp_path}/core.db"
    monkeypatch.setenv("TEST_DATABASE_URI", uri)
    source = SqliteSource(uri, ingesting)
    source.database = source.database.model_copy(update={"tables": {"payments": "payments"}})
    source.sql(SQLITE_DDL.format(key="text", time=request.param))
    return source


def test_any_database_that_sqlalchemy_reads(sqlite_source: Source) -> None:
    source = sqlite_source
    for attempt, updated_at in (("a", "2026-01-01 10:00:00"), ("b", "2026-01-01 11:00:00")):
        _put(source, attempt, updated_at)
    assert source.extract() == 1
    assert source.extract() == 0
    _put(source, "late", "2026-01-01 10:30:00")  # within the overlap of an hour
    _put(source, "a", "2026-01-01 12:00:00", captured=50)
    assert source.extract() == 1
    assert source.rows() == [("a", 50), ("a", 100), ("b", 100), ("late", 100)]
    (first, *_) = source.ingesting.landing.contents()
    assert b"secret_note" not in source.ingesting.landing.path(first.sha256).read_bytes()


def test_another_database_that_cannot_be_read_is_named(
    sqlite_source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_source.sql("alter table payments drop column currency")
    with pytest.raises(ConfigurationError, match="no column currency"):
        sqlite_source.extract()
    sqlite_source.sql("drop table payments")
    with pytest.raises(ConfigurationError, match="reading payments: there is no such table"):
        sqlite_source.extract()
    monkeypatch.setenv("TEST_DATABASE_URI", "nodatabase://user:secret@host/x")
    with pytest.raises(ConfigurationError, match="nodatabase") as refusal:
        sqlite_source.extract()
    assert "secret" not in str(refusal.value)


def _put(source: Source, attempt: str, updated_at: str, captured: int = 100) -> None:
    source.sql(
        f"insert or replace into payments values ('{attempt}', '{attempt}', 1, 100, {captured},"
        f" 'USD', 'captured', '2026-01-01 00:00:00', 'stripe', 'ch_{attempt}', '{updated_at}', 'x')"
    )

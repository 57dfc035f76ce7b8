"""A workspace: one folder with its configuration, its inbox and its data.

The configuration is validated as a whole when it is loaded. There are no silent defaults: `init`
writes every key, and a key that is missing or unknown is an error that names it.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tieout.access import SignIn
from tieout.contracts import BUSINESS_TABLES
from tieout.landing import Delivery
from tieout.money import exponent

if TYPE_CHECKING:
    from tieout.mappings import Mapped

CONFIG_NAME = "tieout.toml"
# DuckDB reads patterns and columns (a=b) out of paths; Delta Lake, SQLite and Great Expectations
# take them for addresses and templates.
_NOT_IN_PATHS = {*"*?[]^|\\%$=", *map(chr, range(32))}
DECISIONS_ORIGIN = "decisions"  # of what was decided, as it is landed

TEMPLATE = """\
# A Tieout workspace. Every key is required; `tieout run` names what is missing or unknown.

# The currency that totals over several currencies are reported in.
reporting_currency = "{reporting_currency}"

# The day from which open items are judged in transit or overdue:
# "today" (UTC), "latest" (the newest business date in the data), or a date such as 2026-11-22.
as_of = "{as_of}"

# The environment variable that holds the address of a webhook to post failures to ("" for none).
failure_webhook_env = ""

# The environment variable that holds the address of the PostgreSQL database in which people's
# decisions are kept ("" keeps them in data/decisions.sqlite).
decisions_uri_env = ""

# Files are recognised by their content. To say it explicitly, one block per kind of file;
# `files` is a pattern below inbox/, `source` the name that its records get:
# [[files]]
# files = "stripe-eu/*.csv"
# format = "stripe_payout_reconciliation"
# source = "stripe_eu"
# Each file of these states all that its source has of one table, so a record that the newest one
# lacks is deleted. Every file of that source and format must then be such an export:
# [[files]]
# files = "erp/payments*.csv"
# format = "own_payments"
# source = "erp"
# full_export = true
# Of what came by mistake nothing is used; the file, and why, stay in every list of files:
# [[files]]
# files = "stripe-eu/2026-01-test.csv"
# left_out = "payouts of the test account"

# Formats of your own are described in mappings/<name>.yaml and read as mapped_<name>; draft one
# with `tieout source guess FILE`.

# Tables read from the company's own database, incrementally: PostgreSQL, or any other that
# SQLAlchemy reads ("sqlite:////data/core.db"). The address is read from the
# environment variable named here, so that no password stands in this file:
# [[databases]]
# source = "core"
# uri_env = "TIEOUT_CORE_URI"
# overlap_minutes = 60     # how far behind the newest row a late commit is still looked for
# tables = {{ payments = "public.payments", ledger_entries = "public.ledger_entries" }}

# Files from object storage or any other place that fsspec knows. Keys and endpoints come as JSON
# from the environment variable named here ("" for none). Rules know them as store:<name>/<path>:
# [[stores]]
# name = "reports"
# url = "s3://bucket/reports"
# files = "*.csv"
# options_env = "TIEOUT_REPORTS_OPTIONS"

# Without sign-in, the dashboards serve one person on this machine. With it, they serve everybody
# who signs in at the company's own OpenID Connect provider and has a role; see docs/access.md:
# [sign_in]
# provider = "https://login.example.com/.well-known/openid-configuration"
# client_id = "tieout"
# client_secret_env = "TIEOUT_CLIENT_SECRET"
# cookie_secret_env = "TIEOUT_COOKIE_SECRET"
# address = "https://tieout.example.com"    # where people open the dashboards
# person_claim = "email"                    # the name that decisions are stored under
# role_claim = "groups"
# roles = {{ finance = "analyst", controllers = "approver", "external-audit" = "auditor" }}
# [[sign_in.scopes]]                        # these see only the rows of these processors
# people = ["sam@example.com"]
# processor = ["stripe"]
"""


class ConfigurationError(Exception):
    """The workspace or its configuration cannot be used; the message says what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileRule(_Strict):
    """Says explicitly what the files of a pattern are, instead of recognising them.

    `full_export` says that each file states all that the source has of the format's table;
    `left_out`, with nothing beside it, why nothing of the files is used.
    """

    files: str
    format: str = ""
    source: str = ""
    full_export: bool = False
    left_out: str = ""

    @field_validator("format")
    @classmethod
    def _known_format(cls, name: str, info: ValidationInfo) -> str:
        from tieout.formats import by_format  # the readers are heavy, and few rules name one

        by_format(name, (info.context or {}).get("mapped", ()))
        return name

    @model_validator(mode="after")
    def _says_what_they_are(self) -> FileRule:
        if self.left_out.strip():
            if self.format or self.source or self.full_export:
                raise ValueError("files that are left_out need no format, source or full_export")
        elif not (self.format and self.source):
            raise ValueError("say the format and the source of the files, or why they are left_out")
        return self

    @model_validator(mode="after")
    def _whole_tables_only(self) -> FileRule:
        # A statement or a settlement report is of a period: the next one does not replace it.
        if self.full_export and not self.format.startswith("own_"):
            raise ValueError(
                f"full_export is for the company's own tables (own_…); {self.format} is of a period"
            )
        return self

    def fits(self, delivery: Delivery) -> bool:
        """Whether the rule is about what was delivered, or about the archive it came in."""
        return any(Path(origin).match(self.files) for origin in delivery.origins())


class ExtractRule(FileRule):
    """Says what an extract is that the platform made; a file of that name in the inbox is none."""

    def fits(self, delivery: Delivery) -> bool:
        """Whether the rule is about what was delivered."""
        return delivery.is_extract and super().fits(delivery)


class Database(_Strict):
    """Tables of the company's own database: canonical table → relation to read it from."""

    source: str
    uri_env: str
    overlap_minutes: int = Field(ge=0)
    tables: dict[str, str]

    def origin(self, table: str) -> str:
        """The origin under which extracts of a table are landed."""
        return f"database:{self.source}/{table}.parquet"

    @field_validator("tables")
    @classmethod
    def _known_tables(cls, tables: dict[str, str]) -> dict[str, str]:
        for name in tables:
            table = BUSINESS_TABLES.get(name)
            if table is None or table.version is None:
                readable = sorted(t.name for t in BUSINESS_TABLES.values() if t.version)
                raise ValueError(f"{name!r} is none of the tables a database can hold: {readable}")
        return tables


class Store(_Strict):
    """Files in object storage, or wherever else fsspec reads: an address and a pattern below it.

    `options_env` names the environment variable with the file system's options as JSON.
    """

    name: str = Field(pattern=r"^[a-z0-9_-]+$")
    url: str
    files: str = "*"
    options_env: str = ""

    @property
    def origin(self) -> str:
        """What the origins of its files begin with."""
        return f"store:{self.name}"

    @field_validator("url")
    @classmethod
    def _known_protocol(cls, url: str) -> str:
        from fsspec import available_protocols
        from fsspec.core import split_protocol

        protocol = split_protocol(url)[0]
        if protocol not in available_protocols():
            raise ValueError(f"{url!r} is no address such as s3://bucket/folder or file:///folder")
        return url


class Settings(_Strict):
    """The contents of ``tieout.toml``."""

    reporting_currency: str
    as_of: Literal["today", "latest"] | date
    failure_webhook_env: str
    decisions_uri_env: str
    files: tuple[FileRule, ...] = ()
    databases: tuple[Database, ...] = ()
    stores: tuple[Store, ...] = ()
    sign_in: SignIn | None = None

    @field_validator("stores")
    @classmethod
    def _stores_have_names_of_their_own(cls, stores: tuple[Store, ...]) -> tuple[Store, ...]:
        names = [store.name for store in stores]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two stores are called {', '.join(twice)}")
        return stores

    @field_validator("reporting_currency")
    @classmethod
    def _iso_currency(cls, currency: str) -> str:
        exponent(currency)
        return currency

    @model_validator(mode="after")
    def _exports_are_not_mixed(self) -> Settings:
        # Nothing would say whether a change came before a full export or after it.
        kinds: dict[tuple[str, str], bool] = {}
        for rule in self.file_rules:
            if kinds.setdefault((rule.source, rule.format), rule.full_export) != rule.full_export:
                raise ValueError(
                    f"the files of source {rule.source!r} and format {rule.format!r} are all "
                    "full exports or none is: give the others a source of their own"
                )
        return self

    @property
    def file_rules(self) -> tuple[FileRule, ...]:
        """What is known of files before looking into them: the configured, then the extracts.

        What is left out is so wherever the configuration says it, before or after a wider rule.
        """
        decisions = ExtractRule(
            files=f"{DECISIONS_ORIGIN}/*.jsonl", format="own_decisions", source="decisions"
        )
        extracts = (
            ExtractRule(files=database.origin(table), format=f"own_{table}", source=database.source)
            for database in self.databases
            for table in database.tables
        )
        files = sorted(self.files, key=lambda rule: not rule.left_out)
        return (decisions, *files, *extracts)

    def as_of_date(self) -> date | None:
        """The fixed as-of date of a run, or None where the newest business date decides."""
        if self.as_of == "today":
            return today()
        return self.as_of if isinstance(self.as_of, date) else None


FIRST_DAY = date(2020, 1, 1)  # no file has arrived before it


def today() -> date:
    """The current day in UTC, the clock of all arrival days."""
    return datetime.now(UTC).date()


class Workspace:
    """The places of one workspace below its home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.config = self.home / CONFIG_NAME
        self.inbox = self.home / "inbox"
        self.mappings = self.home / "mappings"
        self.data = self.home / "data"
        self.landing = self.data / "landing"
        self.canonical = self.data / "canonical"
        self.warehouse = self.data / "warehouse.duckdb"
        self.decisions = self.data / "decisions.sqlite"
        self.attachments = self.data / "attachments"
        self.views = self.data / "views.sqlite"
        self.editions = self.data / "editions"
        self.definitions = self.data / "dbt" / "semantic_manifest.json"  # of the last run
        self.quality = self.data / "quality"
        self.expectations = self.quality / "outcome.json"
        self.expectations_held = self.quality / "held"  # its time: when none failed last
        self.runs = self.data / "runs.jsonl"
        self.dagster_home = self.data / "dagster"

    @classmethod
    def create(cls, home: Path, *, reporting_currency: str, as_of: str) -> Workspace:
        """Make a new workspace; an existing one is left as it is and is an error."""
        workspace = cls(home)
        workspace._refuse_names()
        if workspace.config.exists():
            raise ConfigurationError(f"{workspace.config} exists already; nothing was changed")
        for folder in (workspace.inbox, workspace.mappings, workspace.data):
            folder.mkdir(parents=True, exist_ok=True)
        workspace.config.write_text(
            TEMPLATE.format(reporting_currency=reporting_currency, as_of=as_of),
            encoding="utf-8",
        )
        workspace.settings()
        return workspace

    @classmethod
    def open(cls, home: Path) -> Workspace:
        """An existing workspace; `ConfigurationError` says how to make one where there is none."""
        workspace = cls(home)
        if not workspace.config.is_file():
            raise ConfigurationError(
                f"{workspace.home} is not a workspace (it has no {CONFIG_NAME}); "
                f"make one with: tieout init {quote(str(home))}"
            )
        workspace._refuse_names()
        return workspace

    def _refuse_names(self) -> None:
        """Say at once what would fail deep in a run, or read another folder's files."""
        if wrong := sorted({char for char in str(self.home) if char in _NOT_IN_PATHS}):
            shown = " ".join(char if char.isprintable() else repr(char) for char in wrong)
            raise ConfigurationError(
                f"{self.home} cannot be a workspace, since its path has {shown}, which one of the "
                "libraries below takes for a pattern or a part of an address; rename the folder"
            )

    def settings(self) -> Settings:
        """The validated configuration; `ConfigurationError` lists every wrong key."""
        context = {"mapped": self.mapped()}
        try:
            content = tomllib.loads(self.config.read_text(encoding="utf-8"))
            return Settings.model_validate(content, context=context)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{self.config}: not valid TOML: {error}") from None
        except ValidationError as error:
            faults = "\n".join(f"  {_place(e['loc'])}: {e['msg']}" for e in error.errors())
            raise ConfigurationError(f"{self.config}:\n{faults}") from None

    def mapped(self) -> tuple[Mapped, ...]:
        """The formats that the workspace describes itself, in `mappings/`.

        Raises `ConfigurationError` where a mapping is wrong.
        """
        if not self.mappings.is_dir():
            return ()
        from tieout.mappings import BadMapping, load_all  # heavy, and few workspaces have one

        try:
            return load_all(self.mappings)
        except BadMapping as error:
            raise ConfigurationError(str(error)) from None


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "file"

"""The ingest: from landed bytes to canonical rows, with every record accounted for.

One landed file becomes one Parquet file in each canonical table it has rows for, in the partition
of its arrival day, and one row of `source_files`. That row is written last, so it is the commit:
a file without it is read again, and reading again writes the same files under the same names.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from tieout.ahead import ahead
from tieout.canonical import Canonical
from tieout.cards import truncate_cards, truncate_text
from tieout.contracts import ALL_SCHEMAS, FULL_EXPORT
from tieout.engine import connect
from tieout.formats import CONTAINERS, as_container, by_format, recognise
from tieout.formats.base import (
    ControlTotal,
    Finding,
    Head,
    Part,
    Quarantined,
    Reader,
    Records,
    Report,
    Rows,
    Structural,
    UnreadableFile,
)
from tieout.landing import Delivery, Landing, Progress
from tieout.lineage import Lines, with_lineage
from tieout.settings import FileRule

# Level 1 of zstd and row groups of about 122k rows: the cheapest to write and to scan of those
# tried; see docs/decisions.md.
_FILES_AT_ONCE = min(4, os.cpu_count() or 1)
# A block is read as some four parts, so this is about two blocks.
_PARTS_AHEAD, _LARGE_BYTES = 8, 16 << 20
_SAMPLE = 2_000  # rows
_WORKSHOP = ".writing"
_PARQUET = {"compression": "zstd", "compression_level": 1, "write_statistics": True}


@dataclass
class FileAccount:
    """What became of one file: the row of `source_files` and its companions."""

    delivery: Delivery
    source: str | None = None
    format: str | None = None
    reader_version: int | None = None
    reason: str | None = None
    is_left_out: bool = False
    records: int = 0
    structural: int = 0
    quarantined: int = 0
    lines: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    report: Report | None = None
    control_totals: list[ControlTotal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def status(self) -> str:
        """read, partly_read, unreadable or left_out."""
        if self.is_left_out:
            return "left_out"
        if self.reason is not None:
            return "unreadable"
        return "partly_read" if self.quarantined else "read"

    def add_total(self, total: ControlTotal) -> None:
        """Keep a total; one that no column can hold becomes a finding."""
        if total.is_storable:
            self.control_totals.append(total)
        else:
            message = f"{total.name} of {total.scope} is more than a total can be"
            self.findings.append(Finding("control_total_unreadable", message, total.line))

    def check_conservation(self) -> None:
        """records = canonical + quarantined + structural, or the reader has lost something."""
        accounted = self.lines + self.quarantined + self.structural
        if accounted != self.records:
            raise UnreadableFile(
                f"the {self.format} reader accounts for {accounted} of {self.records} records "
                f"({self.lines} canonical, {self.quarantined} quarantined, "
                f"{self.structural} structural): nothing of the file is used"
            )


def ingest(
    landing: Landing,
    canonical: Canonical,
    rules: tuple[FileRule, ...],
    *,
    mapped: Sequence[Reader] = (),
    again: date | None = None,
    progress: Progress | None = None,
) -> list[FileAccount]:
    """Read all that has landed, on whatever day, and was not read as it would be now.

    So what an earlier run left undone is done, and a new reader, rule or mapping holds for earlier
    files too. With `again`, all that arrived on that day is read. `mapped` are the formats that the
    workspace describes itself.
    """
    canonical.ensure_schemas()
    read_already = canonical.accounts()
    todo = [
        delivery
        for delivery in landing.contents()
        if again == date.fromisoformat(delivery.arrival_day)
        or not _is_read(read_already.get(delivery.sha256), delivery, rules, mapped)
    ]
    shutil.rmtree(canonical.root / _WORKSHOP, ignore_errors=True)
    accounts = []
    # Arrow and DuckDB work outside the lock of the interpreter, so files are read side by side. To
    # divide the ids of one block among threads as well would cost more than it saves.
    with connect() as engine, ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        engine.execute("set threads = 1")
        read = partial(_ingest_file, engine, landing, canonical, rules, mapped)
        for number, account in enumerate(pool.map(read, todo)):
            if progress:
                progress(account.delivery.origin, number, len(todo))
            accounts.append(account)
    return accounts


def _ingest_file(
    engine: DuckDBPyConnection,
    landing: Landing,
    canonical: Canonical,
    rules: tuple[FileRule, ...],
    mapped: Sequence[Reader],
    delivery: Delivery,
) -> FileAccount:
    account = FileAccount(delivery)
    path = landing.path(delivery.sha256)
    workshop = canonical.root / _WORKSHOP / delivery.sha256
    engine = engine.cursor()
    writer = _Writer(engine, workshop, account)
    try:
        with writer:
            rule = _rule_of(delivery, rules)
            if rule and rule.left_out:
                # The file itself is its one record: it is accounted for, and nothing of it is used.
                account.is_left_out, account.reason = True, rule.left_out
                account.records = account.structural = 1
            elif delivery.bytes:
                for part in _parts(_choose(rule, mapped, path, account), path, delivery):
                    writer.take(part)
            else:
                writer.take(Finding("empty_file", "the file is empty: it has no records"))
        account.check_conservation()
    except UnreadableFile as error:
        # Nothing of an unreadable file is used; the file itself is its one quarantined record.
        account = FileAccount(
            delivery, account.source, account.format, account.reader_version, str(error)
        )
        account.records = account.quarantined = 1
        writer = _Writer(engine, workshop, account)
        with writer:
            writer.write(
                "quarantine",
                Quarantined.one(0, "", str(error)).data,
            )
    _commit(canonical, writer, account)
    return account


def _parts(reader: Reader, path: Path, delivery: Delivery) -> Iterator[Part]:
    """What the reader yields. Of a large file it reads the next block while one is written."""
    parts = reader.read(path)
    return ahead(parts, _PARTS_AHEAD) if delivery.bytes > _LARGE_BYTES else parts


def _is_read(
    account: Mapping[str, Any] | None,
    delivery: Delivery,
    rules: tuple[FileRule, ...],
    mapped: Sequence[Reader],
) -> bool:
    """Whether a file was read, and as the reader and the rule of now would read it."""
    if account is None or account["status"] == "unreadable":
        return False  # a reader may have been added or configured since
    rule = _rule_of(delivery, rules)
    if account["status"] == "left_out" or (rule and rule.left_out):
        return bool(rule and truncate_text(rule.left_out) == account["reason"])
    if account["format"] is None:
        return True  # an empty file
    try:
        reader = by_format(account["format"], mapped)
    except ValueError:
        return False  # its mapping is no more
    if reader.version != account["reader_version"]:
        return False
    if rule is None or reader in CONTAINERS:
        now = reader.format, reader.source, False
    else:
        now = rule.format, rule.source, rule.full_export
    return now == (account["format"], account["source"], account["report_id"] == FULL_EXPORT)


def _rule_of(delivery: Delivery, rules: tuple[FileRule, ...]) -> FileRule | None:
    """The first rule that fits."""
    return next((rule for rule in rules if rule.fits(delivery)), None)


def _choose(
    rule: FileRule | None, mapped: Sequence[Reader], path: Path, account: FileAccount
) -> Reader:
    """The reader of a file, as a rule or the content says; the account notes which it is.

    A rule about an archive is one about its members.
    """
    head = Head.of(path, account.delivery.origin)
    if rule and not as_container(head):
        reader, account.source = by_format(rule.format, mapped), rule.source
        if rule.full_export:
            account.report = Report(FULL_EXPORT)
    else:
        reader = recognise(head, mapped)
        account.source = reader.source
    account.format, account.reader_version = reader.format, reader.version
    return reader


class _Writer:
    """Writes the parts of one file into a folder of its own; `_commit` moves them into place."""

    def __init__(self, engine: DuckDBPyConnection, folder: Path, account: FileAccount) -> None:
        self.engine = engine
        self.folder = folder
        self.account = account
        self.files: dict[str, pq.ParquetWriter] = {}
        self._lines = Lines()
        self._cards = 0

    def __enter__(self) -> _Writer:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.files.values():
            file.close()
        self.account.lines = self._lines.distinct()
        if self._cards:
            self.account.findings.append(
                Finding("card_number", f"{self._cards} cells held a full card number; truncated")
            )

    def take(self, part: Part) -> None:
        account = self.account
        match part:
            case Rows(table, data):
                if data.num_rows:
                    self._lines.add(data["source_line"].to_numpy())
                    sha256 = account.delivery.sha256
                    rows = with_lineage(self.engine, table, data, sha256, account.source)
                    self.write(table.name, _enforce(rows, table.schema, account))
            case Quarantined(data):
                account.quarantined += data.num_rows
                if data.num_rows:
                    self.write("quarantine", data)
            case Structural(count):
                account.structural += count
            case Records(count):
                account.records += count
            case ControlTotal():
                account.add_total(part)
            case Finding():
                account.findings.append(part)
            case Report():
                account.report = part

    def write(self, table: str, data: pa.Table) -> None:
        schema = ALL_SCHEMAS[table]
        data, cards = truncate_cards(data)
        self._cards += cards
        if "source_file_sha256" not in data.column_names:
            sha256 = pa.repeat(self.account.delivery.sha256, data.num_rows)
            data = data.append_column("source_file_sha256", sha256)
        if table not in self.files:
            target, repeating = self.folder / f"{table}.parquet", _repeating(data)
            self.files[table] = pq.ParquetWriter(
                target, schema, use_dictionary=repeating, **_PARQUET
            )
        self.files[table].write_table(data.select(schema.names).cast(schema))
        self.account.rows[table] += data.num_rows


def _repeating(data: pa.Table) -> list[str]:
    """The columns whose values repeat, by the first rows: a dictionary of them saves space.

    Of the others it would be built in vain, and they take more space for it.
    """
    some = data.slice(0, _SAMPLE)
    return [
        name
        for name in data.column_names
        if pc.count_distinct(some[name], "all").as_py() * 2 <= len(some)
    ]


def _enforce(data: pa.Table, schema: pa.Schema, account: FileAccount) -> pa.Table:
    """The table cast to its contract; a reader that breaks it must not write anything."""
    try:
        return data.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, ValueError) as error:
        raise UnreadableFile(
            f"the {account.format} reader broke the contract: {truncate_text(str(error))}"
        ) from error


def _commit(canonical: Canonical, writer: _Writer, account: FileAccount) -> None:
    """Move the written files into place, the row of `source_files` last."""
    sha256, day = account.delivery.sha256, account.delivery.arrival_day
    for table, rows in _account_tables(account):
        if rows:
            pq.write_table(
                pa.Table.from_pylist(rows, schema=ALL_SCHEMAS[table]),
                writer.folder / f"{table}.parquet",
            )
    canonical.path("source_files", day, sha256).unlink(missing_ok=True)
    # A reading by an older reader may have filled tables that this one does not.
    for table in ALL_SCHEMAS:
        written = writer.folder / f"{table}.parquet"
        target = canonical.path(table, day, sha256)
        if not written.exists():
            target.unlink(missing_ok=True)
        elif table != "source_files":
            target.parent.mkdir(parents=True, exist_ok=True)
            written.replace(target)
    marker = canonical.path("source_files", day, sha256)
    marker.parent.mkdir(parents=True, exist_ok=True)
    (writer.folder / "source_files.parquet").replace(marker)
    shutil.rmtree(writer.folder)


def _account_tables(account: FileAccount) -> Iterator[tuple[str, list[dict[str, object]]]]:
    sha256 = account.delivery.sha256
    yield (
        "control_totals",
        [
            {
                "source_file_sha256": sha256,
                "source_line": total.line,
                "name": total.name,
                "scope": total.scope,
                "currency": total.currency,
                "stated": total.stated,
                "computed": total.computed,
            }
            for total in account.control_totals
        ],
    )
    yield (
        "findings",
        [
            {
                "source_file_sha256": sha256,
                "source_line": finding.line,
                "code": finding.code,
                "message": truncate_text(finding.message),
            }
            for finding in account.findings
        ],
    )
    business = Counter({t: n for t, n in account.rows.items() if t != "quarantine"})
    yield (
        "source_files",
        [
            {
                "source_file_sha256": sha256,
                "source": account.source,
                "format": account.format,
                "reader_version": account.reader_version,
                "status": account.status,
                "reason": account.reason and truncate_text(account.reason),
                "bytes": account.delivery.bytes,
                "records": account.records,
                "canonical_records": account.lines,
                "canonical_rows": business.total(),
                "quarantined_records": account.quarantined,
                "structural_records": account.structural,
                "modified_at": account.delivery.modified_at,
                "report_id": account.report and account.report.report_id,
                "report_version": account.report and account.report.version,
            }
        ],
    )

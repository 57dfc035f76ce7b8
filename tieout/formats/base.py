"""What a reader is, and the parts it yields.

A reader knows one source format and nothing else: not where files are kept, not how rows are
stored, not what they are used for. It yields parts in any order, block by block, so that a large
file never has to fit in memory.

Every record of a file goes to exactly one of three places, and the ingest checks the sum:

    records = distinct lines in `Rows` + lines in `Quarantined` + `Structural`

`Records` must be counted independently of the parsing (by splitting the file, not by counting
what came out), otherwise the equation would prove nothing.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from tieout.contracts import QUARANTINE, Table

HEAD_BYTES = 65_536
_WIDE_BYTES = 64
# Control characters in Latin-1 and letters in Windows' cp1252, except for the five.
_CONTROLS, _NOT_IN_WINDOWS = set(range(0x80, 0xA0)), set(b"\x81\x8d\x8f\x90\x9d")
_NO_CONTROLS = bytes(set(range(256)) - _CONTROLS)


@dataclass(frozen=True)
class Rows:
    """Canonical rows: columns of `table` by name, plus ``source_line`` and, optionally, ``extra``.

    Columns left out are stored as null. ``extra`` holds the source's unknown columns as JSON.
    Rows without a key are known by their line and their place in it, so those of one line stand
    in one part.
    """

    table: Table
    data: pa.Table


@dataclass(frozen=True)
class Quarantined:
    """Records that could not be read: ``source_line``, ``raw_text``, ``reason``."""

    data: pa.Table

    @classmethod
    def one(cls, line: int, text: str, reason: str) -> Quarantined:
        """One record."""
        return cls.many([(line, text, reason)])

    @classmethod
    def many(cls, rows: list[tuple[int, str, str]]) -> Quarantined:
        """Some records as (line, text, reason)."""
        fields = [f for f in QUARANTINE if f.name != "source_file_sha256"]
        names = [field.name for field in fields]
        named = [dict(zip(names, row, strict=True)) for row in rows]
        return cls(pa.Table.from_pylist(named, schema=pa.schema(fields)))


@dataclass(frozen=True)
class Structural:
    """Records that hold no business row of their own: headers, footers, separators."""

    count: int


@dataclass(frozen=True)
class Records:
    """How many records the file was split into."""

    count: int


@dataclass(frozen=True)
class ControlTotal:
    """A total that the file states, and the same total computed from its rows.

    Minor units of `currency`, or a count where currency is None. `scope` names what is totalled:
    a batch, a statement, a payout.
    """

    name: str
    scope: str
    currency: str | None
    stated: int
    computed: int
    line: int | None = None

    @property
    def is_storable(self) -> bool:
        """Whether both fit into 64 bits. No real total is larger, but a damaged one may say so."""
        return all(-(2**63) <= value < 2**63 for value in (self.stated, self.computed))


@dataclass(frozen=True)
class Finding:
    """What a person should know and what stops no row: a stable `code`, a `message` in words."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Report:
    """Which report the file is, so that a restated one supersedes the earlier delivery.

    `version` orders deliveries of one report where the file says so itself (a creation time, a
    sequence); None leaves the order to the time of arrival.
    """

    report_id: str
    version: str | None = None


Part = Rows | Quarantined | Structural | Records | ControlTotal | Finding | Report


class UnreadableFile(Exception):
    """The file as a whole cannot be read; the message says why, and where, for a finance person."""


@dataclass(frozen=True)
class Head:
    """The beginning of a file, from which readers recognise their format.

    Most formats say at their beginning what they are. `path` is for those that say it at their
    end (Parquet); it is None where the head stands alone, as the head of a member of an archive.
    """

    name: str
    data: bytes
    path: Path | None = None

    @classmethod
    def of(cls, path: Path, name: str) -> Head:
        """The head of the file at `path`, which was delivered as `name`."""
        with path.open("rb") as file:
            return cls(name, file.read(HEAD_BYTES), path)

    @property
    def text(self) -> str:
        """The head as text: UTF-16, else UTF-8 (with or without BOM), else of one byte a letter."""
        if wide := wide_encoding(self.data):
            return self.data.decode(wide, errors="replace")
        try:
            # The head may end inside a character, for which the decoder goes on waiting.
            return codecs.getincrementaldecoder("utf-8-sig")().decode(self.data)
        except UnicodeDecodeError:
            return self.data.decode(narrow_encoding(self.data))

    @property
    def first_line(self) -> str:
        """The first line that is not empty."""
        return next((line for line in self.text.splitlines() if line.strip()), "")


def wide_encoding(head: bytes) -> str | None:
    """Which UTF-16 the text is in, by its byte order mark or, without one, by its zero bytes.

    None for all else: no other text has a zero in every second byte.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    first = head[:_WIDE_BYTES]
    for encoding, letters, zeros in (
        ("utf-16-le", first[::2], first[1::2]),
        ("utf-16-be", first[1::2], first[::2]),
    ):
        if len(first) >= _WIDE_BYTES // 4 and not any(zeros) and all(letters):
            return encoding
    return None


def narrow_encoding(data: bytes) -> str:
    """Windows' (cp1252) or plain Latin-1, for text of one byte a letter.

    They differ in the bytes 0x80 to 0x9F alone: letters and the euro sign in the one, and nothing
    that is ever written in the other.
    """
    found = set(control_bytes(data))
    return "cp1252" if found and not found & _NOT_IN_WINDOWS else "latin-1"


def control_bytes(data: bytes) -> bytes:
    """The bytes by which `narrow_encoding` decides."""
    return data.translate(None, _NO_CONTROLS)


class Reader(Protocol):
    """One source format."""

    @property
    def format(self) -> str:
        """Stable name, used in configuration: ``stripe_payout_reconciliation``."""

    @property
    def version(self) -> int:
        """Raised when the same bytes would be read differently; files are then read again."""

    @property
    def source(self) -> str:
        """The source's name where configuration does not give one: ``stripe``."""

    @property
    def title(self) -> str:
        """What people call it: ``Stripe payout reconciliation, itemised (CSV)``."""

    def recognises(self, head: Head) -> bool:
        """Whether the content, not the name, is of this format."""
        ...

    def read(self, path: Path) -> Iterator[Part]:
        """The file's parts. Raises `UnreadableFile` when nothing in it can be trusted."""
        ...

"""Reading a file whole, and damaging it, for the tests of the tabular formats."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.fuzz import torn_lines
from tieout.formats.base import (
    ControlTotal,
    Finding,
    Head,
    Part,
    Quarantined,
    Records,
    Report,
    Rows,
    Structural,
    UnreadableFile,
)

FIXTURES = Path(__file__).parents[1] / "fixtures"
SAMPLES = Path(__file__).parents[3] / "shared" / "realdata"
MODEST = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
ONE_BLOCK = 1 << 24
_TOKENS = [b'"', b'""', b',"', b'",', b",", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xc3\xa9",
           b"9" * 20, b"-", b"\\u0000", b"\xef\xbb\xbf"]  # fmt: skip


class TabularReader(Protocol):
    """A reader whose block size can be chosen."""

    def recognises(self, head: Head) -> bool: ...

    def read(self, path: Path, block_bytes: int = ...) -> Any: ...


class Reading:
    """The parts of one file by what they are; creating it checks that no record is lost."""

    def __init__(self, parts: list[Part]) -> None:
        counts = Counter[type]()
        self.rows: list[dict[str, Any]] = []
        self.quarantined: list[tuple[int, str, str]] = []
        self.totals: list[ControlTotal] = []
        self.findings: list[Finding] = []
        self.reports: list[Report] = []
        for part in parts:
            match part:
                case Rows(table, data):
                    assert all(data[name].null_count == 0 for name in table.required)
                    self.rows += data.to_pylist()
                case Quarantined(data):
                    self.quarantined += [tuple(row.values()) for row in data.to_pylist()]
                case Records(count) | Structural(count):
                    counts[type(part)] += count
                case ControlTotal():
                    self.totals.append(part)
                case Finding():
                    self.findings.append(part)
                case Report():
                    self.reports.append(part)
        self.records, self.structural = counts[Records], counts[Structural]
        assert not torn_lines(parts)
        self.rows.sort(key=lambda row: row["source_line"])
        lines = {row["source_line"] for row in self.rows}
        refused = {line for line, _, _ in self.quarantined}
        assert len(refused) == len(self.quarantined)
        assert not lines & refused
        assert self.records == len(lines) + len(refused) + self.structural

    @classmethod
    def of(cls, reader: TabularReader, path: Path, block_bytes: int = ONE_BLOCK) -> Reading:
        """Read a file."""
        return cls(list(reader.read(path, block_bytes)))

    @classmethod
    def of_bytes(cls, reader: TabularReader, data: bytes, block_bytes: int = ONE_BLOCK) -> Reading:
        """Read these bytes."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            path.write_bytes(data)
            return cls.of(reader, path, block_bytes)

    def column(self, name: str) -> list[Any]:
        """The values of one column in the order of the file."""
        return [row.get(name) for row in self.rows]

    def reasons(self) -> dict[int, str]:
        """Why each quarantined record was refused, by line."""
        return {line: reason for line, _, reason in self.quarantined}

    def codes(self) -> list[tuple[str, int | None]]:
        """The findings by code and line."""
        return sorted(((f.code, f.line) for f in self.findings), key=str)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and self._comparable() == other._comparable()

    __hash__ = None  # type: ignore[assignment]

    def _comparable(self) -> tuple[object, ...]:
        rows = sorted(map(repr, self.rows))
        remarks = sorted(map(repr, [*self.findings, *self.totals, *self.reports]))
        return self.records, self.structural, rows, sorted(self.quarantined), remarks


def assert_read_or_refused(reader: TabularReader, data: bytes, block_bytes: int) -> None:
    """Whatever the bytes: all is accounted for, or refused as a whole; blocks change nothing."""
    outcomes: list[Reading | str] = []
    for size in (ONE_BLOCK, block_bytes):
        try:
            outcomes.append(Reading.of_bytes(reader, data, size))
        except UnreadableFile as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]
    assert "disagrees" not in str(outcomes[0])
    reader.recognises(Head("file", data))


@st.composite
def damaged(draw: st.DrawFn, original: bytes) -> bytes:
    """The file damaged a little: cut, overwritten, lines lost or repeated, stray quotes."""
    data = original
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["insert", "replace", "flip", "cut", "truncate", "lines"]))
        if kind == "insert":
            data = data[:at] + draw(st.sampled_from(_TOKENS)) + data[at:]
        elif kind == "replace":
            data = data[:at] + draw(st.sampled_from(_TOKENS)) + data[at + 1 :]
        elif kind == "flip":
            data = data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at] + data[at + draw(st.integers(1, 60)) :]
        elif kind == "truncate":
            data = data[:at]
        else:
            lines = data.splitlines(keepends=True) or [b""]
            place = draw(st.integers(0, len(lines) - 1))
            lines[place : place + 1] = [lines[place]] * draw(st.sampled_from([0, 2]))
            data = b"".join(lines)
    return data

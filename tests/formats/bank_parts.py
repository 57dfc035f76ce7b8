"""Reading a file whole, for the tests of the bank formats."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from tieout.formats.base import (
    ControlTotal,
    Finding,
    Part,
    Quarantined,
    Reader,
    Records,
    Report,
    Rows,
    Structural,
    UnreadableFile,
)

FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass
class Parts:
    """The parts of one file by what they are."""

    parts: list[Part]

    @classmethod
    def of(cls, reader: Reader, path: Path) -> Parts:
        return cls(list(reader.read(path)))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table in the order of the file."""
        found = [
            row
            for part in self.parts
            if isinstance(part, Rows) and part.table.name == table
            for row in part.data.to_pylist()
        ]
        return sorted(found, key=lambda row: row["source_line"])

    @property
    def lines(self) -> list[dict[str, Any]]:
        return self.rows("bank_lines")

    @property
    def balances(self) -> list[tuple[int, str, str, int, str]]:
        return [
            (
                row["source_line"],
                row["balance_kind"],
                str(row["balance_date"]),
                row["amount_minor"],
                row["currency"],
            )
            for row in self.rows("bank_balances")
        ]

    @property
    def quarantined(self) -> list[dict[str, Any]]:
        return [
            row
            for part in self.parts
            if isinstance(part, Quarantined)
            for row in part.data.to_pylist()
        ]

    @property
    def totals(self) -> list[ControlTotal]:
        return [part for part in self.parts if isinstance(part, ControlTotal)]

    @property
    def differences(self) -> list[tuple[str, str | None, int]]:
        """The control totals that fail, and by how much."""
        return [
            (total.name, total.currency, total.computed - total.stated)
            for total in self.totals
            if total.computed != total.stated
        ]

    @property
    def findings(self) -> list[tuple[str, int | None]]:
        return [(part.code, part.line) for part in self.parts if isinstance(part, Finding)]

    @property
    def report(self) -> Report:
        (report,) = [part for part in self.parts if isinstance(part, Report)]
        return report

    def assert_conserved(self) -> None:
        """Every record is a row, quarantined or structural; and no required value is missing."""
        (records,) = [part.count for part in self.parts if isinstance(part, Records)]
        lines: set[int] = set()
        for part in self.parts:
            if isinstance(part, Rows):
                lines |= set(part.data["source_line"].to_pylist())
                for name in part.table.required:
                    assert part.data[name].null_count == 0, name
        structural = sum(part.count for part in self.parts if isinstance(part, Structural))
        assert records == len(lines) + len(self.quarantined) + structural
        assert not lines & {row["source_line"] for row in self.quarantined}


@st.composite
def mutations(draw: st.DrawFn, original: bytes) -> bytes:
    """The file damaged a little: bytes overwritten, cut or cut off; lines dropped or repeated."""
    data = original
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["overwrite", "cut", "truncate", "drop", "repeat"]))
        if kind in {"drop", "repeat"}:
            lines = data.splitlines(keepends=True) or [b""]
            at = draw(st.integers(0, len(lines) - 1))
            lines[at : at + 1] = [] if kind == "drop" else [lines[at], lines[at]]
            data = b"".join(lines)
            continue
        at = draw(st.integers(0, len(data)))
        if kind == "truncate":
            data = data[:at]
        elif kind == "cut":
            data = data[:at] + data[at + draw(st.integers(1, 40)) :]
        else:
            data = data[:at] + draw(st.binary(min_size=1, max_size=4)) + data[at + 1 :]
    return data


def assert_read_or_refused(reader: Reader, data: bytes) -> None:
    """Whatever the bytes: every record is accounted for, or the file is refused with a reason."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mutated"
        path.write_bytes(data)
        with suppress(UnreadableFile):
            Parts.of(reader, path).assert_conserved()

"""Damaged files for every reader: never an unhandled error, never a lost record.

python -m tests.fuzz [--format X] [--inputs 1000] [--seed 1] [--record file] [--keep folder]

The fixtures of each format are cut, overwritten, repeated, mixed, written in other encodings and
with other marks. Whatever comes of it, a reader may do one of two things: refuse the file with
`UnreadableFile`, or account for each of its records. The same seed makes the same inputs.
"""

from __future__ import annotations

import signal
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from tests.fuzz.damage import damaged
from tests.fuzz.seeds import readers, seeds
from tieout.contracts import Table
from tieout.formats.base import (
    Head,
    Part,
    Quarantined,
    Reader,
    Records,
    Rows,
    Structural,
    UnreadableFile,
)

__all__ = ["check", "damaged", "fuzz", "readers", "seeds", "torn_lines"]

SECONDS_MAX = 60  # of CPU; an input of a few kilobytes that takes longer hangs


class Lost(AssertionError):
    """A reader did not account for what it was given."""


def check(reader: Reader, data: bytes, folder: Path) -> None:
    """Read the bytes; raises `Lost`, or whatever the reader should not have raised."""
    path = folder / "input"
    path.write_bytes(data)
    reader.recognises(Head.of(path, "input"))
    reader.recognises(Head("input", data))
    with suppress(UnreadableFile):
        parts = list(reader.read(path))
        _account(parts)
        if torn := torn_lines(parts):
            raise Lost(f"the rows of lines {sorted(torn)} stand in two parts: which is which?")


def _account(parts: list[Part]) -> None:
    records, accounted, lines = 0, 0, set[int]()
    for part in parts:
        match part:
            case Records(count):
                records += count
            case Structural(count):
                accounted += count
            case Quarantined(data):
                accounted += len(data)
                if any(data[name].null_count for name in data.column_names):
                    raise Lost("a quarantined record without line, text or reason")
            case Rows(table, data):
                lines.update(data["source_line"].to_pylist())
                _keeps_the_contract(table, data)
    if records != accounted + len(lines):
        raise Lost(f"{records} records, {len(lines)} read, {accounted} quarantined or structural")


def torn_lines(parts: list[Part]) -> set[int]:
    """The lines whose rows are known by their line alone, but do not stand in one part."""
    counts = Counter[tuple[str, int]]()
    for part in parts:
        if isinstance(part, Rows):
            lines = part.data["source_line"]
            if part.table.key and set(part.table.key) <= set(part.data.column_names):
                keys = [part.data[name].is_null().to_numpy() for name in part.table.key]
                lines = lines.filter(pa.array(np.logical_or.reduce(keys)))
            counts.update({(part.table.name, line) for line in lines.to_pylist()})
    return {line for (_, line), count in counts.items() if count > 1}


def _keeps_the_contract(table: Table, data: pa.Table) -> None:
    for field in table.columns:
        if field.name not in data.column_names:
            if not field.nullable and len(data):
                raise Lost(f"{table.name}.{field.name} is missing")
            continue
        if not field.nullable and data[field.name].null_count:
            raise Lost(f"{table.name}.{field.name} is null")
        data[field.name].cast(field.type)


def fuzz(name: str, first: int, last: int, seed: int, keep: Path | None) -> list[str]:
    """Check the inputs of a format from one number to another; what went wrong."""
    reader, originals, wrong = readers()[name], seeds()[name], []
    signal.signal(signal.SIGPROF, _hangs)
    with TemporaryDirectory(prefix="fuzz-") as folder:
        for number in range(first, last):
            data = damaged(f"{seed}:{name}:{number}", originals)
            signal.setitimer(signal.ITIMER_PROF, SECONDS_MAX)
            try:
                check(reader, data, Path(folder))
            # Any error at all is what is looked for; some parsers panic past `Exception`.
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                last_frame = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(last_frame.filename).name}:{last_frame.lineno}"
                wrong.append(f"{name} {number}: {type(error).__name__} in {place}: {error}")
                if keep:
                    (keep / f"{name}-{number}").write_bytes(data)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    return wrong


def _hangs(*_: object) -> None:
    raise TimeoutError(f"not read within {SECONDS_MAX} seconds of CPU")

"""Damaged files for every reader: never an unhandled error, never a lost record.

python -m tests.fuzz [--format X] [--inputs 1000] [--seed 1] [--processes 2] [--keep folder]

The fixtures of each format are cut, overwritten, repeated, mixed, written in other encodings and
with other marks. Whatever comes of it, a reader may do one of two things: refuse the file with
`UnreadableFile`, or account for each of its records. The same seed makes the same inputs.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import re
import signal
import sys
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from tieout.contracts import BUSINESS_TABLES, Table
from tieout.formats import READERS, recognise
from tieout.formats.base import (
    ControlTotal,
    Head,
    Part,
    Quarantined,
    Reader,
    Records,
    Rows,
    Structural,
    UnreadableFile,
)
from tieout.formats.own import WORDS
from tieout.mappings import load_all

FIXTURES = Path(__file__).parent / "fixtures"
FIRST_MOMENT = datetime.fromisoformat("2026-01-01")
SECONDS_MAX = 60  # an input of a few kilobytes that takes longer hangs
_CHUNK = 250
_INT64 = 2**63
_TOKENS = (
    b'"', b",", b";", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"-", b"\xe2\x82",
    b"9" * 18, b"9" * 40, b"0", b".", b"1e5", b"4111111111111111", b"\xc2\xa0", b"<", b"&#0;", b"{",
    b"\\u0000", b"2026-02-30", b"99999999", b"/", b":61:", b"XXX",
)  # fmt: skip


class Lost(AssertionError):
    """A reader did not account for what it was given."""


@cache
def readers() -> dict[str, Reader]:
    """Every reader by its format, and those of the mappings among the fixtures."""
    return {reader.format: reader for reader in (*READERS, *load_all(FIXTURES / "mapped"))}


@cache
def seeds() -> dict[str, tuple[bytes, ...]]:
    """Good files of each format: the fixtures, and some that are made where there is none."""
    found: dict[str, list[bytes]] = {name: [] for name in readers()}
    for path in sorted(FIXTURES.rglob("*.*")):
        if path.parent.name == "mapped":
            if path.suffix != ".yaml":
                found[f"mapped_{path.stem}"].append(path.read_bytes())
        else:
            with suppress(UnreadableFile):
                found[recognise(Head.of(path, path.name)).format].append(path.read_bytes())
    for name, data in found.items():
        if name.startswith("own_"):
            data += _own_files(BUSINESS_TABLES[name.removeprefix("own_")])
    members = [data[0] for name, data in sorted(found.items()) if data][:4]
    found["gzip_file"] = [gzip.compress(members[0], mtime=0)]
    found["zip_archive"] = [_zipped(members)]
    found["xlsx_workbook"] = [_workbook()]
    return {name: tuple(data) for name, data in found.items()}


def damaged(seed: str, originals: tuple[bytes, ...]) -> bytes:
    """One file, damaged by chance that is the same for the same seed."""
    chance = random.Random(seed)
    data = chance.choice(originals)
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_DAMAGES)(chance, data)
    return data if len(data) < 1 << 20 else data[: 1 << 20]


def check(reader: Reader, data: bytes, folder: Path) -> None:
    """Read the bytes; raises `Lost`, or whatever the reader should not have raised."""
    path = folder / "input"
    path.write_bytes(data)
    reader.recognises(Head.of(path, "input"))
    reader.recognises(Head("input", data))
    with suppress(UnreadableFile):
        _account(list(reader.read(path)))


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
            case ControlTotal():
                if not -_INT64 <= part.stated < _INT64 or not -_INT64 <= part.computed < _INT64:
                    raise Lost(f"{part.name} does not fit into 64 bits")
    if records != accounted + len(lines):
        raise Lost(f"{records} records, {len(lines)} read, {accounted} quarantined or structural")


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
    signal.signal(signal.SIGALRM, _hangs)
    with TemporaryDirectory(prefix="fuzz-") as folder:
        for number in range(first, last):
            data = damaged(f"{seed}:{name}:{number}", originals)
            signal.alarm(SECONDS_MAX)
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
                signal.alarm(0)
    return wrong


def _hangs(*_: object) -> None:
    raise TimeoutError(f"not read within {SECONDS_MAX} seconds")


def _truncate(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randint(0, len(data))]


def _cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + data[at + chance.randint(1, 60) :]


def _flip(chance: random.Random, data: bytes) -> bytes:
    body = bytearray(data)
    for _ in range(chance.randint(1, 8) if body else 0):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return bytes(body)


def _token(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_TOKENS) + data[at + chance.randint(0, 3) :]


def _lines(chance: random.Random, data: bytes) -> bytes:
    """A line is lost, repeated, or changes places with another."""
    lines = data.splitlines(keepends=True) or [b""]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(3)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines[one:one] = [lines[other]] * chance.randint(1, 3)
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _columns(chance: random.Random, data: bytes) -> bytes:
    """Two columns change places, or one is lost, in all lines or from one on."""
    mark = max((b",", b";", b"\t", b"|"), key=data.count)
    lines = data.split(b"\n")
    width = max(line.count(mark) for line in lines) + 1
    one, other = chance.randrange(width), chance.randrange(width)
    is_lost = chance.random() < 0.3
    for place in range(chance.choice((0, chance.randrange(len(lines)))), len(lines)):
        cells = lines[place].split(mark)
        if len(cells) > max(one, other):
            cells[one], cells[other] = cells[other], cells[one]
            if is_lost:
                del cells[one]
            lines[place] = mark.join(cells)
    return b"\n".join(lines)


def _encoding(chance: random.Random, data: bytes) -> bytes:
    target = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252", "utf-7"))
    return data.decode("utf-8", errors="replace").encode(target, errors="replace")


def _marks(chance: random.Random, data: bytes) -> bytes:
    """Decimal points become commas or the other way round, here and there."""
    old, new = chance.choice(((rb"\.", b","), (rb",", b"."), (rb"\.", b"'")))
    share = chance.choice((0.1, 1.0))
    pattern = rb"(?<=[0-9])" + old + rb"(?=[0-9])"
    return re.sub(pattern, lambda found: new if chance.random() < share else found[0], data)


def _newlines(chance: random.Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", chance.choice((b"\r", b"\r\n", b"\n\n")))


def _numbers(chance: random.Random, data: bytes) -> bytes:
    """A number becomes a huge one, another one, none, or one with a sign or decimals."""
    numbers = list(re.finditer(rb"[0-9]+", data))
    if not numbers:
        return data
    found = chance.choice(numbers)
    digits = chance.choice(
        (b"9" * chance.randint(1, 25), b"0", b"", b"-1", b"1.005", b"00", b"1E+22")
    )
    return data[: found.start()] + digits + data[found.end() :]


def _twice(chance: random.Random, data: bytes) -> bytes:
    """A piece of the file comes again elsewhere, or all of it many times."""
    if chance.random() < 0.1:
        return data * chance.randint(2, 20)
    start = chance.randint(0, len(data))
    piece, at = data[start : start + chance.randint(1, 500)], chance.randint(0, len(data))
    return data[:at] + piece + data[at:]


_DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _truncate, _cut, _flip, _token, _lines, _columns, _encoding, _marks, _newlines, _numbers,
    _twice,
)  # fmt: skip


def _own_files(table: Table) -> Iterator[bytes]:
    """Three records of a table in each of the forms in which its own files come."""
    rows = [{field.name: _value(field, number) for field in table.columns} for number in range(3)]
    names = table.columns.names
    lines = [",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)]
    yield "\n".join(lines).encode()
    yield "\n".join(json.dumps(row) for row in rows).encode()
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    yield sink.getvalue()


def _value(field: pa.Field, number: int) -> str | int:
    if field.name in WORDS:
        return WORDS[field.name][number % len(WORDS[field.name])]
    if field.name.endswith("currency"):
        return ("EUR", "JPY", "KWD")[number]
    if pa.types.is_integer(field.type):
        return 100 + number
    if pa.types.is_timestamp(field.type):
        return f"2026-01-0{number + 1}T10:00:00Z"
    if pa.types.is_date(field.type):
        return f"2026-01-0{number + 1}"
    return f"{number + 1}.5" if pa.types.is_decimal(field.type) else f"{field.name}-{number}"


def _zipped(members: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(members):
            archive.writestr(zipfile.ZipInfo(f"{number}.csv"), data)
    return buffer.getvalue()


def _workbook() -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    # Made at a fixed moment, so that the same seed makes the same inputs.
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": FIRST_MOMENT})
        for name in ("One", "Two"):
            sheet = book.add_worksheet(name)
            for at, row in enumerate((["id", "amount"], ["007", 1.5], [8, 12345678901234567890])):
                sheet.write_row(at, 0, row)
    return buffer.getvalue()


def main() -> int:
    """Parse the arguments, fuzz, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--format", choices=sorted(readers()), help="one format; all by default")
    parser.add_argument("--inputs", type=int, default=1000, help="inputs a format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that went wrong")
    arguments = parser.parse_args()
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
    names = [arguments.format] if arguments.format else sorted(readers())
    failed = False
    with ProcessPoolExecutor(arguments.processes) as pool:
        for name in names:
            started = time.perf_counter()
            starts = range(0, arguments.inputs, _CHUNK)
            tasks = [
                pool.submit(
                    fuzz,
                    name,
                    at,
                    min(at + _CHUNK, arguments.inputs),
                    arguments.seed,
                    arguments.keep,
                )
                for at in starts
            ]
            wrong = [line for task in tasks for line in task.result()]
            seconds = time.perf_counter() - started
            print(
                f"{name}: {arguments.inputs} inputs, {len(wrong)} wrong, {seconds:.0f} s",
                flush=True,
            )
            for line in wrong[:20]:
                print(f"  {line[:300]}", flush=True)
            failed = failed or bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

"""From a record back to what was received: the original text at a line of a landed file.

The line is counted as the readers count it. What holds more than one line (a quoted field with a
line break, an entry of a bank statement) is returned as a whole.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from tieout.cards import truncate_text
from tieout.formats import as_container
from tieout.formats.base import Head
from tieout.formats.delimited import TextFile
from tieout.landing import Landing

# A record never shows more than this, however broken its file is.
LINES_MAX = 40
CHARACTERS_MAX = 8_000

_XML_RECORD = re.compile(r"<((?:\w+:)?(?:Ntry|Bal))\b.*?</\1\s*>", re.DOTALL)
_MT940_TAG = re.compile(r":\d{2}[A-Z]?:")
_MT940_ENTRY = re.compile(r"(?:\{.*)?:61:")


class OriginalMissing(Exception):
    """The original cannot be shown; the message says why."""


def original_text(landing: Landing, sha256: str, line: int) -> str:
    """The record that begins at `line`, as it was received, with card numbers truncated.

    A row of a Parquet file is shown as JSON. Where a reader counts records and not lines (several
    of an XML file share a line), `line` is the number of the record.
    """
    path = landing.path(sha256)
    if not path.is_file():
        raise OriginalMissing("the file is no longer in the landing")
    container = as_container(Head.of(path, ""))
    if container:
        raise OriginalMissing(f"the file is no text: {container.title}")
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(b"PAR1"):
        text = _parquet_row(path, line)
    elif head.lstrip(codecs.BOM_UTF8 + b" \r\n\t").startswith(b"<"):
        text = _xml_record(path, line)
    else:
        text = "\n".join(_record(_lines(path), line))
    if not text:
        raise OriginalMissing(f"the file has no line {line}")
    return truncate_text(text if len(text) <= CHARACTERS_MAX else f"{text[:CHARACTERS_MAX]}…")


def _parquet_row(path: Path, number: int) -> str:
    """One row, counted from 1; only the row group that holds it is read."""
    with pq.ParquetFile(path) as file:
        offset = number - 1
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if 0 <= offset < rows:
                row = file.read_row_group(group).slice(offset, 1).to_pylist()[0]
                return json.dumps(row, ensure_ascii=False, default=str, indent=2)
            offset -= rows
    return ""


def _xml_record(path: Path, line: int) -> str:
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    records = list(_XML_RECORD.finditer(text))
    starts = [1 + text.count("\n", 0, record.start()) for record in records]
    if line in starts and len(set(starts)) == len(starts):
        return _cut(records[starts.index(line)][0])
    return _cut(records[line - 1][0]) if 0 < line <= len(records) else ""


def _cut(record: str) -> str:
    lines = record.splitlines()
    more = ["…"] if len(lines) > LINES_MAX else []
    return "\n".join(lines[:LINES_MAX] + more)


def _lines(path: Path) -> Iterator[str]:
    """The lines of a text file, split and decoded as the readers do it."""
    with path.open("rb") as file:
        text = TextFile(file)
        rest = b""
        for block in text.blocks():
            *whole, rest = (rest + block).split(text.newline)
            yield from (line.decode().rstrip("\r") for line in whole)
        if rest:
            yield rest.decode().rstrip("\r")


def _record(lines: Iterator[str], number: int) -> list[str]:
    """The line and those that belong to its record."""
    found = list(itertools.islice(lines, number - 1, number))
    if not found:
        return []
    following = itertools.islice(lines, LINES_MAX)
    if _MT940_ENTRY.match(found[0]) or _MT940_TAG.match(found[0]):
        # An entry goes on until the next field that is not its own explanation (:86:).
        return found + list(
            itertools.takewhile(
                lambda text: (
                    text.startswith(":86:") or not (_MT940_TAG.match(text) or text.startswith("-"))
                ),
                following,
            )
        )
    while found[-1:] and "\n".join(found).count('"') % 2 and len(found) < LINES_MAX:
        more = next(following, None)
        if more is None:
            return found[:1]  # a quote that is never closed belongs to this line alone
        found.append(more)
    return found

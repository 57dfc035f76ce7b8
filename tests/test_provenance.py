"""From a record back to the text that was received."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tieout.landing import Landing
from tieout.provenance import LINES_MAX, OriginalMissing, original_text

CAMT = """<?xml version="1.0"?>
<Document><Stmt>
<Bal><Amt>1</Amt></Bal>
<Ntry>
 <Amt>2</Amt>
</Ntry>
</Stmt></Document>
"""
MT940 = ":20:X\n:61:2601010101C1,00NTRF\n:86:first\nand more\n:61:2601010101C2,00NTRF\n:62F:C\n"


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path)


def landed(landing: Landing, data: bytes) -> str:
    return landing.land_bytes(data, "a file", date(2026, 1, 1)).sha256


@pytest.mark.parametrize(
    ("data", "line", "text"),
    [
        (b"a,b\r\n1,2\r\n3,4", 2, "1,2"),
        (b"a,b\r\n1,2\r\n3,4", 3, "3,4"),
        (b'a\n"one\ntwo"\nthree\n', 2, '"one\ntwo"'),
        (b'a\n"never closed\nb\n', 2, '"never closed'),
        ("a\nd\xe9j\xe0\n".encode("latin-1"), 2, "déjà"),
        ("a\nß\n".encode("utf-16"), 2, "ß"),
        (b"a\rb\rc", 2, "b"),
        (b"a\n4111 1111 1111 1111\n", 2, "411111******1111"),
        (CAMT.encode(), 4, "<Ntry>\n <Amt>2</Amt>\n</Ntry>"),
        (CAMT.replace("\n", "").encode(), 2, "<Ntry> <Amt>2</Amt></Ntry>"),
        (MT940.encode(), 2, ":61:2601010101C1,00NTRF\n:86:first\nand more"),
        (MT940.encode(), 5, ":61:2601010101C2,00NTRF"),
    ],
)
def test_the_record_of_a_text_file(landing: Landing, data: bytes, line: int, text: str) -> None:
    assert original_text(landing, landed(landing, data), line) == text


def test_a_row_of_a_parquet_file_is_json(landing: Landing) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": ["a", "b", "c"], "n": [1, 2, 3]}), sink, row_group_size=2)
    sha256 = landed(landing, sink.getvalue())
    assert original_text(landing, sha256, 3) == '{\n  "id": "c",\n  "n": 3\n}'
    with pytest.raises(OriginalMissing, match="no line 4"):
        original_text(landing, sha256, 4)


def test_what_is_not_there_says_why(landing: Landing) -> None:
    with pytest.raises(OriginalMissing, match="no line 9"):
        original_text(landing, landed(landing, b"a\nb\n"), 9)
    with pytest.raises(OriginalMissing, match="no longer in the landing"):
        original_text(landing, "0" * 64, 1)


def test_a_long_record_is_cut(landing: Landing) -> None:
    entry = "<Ntry>\n" + "<x/>\n" * 500 + "</Ntry>"
    text = original_text(landing, landed(landing, entry.encode()), 1)
    assert text.endswith("…")
    assert text.count("\n") == LINES_MAX

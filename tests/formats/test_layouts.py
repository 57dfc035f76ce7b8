"""Files as they are written elsewhere: other delimiters, encodings, marks and dates."""

from __future__ import annotations

import io
from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import MODEST
from tieout.formats.amounts import Marks, to_minor
from tieout.formats.base import Finding, Head, Part, UnreadableFile
from tieout.formats.delimited import Delimited, Layout
from tieout.formats.times import to_iso

TEXT = "a;b\nÄ;é\n"


def read(data: bytes, layout: Layout, block: int = 5) -> tuple[list[tuple[int, ...]], list[Part]]:
    sheet = Delimited(
        io.BytesIO(data), required=(), known="ab".__contains__, layout=layout, block_bytes=block
    )
    parts = list(sheet.preamble())
    rows = []
    for block_ in sheet.blocks():
        columns = (block_.table[name].to_pylist() for name in block_.table.column_names)
        rows += zip(block_.lines.to_pylist(), *columns, strict=True)
        parts += block_.accounted
    return rows, parts


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16-le", []),
        ("utf-16-be", []),
        ("latin-1", ["encoding_latin1"]),
        ("cp1252", ["encoding_cp1252"]),
    ],
)
def test_encodings_without_a_mark_are_found(encoding: str, said: list[str]) -> None:
    text = TEXT * 5 + ("€;–\n" if encoding == "cp1252" else "")
    rows, parts = read(text.encode(encoding), Layout(";"))
    assert rows[0] == (2, "Ä", "é")
    assert [part.code for part in parts if isinstance(part, Finding)] == said
    assert Head("x", text.encode(encoding)).text == text
    if encoding == "cp1252":
        assert rows[-1][1:] == ("€", "–")


def test_an_encoding_can_be_said() -> None:
    rows, _ = read(TEXT.encode("cp437"), Layout(";", encoding="cp437"))
    assert rows == [(2, "Ä", "é")]


@pytest.mark.parametrize("block", [1, 7, 100])
def test_a_header_can_stand_below_or_be_missing(block: int) -> None:
    below, _ = read(b"Account;1\n\nof;May;x\na;b\n1;2\n", Layout(";", header_line=4), block)
    assert below == [(5, "1", "2")]
    none, parts = read(b"1\t2\n3\t4\n", Layout("\t", names=("a", "b")), block)
    assert none == [(1, "1", "2"), (2, "3", "4")]
    assert not [part for part in parts if isinstance(part, Finding)]
    with pytest.raises(UnreadableFile, match="does not begin with a header"):
        read(b"a;b\n", Layout(";", header_line=2), block)


def test_marks_between_thousands_are_read_where_they_are_known() -> None:
    german, swiss, french = Marks(",", "."), Marks(".", "'"), Marks(",", " ")
    cases = [
        ("-1.234,56", german, -123456), ("1.234.567,8", german, 123456780), ("12", german, 1200),
        ("1.234", german, 123400), ("12,5-", german, -1250), ("(1.000,00)", german, -100000),
        ("12,5+", german, 1250),
        ("\u22125,00", german, -500), ("1.23,4", german, None), ("12.34", german, None),
        ("1'234.50", swiss, 123450), ("1\u2019234.50", swiss, 123450), ("1 234.50", swiss, None),
        ("1\u202f234,50", french, 123450), ("1\u00a0234,50", french, 123450),
        ("€ 1,00", Marks(",", "", ("€",)), 100), ("1.00 EUR", Marks(signs=("EUR",)), 100),
        ("12,34,567.00", Marks(".", ","), 123456700), ("1,2", Marks(".", ","), None),
        ("12..34", Marks(), None),
    ]  # fmt: skip
    for text, marks, expected in cases:
        found = to_minor(pa.array([text]), pa.array(["EUR"]), marks)
        assert found.minor.to_pylist() == [expected], text
        assert found.unreadable.to_pylist() == [expected is None], text


FIRST, LAST = datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2068-12-31")
TIMES = ("%d.%m.%Y %H:%M:%S", "%m/%d/%y %I:%M %p", "%d %b %Y", "%d/%m/%Y %H:%M:%S.%f %z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.2026 03:04:05", "2026-02-01T03:04:05"),
        ("12/31/25 12:05 AM", "2025-12-31T00:05:00"),
        ("12/31/69 12:05 pm", "1969-12-31T12:05:00"),
        ("7 Mar  2026", "2026-03-07"),
        ("7 Mrz 2026", "2026-03-07"),
        ("7 Dezember 2026", "2026-12-07"),
        ("7 févr. 2026", "2026-02-07"),
        ("7 août 2026", "2026-08-07"),
        ("7 juin 2026", "2026-06-07"),
        ("7 juillet 2026", "2026-07-07"),
        ("7 Giu 2026", "2026-06-07"),
        ("7 enero 2026", "2026-01-07"),
        ("7 maart 2026", "2026-03-07"),
        ("7 Xyz 2026", "7 Xyz 2026"),
        ("7 marras 2026", "7 marras 2026"),  # November in Finnish, which begins like March
        ("7 jui 2026", "7 jui 2026"),  # June or July
        ("01/02/2026 10:00:00.125 +01:00", "2026-02-01T10:00:00.125+01:00"),
        ("01/02/2026 10:00:00.125 JST", "2026-02-01T10:00:00.125+09:00"),
        ("01/02/2026 10:00:00.125 PDT", "2026-02-01T10:00:00.125-07:00"),
        ("01/02/2026 10:00:00.125 IST", "01/02/2026 10:00:00.125 IST"),
        ("32.1.2026 03:04:05", "32.1.2026 03:04:05"),
        ("1.2.2026 03:04:05 x", "1.2.2026 03:04:05 x"),
        (None, None),
    ],
)
def test_times_in_formats_of_their_own(text: str | None, expected: str | None) -> None:
    assert to_iso(pa.array([text], pa.string()), *TIMES).to_pylist() == [expected]


@MODEST
@given(st.datetimes(FIRST, LAST), st.sampled_from(TIMES[:3]))
def test_a_time_is_read_as_python_reads_it(moment: datetime, format_: str) -> None:
    text = moment.strftime(format_)
    (found,) = to_iso(pa.array([text]), format_).to_pylist()
    assert datetime.fromisoformat(found) == datetime.strptime(text, format_)  # noqa: DTZ007


def test_a_format_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ValueError, match="%j is not known"):
        to_iso(pa.array(["x"]), "%Y-%j")
    with pytest.raises(ValueError, match="does not say the day"):
        to_iso(pa.array(["x"]), "%H:%M")

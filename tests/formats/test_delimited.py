from __future__ import annotations

import io
import json
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import MODEST
from tieout.contracts import Table
from tieout.formats import lines
from tieout.formats.amounts import MINOR_MAX, Marks, parse_minor, to_integer, to_minor, to_rate
from tieout.formats.base import Finding, Quarantined, Records, Structural, UnreadableFile
from tieout.formats.delimited import Delimited
from tieout.formats.draft import Draft, json_objects
from tieout.formats.times import to_date, to_utc
from tieout.money import exponents

Row = tuple[int, str | None, str | None, str | None]


class Sheet:
    """A file of the columns a, b and c, read whole."""

    def __init__(self, data: bytes, block_bytes: int = 1 << 20) -> None:
        self.sheet = Delimited(
            io.BytesIO(data), required="abc", known="abc".__contains__, block_bytes=block_bytes
        )
        self.rows: list[Row] = []
        self.refused: list[tuple[int, str, str]] = []
        self.codes: list[str] = []
        self.records = self.structural = 0
        for part in self.sheet.preamble():
            self._take(part)
        for block in self.sheet.blocks():
            columns = [block.lines.to_pylist(), *(block.table[name].to_pylist() for name in "abc")]
            self.rows += zip(*columns, strict=True)
            for part in block.accounted:
                self._take(part)
        assert self.records == len(self.rows) + len(self.refused) + self.structural

    def _take(self, part: object) -> None:
        match part:
            case Records(count):
                self.records += count
            case Structural(count):
                self.structural += count
            case Quarantined():
                self.refused += _rows(part)
            case Finding():
                self.codes.append(part.code)

    def reasons(self) -> dict[int, str]:
        return {line: reason for line, _, reason in self.refused}


@pytest.mark.parametrize("block_bytes", [1, 3, 1 << 20])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [b"", b"\n"])
def test_records_have_the_line_they_begin_on(block_bytes: int, newline: bytes, last: bytes) -> None:
    text = b'a,b,c\n1,,"x, ""y"""\n\n2,"two\nlines",z' + last
    sheet = Sheet(text.replace(b"\n", newline), block_bytes)
    two = b"two\nlines".replace(b"\n", newline).decode()
    assert sheet.rows == [(2, "1", None, 'x, "y"'), (4, "2", two, "z")]
    assert (sheet.records, sheet.structural, sheet.refused) == (4, 2, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_read_the_same_text(encoding: str) -> None:
    sheet = Sheet("a,b,c\nÄ,é,ß\n".encode(encoding), 5)
    assert sheet.rows == [(2, "Ä", "é", "ß")]
    assert sheet.codes == (["encoding_latin1"] if encoding == "latin-1" else [])


def test_a_wrong_number_of_fields_is_refused_with_the_original_text() -> None:
    sheet = Sheet(b'a,b,c\n1,2\n1,2,3,4\n"1,2",3\n')
    assert sheet.refused == [
        (2, "1,2", "expected 3 fields, found 2"),
        (3, "1,2,3,4", "expected 3 fields, found 4"),
        (4, '"1,2",3', "expected 3 fields, found 2"),
    ]


def test_an_open_quote_costs_one_line_only() -> None:
    sheet = Sheet(b'a,b,c\n1,"never closed,3\n4,5,6\n7,"fine\nhere",9\n1,2,"\n')
    assert sheet.rows == [(3, "4", "5", "6"), (4, "7", "fine\nhere", "9")]
    assert sheet.reasons() == dict.fromkeys((2, 6), "the line has a quote that is never closed")


def test_two_stray_quotes_in_the_same_column_swallow_nothing() -> None:
    """The width of lines 2 to 4 taken together would be right; the quotes stand wrong."""
    sheet = Sheet(b'a,b,c\n1,5" pipe,3\n4,5,6\n7,6" pipe,9\n')
    assert sheet.rows == [(3, "4", "5", "6")]
    assert sheet.reasons() == dict.fromkeys((2, 4), "the line has a quote in the middle of a field")


def test_stray_bytes_are_refused_by_line() -> None:
    sheet = Sheet(b'a,b,c\n1,\0,3\n1,2\r,3\n1,"x\ry",3\n')
    assert sheet.refused == [
        (2, "1,␀,3", "the line holds a NUL byte"),
        (3, "1,2\r,3", "the line holds a line break of another kind than the rest of the file"),
    ]
    assert sheet.rows == [(4, "1", "x\ry", "3")]


def test_bad_quotes_are_linear_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line opens a quote: each is tried once with the next, and none is carried for ever."""
    monkeypatch.setattr(lines, "RECORD_BYTES_MAX", 1000)
    sheet = Sheet(b"a,b,c\n" + b'1,"2,3\n' * 20_000 + b"4,5,6\n", 4096)
    assert len(sheet.refused) == 20_000
    assert sheet.rows == [(20_002, "4", "5", "6")]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "RECORD_BYTES_MAX", 1000)
    with pytest.raises(UnreadableFile, match="line 3 is longer than 1,000 bytes"):
        Sheet(b"a,b,c\n1,2,3\n" + b"x" * 1001, 64)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not begin with a header"),
        (b"\n\r\n", "does not begin with a header"),
        (b"a,b,c,a,b\n", "names twice: a, b"),
        (b"a\n1\n", "lacks: b, c"),
        (b'a,b,"c\n', "the header cannot be read"),
        (b"\xff\xfea\0,\0b\0,\0c\0\n", "is not the utf-16 it seems"),
    ],
)
def test_an_unreadable_header_says_why(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        Sheet(data)


_CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
_PIECES = st.sampled_from(["1", ",", '"', "\n", "\r", "\r\n", "x,", '"y"', ",,", "é", "1,2,3\n"])


@MODEST
@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS), max_size=8), st.integers(1, 40))
def test_quoted_cells_come_back_as_they_were(cells: list[tuple[str, ...]], block: int) -> None:
    lines_ = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    sheet = Sheet("\n".join(["a,b,c", *lines_]).encode(), block)
    assert [row[1:] for row in sheet.rows] == [tuple(c or None for c in row) for row in cells]


@MODEST
@given(st.lists(_PIECES, max_size=60), st.integers(1, 30))
def test_any_text_is_split_alike_whatever_the_blocks(pieces: list[str], block: int) -> None:
    data = "".join(["a,b,c\n", *pieces]).encode()
    whole, cut = Sheet(data), Sheet(data, block)
    assert (whole.rows, whole.refused, whole.records) == (cut.rows, cut.refused, cut.records)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=40))
def test_fields_are_counted_line_by_line(delimiters: list[int]) -> None:
    data = "".join("x" + "," * count + "\n" for count in delimiters).encode()
    (part,) = lines.split(iter([data]), lines.Dialect(ord(","), ord("\n"), 3))
    assert (part.width - 1).tolist() == delimiters


def test_amounts_are_exact_or_set_apart() -> None:
    cases = [
        ("1.00", "usd", 100), ("-1.00", "USD", -100), ("+1.5", "USD", 150), ("(2.25)", "USD", -225),
        ("39.7500", "EUR", 3975), (".5", "EUR", 50), ("5.", "JPY", 5), (" 7 ", "jpy", 7),
        ("1.234", "KWD", 1234), ("", "EUR", None), (None, "EUR", None), (None, None, None),
        ("39.7501", "EUR", "surplus"), ("0.5", "JPY", "surplus"), ("1,5", "EUR", "unreadable"),
        ("1e5", "EUR", "unreadable"), ("--1", "EUR", "unreadable"), ("1" * 18, "EUR", "unreadable"),
        ("9" * 40, "EUR", "unreadable"), ("1", "XXX", "unknown_currency"),
        ("1", None, "unknown_currency"),
    ]  # fmt: skip
    texts, currencies, expected = zip(*cases, strict=True)
    found = to_minor(pa.array(texts, pa.string()), pa.array(currencies, pa.string()))
    for row, want in enumerate(expected):
        faults = {name for name in found._fields[1:] if getattr(found, name)[row].as_py()}
        assert faults == ({want} if isinstance(want, str) else set()), cases[row]
        assert found.minor[row].as_py() == (None if faults else want), cases[row]


@MODEST
@given(st.integers(-MINOR_MAX, MINOR_MAX), st.sampled_from(sorted(exponents())))
def test_any_amount_survives_being_written(minor: int, currency: str) -> None:
    text = str(Decimal(minor).scaleb(-exponents()[currency]).quantize(Decimal(10) ** -4))
    for mark in ".,":
        written = text.replace(".", mark)
        column = to_minor(pa.array([written]), pa.array([currency]), Marks(mark))
        assert column.minor.to_pylist() == [minor] == [parse_minor(written, currency, mark)]


@pytest.mark.parametrize(
    "text", ["", "x", "1.005", "1,5", "1e2", "9" * 19, "1.0000000000000000001"]
)
def test_one_amount_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        parse_minor(text, "EUR")


def test_integers_and_rates() -> None:
    texts = pa.array(
        ["7", "-2147483649", "9223372036854775808", "12.00", None, "N/A", "1.123456785"]
    )
    assert to_integer(texts, pa.int64())[0].to_pylist()[:5] == [7, -2147483649, None, None, None]
    values, bad = to_integer(texts, pa.int32())
    assert values.to_pylist() == [7] + [None] * 6
    assert bad.to_pylist() == [False, True, True, True, False, True, True]
    rates, bad = to_rate(texts)
    assert rates.to_pylist()[6] == Decimal("1.12345678")
    assert bad.to_pylist() == [False, False, True, False, False, True, False]


def test_times_with_named_zones() -> None:
    cases = [
        ("2026-01-30 10:00:00", "PST", "2026-01-30T18:00:00+00:00", ""),
        ("2026-07-30 10:00:00", "Europe/Berlin", "2026-07-30T08:00:00+00:00", ""),
        ("2026-07-30T10:00:00.123456789+05:30", "PST", "2026-07-30T04:30:00.123456+00:00", ""),
        ("2026-07-30 10:00 UTC", "PST", "2026-07-30T10:00:00+00:00", ""),
        ("2026-07-30", "JST", "2026-07-29T15:00:00+00:00", ""),
        ("2025-10-26 02:30:00", "Europe/Berlin", "2025-10-26T00:30:00+00:00", "ambiguous"),
        ("2026-03-29 02:30:00", "Europe/Berlin", "2026-03-29T01:30:00+00:00", "nonexistent"),
        ("2026-02-29 10:00:00", "UTC", None, "unreadable"),
        ("0026-02-20 10:00:00", "UTC", None, "unreadable"),
        ("2026-02-20 10:00:00", "CST", None, "unknown_zone"),
        ("2026-02-20 10:00:00", None, None, "unknown_zone"),
        (None, None, None, ""),
    ]
    texts, zones, expected, flags = zip(*cases, strict=True)
    times = to_utc(pa.array(texts), pa.array(zones))
    assert [t and t.isoformat() for t in times.utc.to_pylist()] == list(expected)
    for name in ("unreadable", "unknown_zone", "ambiguous", "nonexistent"):
        assert getattr(times, name).to_pylist() == [flag == name for flag in flags]


def test_dates_in_the_formats_named() -> None:
    days, bad = to_date(pa.array(["13 April 2026", "2026-04", None, "April"]), "%d %B %Y", "%Y-%m")
    assert [day and str(day) for day in days.to_pylist()] == [
        "2026-04-13",
        "2026-04-01",
        None,
        None,
    ]
    assert bad.to_pylist() == [False, False, False, True]


@MODEST
@given(st.lists(st.tuples(*[st.none() | st.text(st.characters(codec="utf-8"))] * 2), max_size=5))
def test_extra_is_json_of_what_is_there(rows: list[tuple[str | None, str | None]]) -> None:
    columns = {name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate("ké")}
    found = json_objects(columns, pa.nulls(len(rows), pa.string())).to_pylist()
    for text, row in zip(found, rows, strict=True):
        there = {name: cell for name, cell in zip("ké", row, strict=True) if cell is not None}
        assert (text and json.loads(text)) == (there or None)


def _rows(part: Quarantined) -> list[tuple[int, str, str]]:
    return [tuple(row.values()) for row in part.data.to_pylist()]


def test_a_record_is_refused_once_with_every_reason() -> None:
    sheet = Delimited(io.BytesIO(b"a\nx\n1\n"), required="a", known="a".__contains__)
    (block, *_) = [block for block in sheet.blocks() if len(block.lines)]
    draft = Draft(Table("t", "a row", pa.schema([])), block)
    draft["a"] = draft.integer("a", pa.int64())
    draft.reject(pa.array([True, False]), "and it is {!r}", draft.text("a"))
    draft.note("noted", pa.array([True, True]), "said of {}", draft.text("a"))
    rows, others = draft.accept()
    assert rows.to_pylist() == [{"a": 1, "source_line": 3, "extra": None}]
    (refused,) = [row for part in others if isinstance(part, Quarantined) for row in _rows(part)]
    assert refused == (2, "x", "a: 'x' is not a whole number; and it is 'x'")
    assert others[-1] == Finding("noted", "said of 1", 3)

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import (
    FIXTURES,
    MODEST,
    SAMPLES,
    Reading,
    assert_read_or_refused,
    damaged,
)
from tieout.formats import ecb
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.ecb import EcbReferenceRates

READER = EcbReferenceRates()
HISTORY, DAILY = FIXTURES / "ecb" / "history.csv", FIXTURES / "ecb" / "daily.csv"
SAMPLE = SAMPLES / "reference" / "eurofxref-hist.zip"


def zipped(*members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(members):
            archive.writestr(f"{number}.csv", data)
    return buffer.getvalue()


def rates(reading: Reading) -> list[tuple[int, str, Decimal]]:
    rows = sorted((row["source_line"], row["currency"], row["rate"]) for row in reading.rows)
    assert {row["base_currency"] for row in reading.rows} == {"EUR"}
    return rows


def test_a_line_holds_a_rate_for_each_currency() -> None:
    reading = Reading.of(READER, HISTORY)
    assert rates(reading) == [
        (2, "JPY", Decimal("186.75")),
        (2, "USD", Decimal("1.1684")),
        (3, "USD", Decimal("1.171")),
        (8, "CYP", Decimal("0.585274")),
        (8, "JPY", Decimal("165")),
        (8, "USD", Decimal("1.4692")),
    ]
    assert reading.column("rate_date")[0] == date(2026, 3, 3)
    assert reading.findings == []


def test_a_line_with_anything_wrong_gives_no_rate() -> None:
    assert Reading.of(READER, HISTORY).reasons() == {
        4: "Date: '2026-02-30' is not a date",
        5: "the line has no rate",
        6: "USD: '1.16x' is not a rate",
        7: "'7' stands under no currency",
    }


def test_the_daily_file_writes_its_date_in_words() -> None:
    reading = Reading.of(READER, DAILY)
    assert reading.column("rate_date") == [date(2026, 4, 13)] * 2
    assert rates(reading) == [(2, "JPY", Decimal("186.75")), (2, "USD", Decimal("1.1684"))]


def test_a_zip_reads_like_the_file_inside() -> None:
    data = HISTORY.read_bytes()
    assert Reading.of_bytes(READER, zipped(data)) == Reading.of_bytes(READER, data)


@pytest.mark.parametrize("path", [HISTORY, DAILY])
def test_recognised_by_what_is_in_the_header(path: Path) -> None:
    data = path.read_bytes()
    assert READER.recognises(Head("x", data))
    assert READER.recognises(Head("x", zipped(data)))
    assert not READER.recognises(Head("x", data.replace(b"Date", b"Day")))
    assert not READER.recognises(Head("x", zipped(b"something else")))


def test_archives_that_are_not_what_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    data = HISTORY.read_bytes()
    with pytest.raises(UnreadableFile, match="holds 2 files"):
        Reading.of_bytes(READER, zipped(data, data))
    with pytest.raises(UnreadableFile, match="damaged"):
        Reading.of_bytes(READER, zipped(data)[:-30])
    monkeypatch.setattr(ecb, "_MEMBER_BYTES_MAX", len(data) - 1)
    with pytest.raises(UnreadableFile, match="unpacks to more"):
        Reading.of_bytes(READER, zipped(data))


@pytest.mark.skipif(not SAMPLE.exists(), reason="the real samples are not in this checkout")
def test_the_history_since_1999() -> None:
    reading = Reading.of(READER, SAMPLE)
    assert (reading.records, reading.structural, reading.quarantined) == (6984, 1, [])
    assert len(reading.rows) == 217_555
    assert READER.recognises(Head.of(SAMPLE, SAMPLE.name))
    newest = {row["currency"]: row["rate"] for row in reading.rows if row["source_line"] == 2}
    assert newest["USD"] == Decimal("1.1684")


@MODEST
@given(damaged(HISTORY.read_bytes()) | damaged(zipped(HISTORY.read_bytes())), st.integers(20, 200))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Ingest
from tests.formats.tabular_parts import (
    FIXTURES,
    MODEST,
    Reading,
    assert_read_or_refused,
    damaged,
)
from tieout.formats.base import Head
from tieout.formats.ecb import EcbReferenceRates

READER = EcbReferenceRates()
HISTORY, DAILY = FIXTURES / "ecb" / "history.csv", FIXTURES / "ecb" / "daily.csv"


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


@pytest.mark.parametrize("path", [HISTORY, DAILY])
def test_recognised_by_what_is_in_the_header(path: Path) -> None:
    data = path.read_bytes()
    assert READER.recognises(Head("x", data))
    assert not READER.recognises(Head("x", data.replace(b"Date", b"Day")))


def test_the_history_since_1999(realdata: Path, ingesting: Ingest) -> None:
    sample = realdata / "reference" / "eurofxref-hist.zip"
    ingesting.drop("fx/eurofxref-hist.zip", sample.read_bytes())
    archive, rates_ = sorted(ingesting.run(), key=lambda account: str(account.format), reverse=True)
    assert (archive.format, archive.records, archive.structural) == ("zip_archive", 1, 1)
    assert rates_.delivery.origin == "fx/eurofxref-hist.zip!eurofxref-hist.csv"
    assert (rates_.format, rates_.records, rates_.structural) == (READER.format, 6984, 1)
    assert rates_.rows == {"fx_rates": 217_555}


@MODEST
@given(damaged(HISTORY.read_bytes()), st.integers(20, 200))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)

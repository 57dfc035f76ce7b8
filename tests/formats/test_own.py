from __future__ import annotations

import io
import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import FIXTURES, MODEST, Reading, assert_read_or_refused, damaged
from tieout.contracts import BUSINESS_TABLES
from tieout.formats.base import HEAD_BYTES, Head, UnreadableFile
from tieout.formats.own import OWN_READERS

OWN = FIXTURES / "own"
READERS = {reader.table.name: reader for reader in OWN_READERS}
FILES = [
    "payments.csv",
    "refunds.jsonl",
    "disputes.csv",
    "ledger_entries.csv",
    "costs.csv",
    "chart_of_accounts.csv",
]
REFUND: dict[str, Any] = {
    "refund_id": "re_1",
    "payment_id": "pay_1",
    "amount_minor": 500,
    "currency": "EUR",
    "created_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
}


def read(name: str) -> Reading:
    return Reading.of(READERS[name.split(".")[0]], OWN / name)


def parquet(**columns: Any) -> bytes:
    table = pa.table({**{name: [value] for name, value in REFUND.items()}, **columns})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_recognised_as_one_table(name: str) -> None:
    head = Head.of(OWN / name, "any name")
    found = [reader.source for reader in OWN_READERS if reader.recognises(head)]
    assert found == [name.split(".")[0]]


def test_payments() -> None:
    reading = read("payments.csv")
    names = ("attempt_id", "attempt_no", "amount_minor", "currency", "status", "created_at")
    assert [tuple(str(row[name]) for name in names) for row in reading.rows] == [
        ("att_1", "1", "1250", "EUR", "captured", "2026-03-01 10:00:00+00:00"),
        ("att_2", "1", "335", "JPY", "declined", "2026-03-01 10:00:00+00:00"),
    ]
    assert str(reading.rows[0]["captured_at"]) == "2026-03-01 09:00:00.123456+00:00"
    assert reading.column("extra") == ['{"cashier":"mia"}', None]
    statuses = "created, invalid, blocked, authentication_failed, declined, authorised, captured"
    assert reading.reasons() == {
        4: "amount_minor: '12.50' is not a whole number",
        5: f"attempt_no: 'one' is not a whole number; status: 'paid' is none of {statuses}",
        6: "payment_id is empty; currency: 'EURO' is not an ISO 4217 currency; "
        "created_at: 'yesterday' is not a time",
    }
    assert reading.codes() == [("time_zone_assumed_utc", None), ("unknown_columns", 1)]


def test_refunds_as_json_lines() -> None:
    reading = read("refunds.jsonl")
    names = ("source_line", "refund_id", "amount_minor", "currency", "extra")
    assert [tuple(row[name] for name in names) for row in reading.rows] == [
        (1, "re_1", 500, "EUR", '{"agent":{"name":"Mia","team":null}}'),
        (3, "re_2", 250, "EUR", None),
    ]
    assert reading.reasons() == {
        4: "amount_minor: '2.5' is not a whole number",
        5: "amount_minor: -5 is below zero",
        6: "the line is not a JSON object, or holds a NUL character",
        7: "the line is not a JSON object, or holds a NUL character",
    }
    assert reading.quarantined[1][:2] == (7, '["re_6"]')
    assert (reading.records, reading.structural) == (7, 1)


def test_costs_as_people_write_them() -> None:
    reading = read("costs.csv")
    names = ("cost_id", "period", "category", "amount_minor", "currency")
    assert [tuple(str(row[name]) for name in names) for row in reading.rows] == [
        ("2026-03/infrastructure/cloud/EUR", "2026-03-01", "cloud", "125040", "EUR"),
        ("2026-03/people//JPY", "2026-03-01", "None", "900000", "JPY"),
    ]
    assert reading.reasons() == {
        4: "a second record for 2026-03/infrastructure/cloud/EUR: give each a cost_id",
        5: "period: 'March' is not a date",
        6: "the amount is empty",
    }


def test_costs_with_ids_and_minor_units() -> None:
    header = b"cost_id,period,cost_driver,amount_minor,amount,currency\n"
    lines = b"c1,2026-03,x,100,,EUR\nc2,2026-03,x,100,1.00,EUR\nc3,2026-03,x,100,1.01,EUR\n"
    reading = Reading.of_bytes(READERS["costs"], header + lines)
    assert reading.column("cost_id") == ["c1", "c2"]
    assert reading.reasons() == {4: "amount and amount_minor differ"}


def test_ledger_accounts_and_disputes() -> None:
    assert read("ledger_entries.csv").column("amount_minor") == [1250, -1250]
    assert read("chart_of_accounts.csv").column("role") == [
        "processor_clearing",
        "merchant_payable",
    ]
    disputes = read("disputes.csv")
    assert disputes.column("stage") == ["chargeback", "reversal"]
    assert disputes.reasons()[4].startswith("stage: 'charge_back' is none of")


def test_parquet_reads_like_the_others() -> None:
    data = parquet(shop=[["Berlin"]], amount_minor=pa.array([Decimal("500.00")]))
    reading = Reading.of_bytes(READERS["refunds"], data)
    (row,) = reading.rows
    assert {name: row[name] for name in REFUND} == REFUND
    assert json.loads(row["extra"]) == {"shop": '["Berlin"]'}
    assert (row["source_line"], reading.records, reading.structural) == (1, 1, 0)


def test_parquet_amounts_that_are_not_whole_are_refused() -> None:
    reading = Reading.of_bytes(READERS["refunds"], parquet(amount_minor=[Decimal("5.50")]))
    assert reading.reasons() == {1: "amount_minor: '5.50' is not a whole number"}
    assert json.loads(reading.quarantined[0][1])["refund_id"] == "re_1"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (parquet(amount_minor=[5.0]), "amount_minor is floating point"),
        (parquet(reason=pa.array([b"\xff"])), "reason is binary"),
        (parquet()[:-20], "damaged"),
        (b"refund_id,currency\n", "lacks: amount_minor, created_at, payment_id"),
    ],
)
def test_files_that_cannot_be_trusted(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        Reading.of_bytes(READERS["refunds"], data)


def test_a_large_parquet_file_is_known_by_its_end(tmp_path: Path) -> None:
    """Its columns are named where the head does not reach."""
    path = tmp_path / "file"
    path.write_bytes(parquet(reason=[random.Random(1).randbytes(HEAD_BYTES).hex()]))
    assert path.stat().st_size > HEAD_BYTES
    head = Head.of(path, "any name")
    assert [reader.source for reader in OWN_READERS if reader.recognises(head)] == ["refunds"]


def test_formats_are_named_after_the_contract() -> None:
    for reader in OWN_READERS:
        assert reader.table is BUSINESS_TABLES[reader.source]
        assert reader.format == f"own_{reader.source}"


@pytest.mark.parametrize("name", FILES)
def test_damage_is_contained(name: str) -> None:
    reader, original = READERS[name.split(".")[0]], (OWN / name).read_bytes()

    @MODEST
    @given(damaged(original), st.integers(100, 1000))
    def check(data: bytes, block_bytes: int) -> None:
        assert_read_or_refused(reader, data, block_bytes)

    check()


def test_text_that_is_none_is_damage() -> None:
    """A byte that is turned over may leave a Parquet file readable, and its text not."""
    buffer = io.BytesIO()
    refunds = {"refund_id": ["re_1"], "payment_id": ["p"], "amount_minor": [1], "currency": ["EUR"]}
    refunds["created_at"] = ["2026-01-02T10:00:00Z"]
    pq.write_table(pa.table(refunds), buffer, compression="none", use_dictionary=False)
    data = buffer.getvalue()
    with pytest.raises(UnreadableFile, match="damaged"):
        Reading.of_bytes(READERS["refunds"], data.replace(b"EUR", b"E\xffR"))
    misnamed = data.replace(b"refund_id", b"refund\xffid")
    with pytest.raises(UnreadableFile, match="damaged"):
        Reading.of_bytes(READERS["refunds"], misnamed)
    assert not READERS["refunds"].recognises(Head("refunds.parquet", misnamed))
    assert Reading.of_bytes(READERS["refunds"], data)


@MODEST
@given(damaged(parquet()))
def test_damaged_parquet_is_contained(data: bytes) -> None:
    assert_read_or_refused(READERS["refunds"], data, 1000)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@MODEST
@given(st.lists(st.tuples(_TEXT, st.integers(0, 2**63 - 1)), min_size=1, max_size=5))
def test_any_values_round_trip(values: list[tuple[str, int]]) -> None:
    refunds = [
        {**REFUND, "created_at": "2026-03-02", "refund_id": text, "amount_minor": amount}
        for text, amount in values
    ]
    lines = "\n".join(json.dumps(refund, ensure_ascii=False) for refund in refunds)
    reading = Reading.of_bytes(READERS["refunds"], lines.encode(), 4096)
    assert [(row["refund_id"], row["amount_minor"]) for row in reading.rows] == values

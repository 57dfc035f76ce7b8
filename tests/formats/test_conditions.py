"""What no row may be: it is set apart, and what is let through holds every critical expectation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import great_expectations.expectations as gxe
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.common import suite
from tieout.conditions import CONDITIONS
from tieout.contracts import BUSINESS_TABLES, LINE_KINDS, Table
from tieout.engine import connect
from tieout.formats.base import Quarantined, Rows
from tieout.formats.draft import Block, Draft
from tieout.formats.own import WORDS

DAY, NOON = date(2026, 1, 15), datetime(2026, 1, 15, 12, tzinfo=UTC)
IMPOSSIBLE = {
    "payments": [
        ({"attempt_no": 0}, "attempt_no: 0 is below 1"),
        (
            {"captured_minor": 5, "status": "declined"},
            "captured_minor is 5, and the status is declined",
        ),
    ],
    "refunds": [({"amount_minor": -1}, "amount_minor: -1 is below zero")],
    "disputes": [({"amount_minor": -1}, "amount_minor: -1 is below zero")],
    "transfers": [
        ({"amount_minor": -1}, "amount_minor: -1 is below zero"),
        ({"application_fee_minor": -2}, "application_fee_minor: -2 is below zero"),
    ],
    "advances": [
        ({"principal_minor": -1}, "principal_minor: -1 is below zero"),
        ({"fee_minor": -1}, "fee_minor: -1 is below zero"),
    ],
    "settlement_lines": [
        (
            {"net_minor": 9, "gross_minor": 10, "markup_minor": 2},
            "net_minor: 9 is not gross_minor, 10, less the fees 0, 0, 2, 0 and 0",
        )
    ],
    "chart_of_accounts": [
        (
            {"role": "processor_clearing", "processor": None},
            "role: processor_clearing needs a processor, which is None",
        )
    ],
    "fx_rates": [({"rate": Decimal(0)}, "rate: 0E-8 is not above zero")],
    "fee_contracts": [
        (
            {"effective_to": DAY, "effective_from": DAY + timedelta(days=1)},
            "effective_to: 2026-01-15 is before effective_from, 2026-01-16",
        ),
        ({"rate_ppm": -1_000_001}, "rate_ppm: -1000001 is more than the whole amount"),
    ],
    "invoices": [
        (
            {"period_end": NOON, "period_start": NOON + timedelta(seconds=1)},
            "period_end: 2026-01-15 12:00:00+00:00 is before period_start, "
            "2026-01-15 12:00:01+00:00",
        ),
        (
            {"tax_minor": -8, "amount_minor": 7},
            "tax_minor: -8 is more than the amount of 7 that it is a part of",
        ),
    ],
    "network_bills": [
        (
            {"billed_on": DAY, "service_month": date(2026, 2, 1)},
            "billed_on: 2026-01-15 is before the month of service_month, 2026-02-01",
        )
    ],
    "subscriptions": [
        (
            {"ended_at": NOON, "started_at": NOON + timedelta(seconds=1)},
            "ended_at: 2026-01-15 12:00:00+00:00 is before started_at, 2026-01-15 12:00:01+00:00",
        )
    ],
    "tax_lines": [
        (
            {"tax_minor": -1, "taxable_minor": 10},
            "tax_minor: -1 has not the sign of taxable_minor, 10",
        )
    ],
}  # every condition once


def ordinary(table: Table) -> dict[str, Any]:
    """A row that breaks nothing: zeros, one moment, and nothing where nothing must be."""
    values: dict[pa.DataType, Any] = {
        pa.string(): "x", pa.int64(): 0, pa.int32(): 1, pa.date32(): DAY, pa.bool_(): False,
    }  # fmt: skip
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.nullable:
            row[column.name] = None
        elif pa.types.is_timestamp(column.type):
            row[column.name] = NOON
        elif pa.types.is_decimal(column.type):
            row[column.name] = Decimal(1)
        else:
            row[column.name] = values[column.type]
    return row


def accepted(table: Table, rows: list[dict[str, Any]]) -> tuple[pa.Table, list[str]]:
    """What a reader that has set these rows lets through, and the reasons for the others."""
    columns = pa.Table.from_pylist(rows, pa.schema(list(table.columns)))
    block = Block(
        columns,
        pa.array(range(len(rows)), pa.int64()),
        pa.nulls(len(rows), pa.string()),
        lambda chosen: ["text"] * int(np.count_nonzero(chosen)),
    )
    draft = Draft(table, block)
    for name in columns.column_names:
        draft[name] = columns[name].combine_chunks()
    reasons: list[str] = []
    for part in draft.parts():
        if isinstance(part, Quarantined):
            reasons += part.data["reason"].to_pylist()
        elif isinstance(part, Rows):
            good = part.data
    assert len(good) + len(reasons) == len(rows)
    return good, reasons


@pytest.mark.parametrize("name", CONDITIONS)
def test_an_impossible_record_is_set_apart_with_the_reason(name: str) -> None:
    table = BUSINESS_TABLES[name]
    assert len(IMPOSSIBLE[name]) == len(CONDITIONS[name])
    usual = ordinary(table)
    for values, reason in IMPOSSIBLE[name]:
        good, reasons = accepted(table, [usual, usual | values, usual])
        assert (len(good), reasons) == (2, [reason])


def test_a_column_that_a_reader_does_not_set_is_not_asked() -> None:
    block = Block(pa.table({}), pa.array([1]), pa.nulls(1, pa.string()), lambda _: [])
    draft = Draft(BUSINESS_TABLES["payments"], block)
    draft["attempt_no"] = pa.array([1], pa.int64())
    assert len(draft.accept()[0]) == 1


_NUMBERS = st.integers(-3, 3) | st.sampled_from([-1_000_001, 1_000_001])
_WORDS = {**WORDS, "line_kind": LINE_KINDS}


def _values(column: pa.Field) -> st.SearchStrategy[Any]:
    """Values near the edges of what is possible."""
    found: st.SearchStrategy[Any]
    if column.name.endswith("currency"):
        found = st.just("EUR")
    elif column.name in _WORDS:
        found = st.sampled_from(_WORDS[column.name])
    elif pa.types.is_integer(column.type):
        found = _NUMBERS
    elif pa.types.is_decimal(column.type):
        found = st.integers(-1, 2).map(Decimal)
    elif pa.types.is_date(column.type):
        found = st.integers(-40, 40).map(lambda days: DAY + timedelta(days=days))
    elif pa.types.is_timestamp(column.type):
        found = st.integers(-2, 2).map(lambda seconds: NOON + timedelta(seconds=seconds))
    else:
        found = st.just("x")
    return found | st.none() if column.nullable else found


@pytest.mark.parametrize("name", CONDITIONS)
@given(data=st.data())
def test_what_is_let_through_holds_all_critical_expectations(
    name: str, data: st.DataObject
) -> None:
    table = BUSINESS_TABLES[name]
    row = st.fixed_dictionaries({column.name: _values(column) for column in table.columns})
    good, _ = accepted(table, data.draw(st.lists(row, min_size=1, max_size=30)))
    for lineage in sorted({*table.schema.names} - {*good.column_names}):
        good = good.append_column(lineage, pa.repeat("x", len(good)))
    asked = [
        expectation.unexpected_rows_query.replace("{batch}", "batch")
        for expectation in suite(name).expectations
        if isinstance(expectation, gxe.UnexpectedRowsExpectation)
        and expectation.severity == "critical"
    ]
    assert len(asked) > 1 or name in ("refunds", "disputes")  # theirs are of another kind
    with connect() as connection:
        connection.register("batch", good)
        for query in asked:
            assert connection.execute(query).fetchall() == [], query

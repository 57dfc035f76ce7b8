from __future__ import annotations

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
from tieout.formats.base import ControlTotal, Head, Report, UnreadableFile
from tieout.formats.trustly import Trustly

READER = Trustly()
FUNDING = FIXTURES / "trustly" / "funding.csv"
REAL = SAMPLES / "trustly" / "P11KFUN-3618-r-code-reversal.csv"


def totals(reading: Reading) -> list[tuple[str, int, int]]:
    return [(total.name, total.stated, total.computed) for total in reading.totals]


def test_rows_are_the_canonical_lines() -> None:
    columns = ("source_line", "line_kind", "gross_minor", "markup_minor", "net_minor", "payout_id")
    rows = Reading.of(READER, FUNDING).rows
    assert [tuple(row.get(name) for name in columns) for row in rows] == [
        (2, "charge", 10000, 40, 9960, "TR77"),
        (3, "refund", -2500, 0, -2500, "TR77"),
        (4, "chargeback", -1040, 0, -1040, "TR77"),
        (5, "adjustment", 700, 10, 690, None),
        (9, "payout", -6420, 0, -6420, "TR77"),
    ]
    charge, refund, *_, payout = rows
    assert (charge["account"], charge["batch_id"]) == ("4711", "5001")
    assert (charge["line_id"], charge["merchant_reference"]) == ("9100000001/Sale/TR77", "ORDER-1")
    assert (refund["processor_reference"], refund["payment_reference"]) == (
        "9100000002",
        "9000000002",
    )
    assert '"reason":"AC118"' in charge["extra"]
    assert payout["created_at"].isoformat() == "2026-03-02T10:00:00+00:00"


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, FUNDING)
    assert reading.reasons() == {
        6: "amount: '5.005' has more decimals than USD has",
        7: "expected 23 fields, found 4",
        8: "the record is a 'X', which is none of F, H, I, L",
        10: "'' is not an amount",
    }
    assert reading.codes() == [("unknown_type", 5)]
    assert {line: text for line, text, _ in reading.quarantined}[10].startswith("F,Northwind")


def test_payout_and_trailer_are_held_against_the_lines() -> None:
    reading = Reading.of(READER, FUNDING)
    assert totals(reading) == [
        ("payout_equals_its_lines", 6420, 6420),
        ("transactions_count", 4, 4),
        ("transactions_sum", 7160, 7160),
        ("settled_count", 3, 3),
        ("settled_sum", 6420, 6420),
    ]
    assert reading.reports == [Report("P11KFUN/4711/2026-03-01T12:00:00.000Z/0001of0001")]


def test_a_lost_line_shows_in_every_total_and_a_lost_trailer_is_said() -> None:
    lines = FUNDING.read_bytes().splitlines(keepends=True)
    short = Reading.of_bytes(READER, b"".join([lines[0], *lines[2:]]))
    assert {name: computed - stated for name, stated, computed in totals(short)} == {
        "payout_equals_its_lines": -9960,
        "transactions_count": -1,
        "transactions_sum": -10000,
        "settled_count": -1,
        "settled_sum": -9960,
    }
    assert ("no_trailer", None) in Reading.of_bytes(READER, b"".join(lines[:-1])).codes()


def test_what_was_processed_is_no_settlement() -> None:
    header = "H,P11KREC,1.0.0,2026-03-01T12:00:00Z,2026-03-02T12:00:00Z,4711,0001of0001"
    cells = ["T", "1", "2026-03-01T13:00:00Z", *[""] * 11, "12.00", *[""] * 8]
    cells[13] = "EUR"
    bad = [*cells[:14], "x", *cells[15:]]
    text = "\n".join(
        [header, ",".join(cells), ",".join(cells), ",".join([*bad[:14], "x", *bad[15:]])]
    )
    reading = Reading.of_bytes(READER, f"{text}\nL,3,36.00\n".encode())
    assert (reading.rows, reading.structural, list(reading.reasons())) == ([], 4, [4])
    assert totals(reading) == [("transactions_count", 3, 2), ("transactions_sum", 3600, 2400)]
    assert reading.codes() == [("transactions_without_effect", None)]


def test_a_file_without_its_header_is_refused() -> None:
    body = FUNDING.read_bytes().partition(b"\n")[2]
    assert not READER.recognises(Head("file", body))
    with pytest.raises(UnreadableFile, match="no header"):
        Reading.of_bytes(READER, body)


MONEY = st.integers(-(10**9), 10**9)


def money(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


@MODEST
@given(
    st.lists(st.tuples(MONEY, MONEY, st.sampled_from(["A", "B"])), min_size=1, max_size=10),
    st.integers(1, 3),
    st.integers(300, 3000),
)
def test_what_is_written_is_read(
    sales: list[tuple[int, int, str]], more_columns: int, block_bytes: int
) -> None:
    """Columns that a later version of the file has at the end are kept in extra."""
    lines = ["\ufeffH,P11KFUN,2.0.0,2026-03-01T12:00:00Z,2026-03-02T12:00:00Z,4711,0001of0001"]
    sums = {"A": 0, "B": 0}
    for place, (gross, fee, trace) in enumerate(sales):
        sums[trace] += gross + fee
        cells = ["I", f"{place}", "2026-03-01T13:00:00Z", *[""] * 11, "EUR", money(gross), trace]
        lines.append(
            ",".join([*cells, "", "", "Sale", "", "", money(fee), *["new"] * more_columns])
        )
    for trace in {trace for _, _, trace in sales}:
        lines.append(f"F,N,,{trace},EUR,{money(sums[trace])},1,2026-03-02T10:00:00Z")
    gross_total, net_total = sum(gross for gross, _, _ in sales), sum(sums.values())
    lines.append(f"L,{len(sales)},{money(gross_total)},{len(sales)},{money(net_total)}")
    reading = Reading.of_bytes(READER, "\r\n".join(lines).encode(), block_bytes)
    assert reading.quarantined == []
    nets = [row["net_minor"] for row in reading.rows if row["line_kind"] != "payout"]
    assert nets == [gross + fee for gross, fee, _ in sales]
    assert all(total.stated == total.computed for total in reading.totals)
    assert '"column_24":"new"' in reading.rows[0]["extra"]


@MODEST
@given(damaged(FUNDING.read_bytes()), st.integers(300, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not in this checkout")
def test_the_real_sample() -> None:
    """A sale and its return: what is left is the fee, which the payout is negative by."""
    reading = Reading.of(READER, REAL)
    assert [(row["line_kind"], row["net_minor"]) for row in reading.rows] == [
        ("charge", 1039),
        ("chargeback", -1040),
        ("payout", 1),
    ]
    assert reading.totals[0] == ControlTotal("payout_equals_its_lines", "T5", "USD", -1, -1, 4)
    assert all(total.stated == total.computed for total in reading.totals)
    assert (len(reading.totals), reading.quarantined, reading.findings) == (5, [], [])


def test_without_the_type_of_a_settlement_that_of_its_transaction_says_it() -> None:
    body = FUNDING.read_text().replace(",Sale,", ",,").replace(",Return,", ",,")
    rows = Reading.of_bytes(READER, body.encode()).rows
    assert [(row["source_line"], row["line_kind"], row.get("line_id")) for row in rows[:3]] == [
        (2, "charge", None),
        (3, "refund", "9100000002/Refund/TR77"),
        (4, "chargeback", None),
    ]

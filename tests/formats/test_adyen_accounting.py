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
from tieout.formats.adyen_accounting import AdyenPaymentsAccounting

READER = AdyenPaymentsAccounting()
FIXTURE = FIXTURES / "adyen_accounting" / "report.csv"
REAL = SAMPLES / "adyen" / "payments_accounting_report_nyce.csv"


def test_records_are_checked_and_counted_and_are_no_lines() -> None:
    reading = Reading.of(READER, FIXTURE)
    assert (reading.rows, reading.records, reading.structural) == ([], 5, 4)
    (reason,) = reading.reasons().values()
    assert set(reason.split("; ")) == {
        "Booking Date: 'XXT' is not a known time zone",
        "Main Amount: '19.005' has more decimals than USD has",
    }
    assert reading.codes() == [
        ("payable_is_not_captured_minus_fees", 4),
        ("told_by_another_report", None),
    ]
    assert "1 Received, 2 Settled" in reading.findings[-1].message


CENTS = st.integers(0, 10**9)


@MODEST
@given(
    st.lists(st.tuples(CENTS, CENTS, st.sampled_from(["", "-"])), min_size=1, max_size=8),
    st.integers(300, 3000),
)
def test_payables_that_are_what_was_captured_less_fees_are_no_finding(
    amounts: list[tuple[int, int, str]], block_bytes: int
) -> None:
    """Captured is booked out, or in where the payment is captured and settled in one record."""
    header = FIXTURE.read_text().splitlines()[0]
    lines = [header]
    for captured, fee, sign in amounts:
        net, gross, cost = ((captured - fee) / 100, captured / 100, fee / 100)
        lines.append(
            f"N,NUS,P,O,visa,2026-03-03 10:00:00,PST,Settled,USD,{net:.2f},USD,,,{sign}{gross:.2f},"
            f"USD,{net:.2f},,{cost:.2f},,"
        )
    reading = Reading.of_bytes(READER, "\n".join(lines).encode(), block_bytes)
    assert (reading.quarantined, reading.codes()) == ([], [("told_by_another_report", None)])


@MODEST
@given(damaged(FIXTURE.read_bytes()), st.integers(300, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not in this checkout")
def test_the_real_sample() -> None:
    reading = Reading.of(READER, REAL)
    assert (reading.quarantined, reading.codes()) == ([], [("told_by_another_report", None)])

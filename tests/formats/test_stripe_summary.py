from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import (
    FIXTURES,
    MODEST,
    Reading,
    assert_read_or_refused,
    damaged,
)
from tieout.formats.base import ControlTotal, Finding
from tieout.formats.stripe_summary import StripeBalanceSummary

READER = StripeBalanceSummary()
MARCH = FIXTURES / "stripe_summary" / "march.csv"


def test_the_closing_balance_is_held_against_what_changed_it() -> None:
    reading = Reading.of(READER, MARCH)
    assert reading.totals == [ControlTotal("closing_balance", "summary", "USD", 4550, 4550)]
    assert reading.reasons() == {8: "net_amount: '7.001' has more decimals than EUR has"}
    assert (reading.rows, reading.findings, reading.structural) == ([], [], 7)


def test_a_summary_without_payouts_says_so() -> None:
    lines = [line for line in MARCH.read_text().splitlines() if not line.startswith("payouts")]
    reading = Reading.of_bytes(READER, "\n".join(lines).encode())
    message = "the summary in USD does not state payouts"
    assert (reading.totals, reading.findings) == ([], [Finding("summary_incomplete", message)])


YEN = st.integers(-(10**12), 10**12)


@MODEST
@given(YEN, YEN, YEN, YEN)
def test_any_balance_is_told_exactly(opening: int, activity: int, payouts: int, gap: int) -> None:
    closing = opening + activity + payouts + gap
    names = ("starting_balance", "activity", "payouts", "ending_balance")
    amounts = (opening, activity, payouts, closing)
    lines = [f"{name},,{amount},jpy" for name, amount in zip(names, amounts, strict=True)]
    text = "\n".join(["category,description,net_amount,currency", *lines])
    (total,) = Reading.of_bytes(READER, text.encode()).totals
    assert (total.stated, total.stated - total.computed) == (closing, gap)


@MODEST
@given(damaged(MARCH.read_bytes()), st.integers(300, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)

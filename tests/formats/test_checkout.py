from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.formats.tabular_parts import (
    FIXTURES,
    MODEST,
    Reading,
    assert_read_or_refused,
    damaged,
)
from tieout.formats.base import Report
from tieout.formats.checkout import CheckoutBreakdown
from tieout.formats.checkout_payouts import CheckoutPayouts

READER, PAYOUTS = CheckoutBreakdown(), CheckoutPayouts()
BREAKDOWN = FIXTURES / "checkout" / "breakdown.csv"
PAYOUT = FIXTURES / "checkout_payouts" / "payouts.csv"
FEES = ("interchange_minor", "scheme_fee_minor", "markup_minor", "fixed_fee_minor", "tax_minor")


def test_rows_are_the_canonical_lines() -> None:
    rows = Reading.of(READER, BREAKDOWN).rows
    columns = ("source_line", "line_kind", "gross_minor", *FEES, "net_minor")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        (2, "charge", 5000, 80, 31, 50, 0, 0, 4839),
        (3, "charge", 9215, 46, 35, 100, 0, 28, 9006),
        (3, "reserve_hold", -922, 0, 0, 0, 0, 0, -922),
        (4, "refund", -1000, 0, 0, 10, 0, 0, -1010),
        (5, "chargeback", -2000, 0, 0, 1500, 0, 0, -3500),
        (6, "chargeback_reversal", 700, 0, 0, 0, 0, 0, 700),
        (7, "fee", 0, 0, 0, 10, 0, 0, -10),
        (8, "fee", 0, 0, 0, 25, 0, 0, -25),
        (9, "reserve_release", 400, 0, 0, 0, 0, 0, 400),
        (10, "adjustment", 100, 0, 0, 0, 0, 0, 100),
        (11, "charge", 1000, 0, 0, 60, 0, 0, 940),
        (11, "adjustment", 1, 0, 0, 0, 0, 0, 1),
    ]
    charge, converted, held, refund, *_ = rows
    assert (charge["payout_id"], charge["card_brand"]) == ("0000000000A1", "visa")
    assert str(charge["available_on"]) == "2026-03-31"
    assert '"Net In Holding Currency":"48.39496"' in charge["extra"]
    assert converted["created_at"].isoformat() == "2026-03-29T07:00:00+00:00"
    seen = ("presentment_minor", "presentment_currency", "fx_rate")
    assert [converted[name] for name in seen] == [10000, "USD", Decimal("0.92150030")]
    assert [held[name] for name in seen] == [-922, "EUR", None]
    assert (refund["presentment_minor"], refund["payment_reference"]) == (-1000, "pay_1")


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, BREAKDOWN)
    assert reading.reasons() == {
        12: "Gross In Holding Currency: '10,00' is not an amount",
        13: "Payout ID is empty",
    }
    assert reading.codes() == [
        ("amounts_rounded", 11),
        ("net_is_not_gross_minus_fee", 11),
        ("time_nonexistent", 2),
        ("unknown_columns", 1),
        ("unknown_type", 10),
    ]
    assert reading.reports == [Report("0000000000A1")]


def test_the_lines_come_to_the_payout_of_the_other_report() -> None:
    paid, yen = Reading.of(PAYOUTS, PAYOUT).rows
    lines = Reading.of(READER, BREAKDOWN).column("net_minor")
    assert sum(lines) + paid["net_minor"] == 0
    assert (paid["line_id"], paid["created_at"].isoformat()) == (
        "0000000000A1",
        "2026-03-30T22:10:05+00:00",
    )
    assert (yen["net_minor"], yen["currency"]) == (1500, "JPY")
    assert yen["created_at"].microsecond == 120_000


def test_a_payout_that_cannot_be_read() -> None:
    reading = Reading.of(PAYOUTS, PAYOUT)
    assert reading.reasons() == {
        4: "Payout Date: '30 March' is not a time; "
        "Payout Amount: '1.005' has more decimals than EUR has"
    }
    assert reading.codes() == []


MICRO = st.integers(-(10**11), 10**11)
COST = st.integers(0, 10**8)


@MODEST
@given(
    st.lists(st.tuples(MICRO, *[COST] * 5), min_size=1, max_size=10),
    st.sampled_from([1, -1]),
    st.integers(400, 3000),
)
def test_what_is_written_is_read(lines: list[tuple[int, ...]], sign: int, block_bytes: int) -> None:
    """Whichever sign fees have, lines add up, and with the rest to what is paid in whole units."""

    def money(micro: int) -> str:
        return f"{Decimal(micro).scaleb(-6):f}"

    names = ("Processing Fee", "Scheme Fee", "Interchange", "Tax", "Reserve")
    header = [
        "Client Entity ID,Type,Payment ID,Processed On,Holding Currency,Payout ID",
        *(f"{name} In Holding Currency" for name in ("Gross", "Net", *names)),
    ]
    text = [",".join(header)]
    for place, (gross, *costs) in enumerate(lines):
        amounts = (gross, gross - sum(costs), *(sign * cost for cost in costs))
        start = f"ent_1,Charge,pay_{place},2026-03-29T09:00:00,EUR,P1"
        text.append(",".join([start, *map(money, amounts)]))
    reading = Reading.of_bytes(READER, "\n".join(text).encode(), block_bytes)
    assert reading.quarantined == []
    for row in reading.rows:
        assert row["net_minor"] == row["gross_minor"] - sum(row[name] for name in FEES)
    exact = Decimal(sum(gross - sum(costs) for gross, *costs in lines)).scaleb(-4)
    assert sum(reading.column("net_minor")) == exact.quantize(Decimal(1), ROUND_HALF_EVEN)
    assert "net_is_not_gross_minus_fee" not in dict(reading.codes())


@MODEST
@given(damaged(BREAKDOWN.read_bytes()), st.integers(400, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@MODEST
@given(damaged(PAYOUT.read_bytes()), st.integers(400, 3000))
def test_damage_of_payouts_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(PAYOUTS, data, block_bytes)


def test_what_has_no_gross_amount_is_a_fee_whatever_it_is_called() -> None:
    header, first, *_ = BREAKDOWN.read_text().splitlines()
    zero = first.replace("50.00,-1.60504,48.39496,-0.5,-0.30504,-0.8", "0,-0.1,-0.1,-0.1,0,0")
    words = ("Network Token Provisioning", "Merchant Payout", "Charge")
    text = "\n".join([header, *(zero.replace("Charge", word) for word in words)])
    text += "\n" + first.replace("Charge", "Mystery")
    reading = Reading.of_bytes(READER, text.encode())
    assert [(row["line_kind"], row["net_minor"]) for row in reading.rows][:4] == [
        *[("fee", -10)] * 3,
        ("adjustment", 4839),
    ]
    assert [code for code in reading.codes() if code[0] == "unknown_type"] == [("unknown_type", 5)]

from __future__ import annotations

import json

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
from tieout.formats.base import ControlTotal, Head
from tieout.formats.mollie import MollieBalance

READER = MollieBalance()
FIXTURE = FIXTURES / "mollie" / "transactions.json"
SETTLEMENTS = FIXTURES / "mollie" / "settlements.json"
REAL = SAMPLES / "mollie"


def test_balance_transactions_are_settlement_lines() -> None:
    reading = Reading.of(READER, FIXTURE)
    columns = ("line_id", "line_kind", "gross_minor", "markup_minor", "net_minor")
    assert [tuple(row[name] for name in columns) for row in reading.rows] == [
        ("baltr_1", "charge", 1000, 29, 971),
        ("baltr_2", "refund", -1000, 25, -1025),
        ("baltr_4", "payout", -500, 0, -500),
    ]
    references = ("processor_reference", "payment_reference", "payout_id")
    assert [tuple(row[name] for name in references) for row in reading.rows] == [
        ("tr_1", "tr_1", None),
        ("re_2", "tr_1", None),
        (None, None, "trf_4"),
    ]


def test_references_may_stand_under_the_type_of_a_transaction() -> None:
    answer = json.loads(FIXTURE.read_text())
    for each in answer["_embedded"]["balance_transactions"]:
        head, *rest = str(each.get("type", "")).split("-")
        if "context" in each:
            each["context"] = {head + "".join(map(str.title, rest)): each["context"], "other": {}}
    reading = Reading.of_bytes(READER, json.dumps(answer).encode())
    assert reading.rows == Reading.of(READER, FIXTURE).rows


def test_what_cannot_be_read_and_what_is_doubtful() -> None:
    reading = Reading.of(READER, FIXTURE)
    (reason,) = reading.reasons().values()
    assert "resultAmount.value: '39.7540' has more decimals than EUR has" in reason
    assert reading.codes() == [
        ("net_is_not_gross_minus_fee", 4),
        ("objects_without_effect", None),
    ]


def test_settlements_and_reports_are_held_against_their_parts() -> None:
    """Four decimals come to whole cents: 96.2660 is 96.27."""
    reading = Reading.of(READER, SETTLEMENTS)
    whole, parts = "settlement_equals_its_periods", "amount_equals_its_subtotals"
    report = "bal_1 2026-03-01 to 2026-03-31 fee-prepayments movedToAvailable"
    assert reading.totals == [
        ControlTotal(whole, "99.2603.01", "EUR", 9627, 9627, 1),
        ControlTotal(whole, "stl_2", "JPY", 500, 400, 2),
        ControlTotal(parts, report, "EUR", -36, -36, 5),
        ControlTotal(parts, f"{report} 1", "EUR", -29, -19, 5),
    ]
    assert (reading.rows, reading.quarantined, reading.structural) == ([], [], 5)
    assert reading.codes() == [("control_total_unreadable", 4), ("objects_without_effect", None)]


def transaction(type_: str, value: str, **others: object) -> dict[str, object]:
    """A balance transaction under the name that the API has for it today."""
    amount = {"currency": "EUR", "value": value}
    return {
        "resource": "balance-transaction",
        "id": "baltr_7",
        "type": type_,
        "createdAt": "2026-03-04T10:00:00+00:00",
        "resultAmount": amount,
        "initialAmount": amount,
        "context": {},
        **others,
    }


def test_the_name_of_the_resource_has_an_underscore_or_a_hyphen() -> None:
    row = transaction("capture", "8.00", context={"paymentId": "tr_7"})
    page = {"count": 1, "_embedded": {"balance_transactions": [row]}}
    for document in (row, page):
        data = json.dumps(document).encode()
        assert READER.recognises(Head("file", data))
        reading = Reading.of_bytes(READER, data)
        (line,) = reading.rows
        assert (line["line_kind"], line["net_minor"]) == ("charge", 800)
        assert (line["payment_reference"], reading.codes()) == ("tr_7", [])


@pytest.mark.parametrize(
    ("type_", "value", "kind"),
    [
        ("fee-prepayment", "-3.00", "fee"),
        ("payment-fee", "-0.30", "fee"),
        ("returned-managed-fee", "0.30", "fee"),
        ("unauthorized-direct-debit", "-9.00", "chargeback"),
        ("rolling-reserve-hold", "-5.00", "reserve_hold"),
        ("capture-rolling-reserve-release", "5.00", "reserve_release"),
        ("incoming-transfer", "50.00", "transfer"),
        ("cash-advance-loan", "900.00", "transfer"),
    ],
)
def test_kinds(type_: str, value: str, kind: str) -> None:
    reading = Reading.of_bytes(READER, json.dumps(transaction(type_, value)).encode())
    assert (reading.column("line_kind"), reading.codes()) == ([kind], [])


def test_a_type_that_is_not_known_is_reported() -> None:
    reading = Reading.of_bytes(READER, json.dumps(transaction("gift", "1.00")).encode())
    assert reading.column("line_kind") == ["adjustment"]
    assert reading.codes() == [("unknown_type", 1)]


MONEY = st.integers(-(10**9), 10**9)


@MODEST
@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=8), st.integers(300, 3000))
def test_what_is_written_is_read(lines: list[tuple[int, int]], block_bytes: int) -> None:
    def yen(value: int) -> dict[str, str]:
        return {"currency": "JPY", "value": str(value)}

    rows = [
        {"resource": "balance_transaction", "id": f"baltr_{n}", "type": "payment",
         "createdAt": "2026-03-02T10:00:00+00:00", "resultAmount": yen(net),
         "initialAmount": yen(net + fee), "deductions": yen(-fee), "context": None}
        for n, (net, fee) in enumerate(lines)
    ]  # fmt: skip
    page = json.dumps({"_embedded": {"balance_transactions": rows}}, indent=1)
    for text in (page, "\n".join(map(json.dumps, rows))):
        reading = Reading.of_bytes(READER, text.encode(), block_bytes)
        amounts = [(row["net_minor"], row["markup_minor"]) for row in reading.rows]
        assert (amounts, reading.codes(), reading.quarantined) == (lines, [], [])


@MODEST
@given(
    st.sampled_from([FIXTURE, SETTLEMENTS]).flatmap(lambda path: damaged(path.read_bytes())),
    st.integers(300, 3000),
)
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not in this checkout")
def test_the_real_samples() -> None:
    """They state no time of any transaction; revenue less costs, 39.7540, was settled as 39.75."""
    totals = []
    for path in sorted(REAL.iterdir()):
        reading = Reading.of(READER, path)
        reasons = set(reading.reasons().values())
        assert reasons == ({"createdAt is empty"} if "transaction" in path.name else set())
        assert reading.records == len(reading.quarantined) + reading.structural
        totals += [(path.stem, total.stated, total.computed) for total in reading.totals]
    assert totals == [
        *(("balance-report", amount, amount) for amount in (498, 498, -36, -29)),
        ("settlement", 3975, 3975),
    ]

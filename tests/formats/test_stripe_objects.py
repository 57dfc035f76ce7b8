from __future__ import annotations

import json
from typing import Any

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
from tieout.formats import recognise
from tieout.formats.base import Head, UnreadableFile
from tieout.formats.stripe_extracts import StripeExtract
from tieout.formats.stripe_objects import StripeObjects

READER, EXTRACT = StripeObjects(), StripeExtract()
OBJECTS = FIXTURES / "stripe_objects" / "objects.jsonl"
PAGE = FIXTURES / "stripe_objects" / "page.json"
EXTRACTS = FIXTURES / "stripe_extract"
REAL = SAMPLES / "stripe"


def by(reading: Reading, id_column: str, *columns: str) -> dict[str, tuple[Any, ...]]:
    """The rows of the table that has the id column."""
    rows = [row for row in reading.rows if id_column in row]
    return {row[id_column]: tuple(row.get(name) for name in columns) for row in rows}


def test_balance_transactions_and_payouts_are_settlement_lines() -> None:
    reading = Reading.of(READER, OBJECTS)
    lines = by(reading, "line_id", "line_kind", "gross_minor", "net_minor", "payout_id")
    assert lines == {
        "txn_01": ("charge", 5000, 4825, None),
        "txn_02": ("refund", -1200, -1200, None),
        "txn_03": ("chargeback", -800, -2300, None),
        "txn_04": ("charge", 900, 853, None),
        # Told twice, as a balance transaction and as a payout: one record.
        "txn_05": ("payout", -3625, -3625, "po_05"),
        "txn_06": ("charge", 1500, 1500, None),  # ISK: the API has hundredths
        "txn_07": ("charge", 7000, 7000, None),  # MGA: the API has none
        "txn_08": ("charge", 98, 95, None),
        "txn_18": ("payout", -400, -400, "po_18"),
        "txn_19": ("payout", 400, 400, "po_18"),
    }
    references = by(reading, "line_id", "processor_reference", "payment_reference")
    assert references["txn_01"] == ("ch_01", "ch_01")
    assert references["txn_02"] == ("re_02", "ch_01")  # from the object that was expanded
    assert [row["line_id"] for row in reading.rows if "line_id" in row].count("txn_05") == 2
    created = next(row["created_at"] for row in reading.rows if row.get("line_id") == "txn_01")
    assert created.isoformat() == "2026-03-02T10:00:00+00:00"


@pytest.mark.parametrize(
    ("type_", "category", "kind"),
    [
        ("payment_failure_refund", "charge_failure", "charge"),
        ("application_fee", "platform_earning", "adjustment"),
        ("application_fee_refund", "platform_earning_refund", "adjustment"),
        ("stripe_fee", "fee", "fee"),
    ],
)
def test_the_category_by_type_is_that_of_the_reports(type_: str, category: str, kind: str) -> None:
    """Older versions of the API state no reporting category, and the reports do."""
    line = {"object": "balance_transaction", "id": "txn_1", "type": type_, "currency": "usd",
            "amount": 40, "fee": 0, "net": 40, "created": 1772445600}  # fmt: skip
    (row,) = Reading.of_bytes(READER, json.dumps(line).encode()).rows
    assert (row["raw_kind"], row["line_kind"]) == (category, kind)


def test_charges_refunds_and_disputes_are_events() -> None:
    reading = Reading.of(READER, OBJECTS)
    payments = by(reading, "attempt_id", "payment_id", "status", "captured_minor", "card_brand")
    assert payments == {
        "ch_01": ("pi_01", "captured", 5000, "visa"),
        "ch_11": ("pi_11", "captured", 2500, "visa"),
        "ch_12": ("ch_12", "declined", 0, "visa"),
        "ch_13": ("pi_13", "blocked", 0, "visa"),
        "ch_14": ("pi_14", "authorised", 0, "visa"),
        "ch_15": ("pi_15", "captured", 900, "visa"),
    }
    assert by(reading, "refund_id", "payment_id", "refund_stage", "amount_minor") == {
        "re_02": ("pi_01", "refund", 1200),
        "re_16": ("ch_11", "refund", 300),
        "re_16/reversal": ("ch_11", "reversal", 300),
    }
    assert by(reading, "dispute_event_id", "payment_id", "stage") == {
        "du_03": ("pi_01", "chargeback"),
        "du_03/reversal": ("pi_01", "reversal"),
        "du_03/won": ("pi_01", "won"),
        "du_17": ("ch_04", "inquiry"),
    }


def test_what_is_doubtful_is_said_and_what_cannot_be_read_is_set_apart() -> None:
    reading = Reading.of(READER, OBJECTS)
    assert reading.reasons() == {
        9: "amount: 150 hundredths are no whole ISK; net: 150 hundredths are no whole ISK",
        23: "amount: '10.00' is not a whole number",
    }
    assert reading.codes() == [
        ("captured_amount_not_stated", 15),
        ("net_is_not_gross_minus_fee", 8),
        ("objects_without_effect", None),
        ("presentment_not_stated", 4),
    ]
    assert '"fee_details"' in reading.rows[0]["extra"]
    assert "1 payment_intent" in next(f.message for f in reading.findings if not f.line)


def test_a_page_is_read_as_its_objects() -> None:
    lines = OBJECTS.read_text().splitlines()[:3]
    of_lines = Reading.of_bytes(READER, "\n".join(lines).encode())
    objects = list(map(json.loads, lines))
    resources = {"resources": {each["id"]: each for each in objects}}
    pages = json.dumps({"object": "list", "data": objects[:1]}) + json.dumps(objects[1:])
    for data in (PAGE.read_bytes(), json.dumps(resources).encode(), pages.encode()):
        assert Reading.of_bytes(READER, data).rows == of_lines.rows


def test_a_page_among_objects_is_set_apart_and_a_cut_page_is_refused() -> None:
    first = OBJECTS.read_text().splitlines()[0]
    mixed = f'{first}\n{{"object":"list","data":[{first}]}}\n{{"id":"x"}}\n'
    assert set(Reading.of_bytes(READER, mixed.encode()).reasons()) == {2, 3}
    with pytest.raises(UnreadableFile, match="begins in line 1 is damaged"):
        Reading.of_bytes(READER, PAGE.read_bytes()[:-20])


def test_extracts_of_a_warehouse_tell_the_same() -> None:
    objects, found = Reading.of(READER, OBJECTS), dict[str, Reading]()
    for path in sorted(EXTRACTS.iterdir()):
        assert recognise(Head.of(path, "x")).format == "stripe_extract"
        found[path.stem] = Reading.of(EXTRACT, path)
    for name, key, columns in (
        ("balance_transactions", "line_id", ("gross_minor", "net_minor", "created_at")),
        ("payouts", "line_id", ("net_minor", "payout_id", "available_on", "line_kind")),
        ("refunds", "refund_id", ("amount_minor", "currency", "refund_stage")),
    ):
        told = by(objects, key, *columns)
        rows = by(found[name], key, *columns)
        assert rows
        assert {key: told[key] for key in rows} == rows
    lines = found["balance_transactions"]
    assert by(lines, "line_id", "payout_id") == {"txn_01": ("po_05",), "txn_05": ("po_05",)}
    assert '"team":"north"' in lines.rows[0]["extra"]
    assert lines.reasons() == {4: "amount: '12.50' is not a whole number"}
    assert by(found["charges"], "attempt_id", "payment_id", "status") == {
        "ch_01": ("pi_01", "captured"),
        "ch_02": ("ch_02", "declined"),
    }
    assert set(by(found["disputes"], "dispute_event_id")) == {"du_03", "du_03/lost"}
    assert found["payment_intents"].structural == 2
    assert found["payment_intents"].codes() == [("objects_without_effect", None)]


AMOUNT = st.integers(-(10**12), 10**12)


@MODEST
@given(st.lists(st.tuples(AMOUNT, AMOUNT), min_size=1, max_size=8), st.integers(300, 3000))
def test_what_is_written_is_read(lines: list[tuple[int, int]], block_bytes: int) -> None:
    """As JSON Lines, as a page, and as an extract."""
    rows = [
        {"id": f"txn_{n}", "object": "balance_transaction", "amount": net + fee, "fee": fee,
         "net": net, "currency": "eur", "created": 1772445600 + n, "available_on": 1772445600,
         "source": f"ch_{n}", "type": "charge"}
        for n, (net, fee) in enumerate(lines)
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, rows))
    page = json.dumps({"object": "list", "data": rows})
    sheet = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    for reader, data in ((READER, text), (READER, page), (EXTRACT, "\n".join(sheet))):
        reading = Reading.of_bytes(reader, data.encode(), block_bytes)
        amounts = [(row["net_minor"], row["markup_minor"]) for row in reading.rows]
        assert (amounts, reading.quarantined) == (lines, [])
        assert [row["created_at"].timestamp() for row in reading.rows] == [
            row["created"] for row in rows
        ]


@MODEST
@given(damaged(OBJECTS.read_bytes()), st.integers(300, 3000))
def test_damage_is_contained(data: bytes, block_bytes: int) -> None:
    assert_read_or_refused(READER, data, block_bytes)


@pytest.mark.skipif(not REAL.exists(), reason="the real samples are not in this checkout")
def test_the_real_samples() -> None:
    """Net is amount less fee in every balance transaction; some amounts are in major units."""
    objects = [Reading.of(READER, path) for path in sorted((REAL / "api").iterdir())]
    refused = [reason for reading in objects for _, _, reason in reading.quarantined]
    assert len(refused) == 3
    assert all("'10.00' is not a whole number" in reason for reason in refused)
    every = Reading.of(READER, REAL / "openapi_fixtures3.json")
    assert (every.records, len(every.rows), every.structural) == (176, 5, 171)
    counts = {}
    for path in sorted((REAL / "negative_control_dbt_seeds").iterdir()):
        reading = Reading.of(EXTRACT, path)
        counts[path.stem] = (reading.records, len({r["source_line"] for r in reading.rows}))
        assert (reading.quarantined, "net_is_not_gross_minus_fee" in dict(reading.codes())) == (
            [],
            False,
        )
    assert counts == {
        "balance_transaction_data": (10, 9),
        "charge_data": (17, 16),
        "dispute_data": (13, 12),
        "fee_data": (14, 0),
        "payment_intent_data": (12, 0),
        "payout_balance_transaction_data": (16, 0),
        "payout_data": (16, 15),
        "refund_data": (5, 4),
    }

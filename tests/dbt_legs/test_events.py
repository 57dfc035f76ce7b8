"""Refunds that come back, payments that say no, and what is in transit, late and missing."""

from __future__ import annotations

import pytest

from tests.dbt_legs.conftest import Ask, Row, build, line, payment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]


def refund(name: str, amount: int, day: str, **more: object) -> Row:
    return {
        "refund_id": f"ref_{name}",
        "payment_id": f"pay_{name}",
        "amount_minor": amount,
        "currency": "USD",
        "created_at": f"{day}T10:00:00Z",
        "processor": "adyen",
        "processor_reference": f"psp_ref_{name}",
        **more,
    }


def posting(name: str, event: str, reference: str, amount: int, day: str) -> list[Row]:
    """A journal of two lines: on the clearing account and on what merchants are owed."""
    return [
        {
            "entry_id": f"{name}_{account}",
            "journal_id": name,
            "account": account,
            "amount_minor": signed,
            "currency": "USD",
            "effective_at": f"{day}T10:00:00Z",
            "event_type": event,
            "reference": reference,
        }
        for account, signed in (("1200", amount), ("2100", -amount))
    ]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    accounts = [
        ("1200", "asset", "processor_clearing", "adyen"),
        ("2100", "liability", "merchant_payable", ""),
    ]
    old = "2026-01-01"
    tables: dict[str, list[Row]] = {
        "chart_of_accounts": [
            {"account": a, "name": a, "account_type": t, "role": r, "processor": p}
            for a, t, r, p in accounts
        ],
        "payments": [
            payment("good", 10_000, old),
            payment("declined", 0, old),
            payment("in_transit", 10_000, "2026-01-24"),
            payment("late", 10_000, "2026-01-23"),
            payment("still_late", 10_000, "2026-01-21"),
            payment("missing", 10_000, "2026-01-20"),
        ],
        "refunds": [
            refund("good", 4_000, "2026-01-02"),
            refund("back", 4_000, "2026-01-05", refund_stage="reversal"),
        ],
        "settlement_lines": [
            line("charge", "psp_good", 10_000, old),
            line("charge", "psp_declined", 10_000, old),
            line("charge", "psp_nobody", 10_000, "2026-01-21"),
            line("refund", "psp_ref_good", -4_000, "2026-01-02"),
            line("refund", "psp_ref_back", 4_000, "2026-01-05"),
        ],
        "ledger_entries": [
            *posting("j1", "capture", "att_good", 10_000, old),
            *posting("j2", "capture", "att_declined", 10_000, old),
            *posting("j3", "refund", "ref_good", -4_000, "2026-01-02"),
            *posting("j4", "refund_reversal", "ref_back", 4_000, "2026-01-05"),
        ],
    }
    return build(tmp_path_factory.mktemp("events") / "w", tables, as_of="2026-01-31")


def judged(ask: Ask, leg: str) -> dict[object, tuple[object, ...]]:
    rows = ask(
        "select reference, status, break_type from fct_reconciliation_items "
        f"where leg = '{leg}' order by all"
    )
    return {reference: judgement for reference, *judgement in map(list, rows)}  # type: ignore[misc]


def test_a_refund_that_comes_back_matches_on_both_legs(ask: Ask) -> None:
    assert judged(ask, "payment_settlement")["psp_ref_back"] == ["matched", None]
    assert judged(ask, "payment_ledger")["ref_back"] == ["matched", None]


def test_a_refund_that_comes_back_reduces_refunds(ask: Ask) -> None:
    sql = "select sum(amount_minor) from int_daily_amounts where measure = 'refunds'"
    assert ask(sql) == [(0,)]


def test_what_the_company_says_did_not_happen_is_a_mismatch_of_status(ask: Ask) -> None:
    expected = ["broken", "status_mismatch"]
    assert judged(ask, "payment_settlement")["psp_declined"] == expected
    assert judged(ask, "payment_ledger")["att_declined"] == expected


def test_a_declined_payment_alone_is_no_item_and_keeps_its_reason(ask: Ask) -> None:
    sql = """
        select leg, item_id, excluded_reason from fct_reconciliation_members
        where source_table = 'payments' and amount_minor = 0 order by leg
    """
    assert ask(sql) == [
        ("payment_ledger", None, "nothing_captured"),
        ("payment_settlement", None, "nothing_captured"),
    ]


def test_a_missing_side_is_in_transit_then_late_then_missing(ask: Ask) -> None:
    found = judged(ask, "payment_settlement")
    assert found["psp_in_transit"] == ["in_transit", None]
    assert found["psp_late"] == ["broken", "late"]
    assert found["psp_still_late"] == ["broken", "late"]
    assert found["psp_missing"] == ["broken", "missing_in_settlement"]
    assert found["psp_nobody"] == ["broken", "late"]


def test_every_record_is_accounted_for(ask: Ask) -> None:
    sql = "select sum(abs(rows_difference)), sum(abs(minor_difference)) from rpt_conservation"
    assert ask(sql) == [(0, 0)]

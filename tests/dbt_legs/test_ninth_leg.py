"""One more leg is one declaration, one model of what its sides say, and one row of policy."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from assets import warehouse
from tests.dbt_legs.conftest import build, payment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]

DECLARATION = """
                {
                    "name": "invoice_payment",
                    "key": "invoice",
                    "title": "Invoices to payments",
                    "left": "Invoices",
                    "right": "Payments",
                    "missing_left": "not_invoiced",
                    "missing_right": "not_paid",
                    "mismatch": "paid_otherwise",
                    "draws": [
                        {"table": "invoices", "amount": "amount_minor", "day": "issued_at"},
                        {"table": "payments", "amount": "captured_minor", "day": "created_at"},
                    ],
                },
"""
MOVEMENTS = """
{{
    movements(
        "invoice_payment", "'left'", ref("stg_invoices"), "'invoices'",
        match_key="payment_id", amount="amount_minor", business_date="issued_at",
        reference="invoice_id",
    )
}}
union all
{{
    movements(
        "invoice_payment", "'right'", ref("stg_payments"), "'payments'",
        match_key="payment_id", amount="captured_minor", business_date="created_at",
        processor="processor", reference="payment_id",
        excluded="case when captured_minor = 0 then 'nothing_captured' end",
    )
}}
"""
POLICY = "invoice_payment,*,1970-01-01,9999-12-31,0,0,2,4,0,0,\n"
END_OF_LEGS = "            ]\n        )\n    }}\n"


def with_one_more_leg(project: Path) -> None:
    declared = project / "macros" / "legs.sql"
    before, end = declared.read_text().split(END_OF_LEGS)
    declared.write_text(before.rstrip() + DECLARATION + END_OF_LEGS + end)
    models = project / "models"
    (models / "movements" / "mov_invoice_payment.sql").write_text(MOVEMENTS)
    leg = models / "reconciliation" / "leg_invoice_payment.sql"
    leg.write_text('{{ merge_movements("invoice_payment") }}\n')
    with (project / "seeds" / "policies.csv").open("a") as policies:
        policies.write(POLICY)


def invoice(name: str, amount: int, day: str) -> dict[str, object]:
    return {
        "invoice_id": f"inv_{name}",
        "merchant_id": "m",
        "amount_minor": amount,
        "currency": "USD",
        "invoice_status": "paid",
        "issued_at": f"{day}T09:00:00Z",
        "payment_id": f"pay_{name}",
    }


def test_a_ninth_leg_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "dbt_project"
    ignored = shutil.ignore_patterns("target", "logs")
    shutil.copytree(warehouse.PROJECT.project_dir, project, ignore=ignored)
    with_one_more_leg(project)
    monkeypatch.setattr(warehouse, "PROJECT", SimpleNamespace(project_dir=project))
    day = "2026-01-01"
    tables = {
        "invoices": [
            invoice("same", 5_000, day),
            invoice("other", 5_000, day),
            invoice("unpaid", 5_000, day),
            invoice("late", 5_000, "2026-01-17"),
            invoice("new", 5_000, "2026-01-18"),
        ],
        "payments": [
            payment("same", 5_000, day),
            payment("other", 4_000, day),
            payment("nobody", 5_000, day),
            payment("declined", 0, day),
        ],
    }
    ask = build(tmp_path / "w", tables, as_of="2026-01-20")
    sql = """
        select reference, status, break_type from fct_reconciliation_items
        where leg = 'invoice_payment' order by reference
    """
    assert ask(sql) == [
        ("inv_late", "broken", "late"),
        ("inv_new", "in_transit", None),
        ("inv_other", "broken", "paid_otherwise"),
        ("inv_same", "matched", None),
        ("inv_unpaid", "broken", "not_paid"),
        ("pay_nobody", "broken", "not_invoiced"),
    ]
    sql = """
        select sum(rows_in), sum(rows_excluded), sum(rows_difference), sum(minor_difference)
        from rpt_conservation where leg = 'invoice_payment'
    """
    assert ask(sql) == [(9, 1, 0, 0)]
    sql = """
        select title, left_side, deadline_days, items from rpt_legs
        where leg = 'invoice_payment'
    """
    assert ask(sql) == [("Invoices to payments", "Invoices", 2, 6)]

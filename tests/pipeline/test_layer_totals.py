"""Every mart is held against the layer below: a proof sees the row that it lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assets.manifest import manifest
from tests.pipeline.conftest import Company
from tieout.engine import connect

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("company")]

# Rows of these say something; others may be of nothing, and are missed by nobody.
TELLING = {
    "rpt_money_flow": "amount_minor <> 0 and row_kind <> 'residual'",
    "fct_cash_roll_forward_monthly": "position <= 3 and amount_minor <> 0",
    "fct_dispute_cohorts_monthly": "months_since = 0",
    "fct_disputes_monthly": "transactions > 0",
}
# A view of another's rows as they are: tests/test_layers.py.
AS_THEY_ARE = "fct_reconciliation_members"
NOTHING = {"fct_chargebacks_monthly", "fct_decisions", "fct_suggestions", "rpt_deleted_records"}


def test_a_proof_sees_that_a_row_of_a_mart_is_lost(company: Company) -> None:
    nodes: dict[str, Any] = json.loads(manifest().read_text())["nodes"]
    compiled = company.workspace.data / "dbt" / "compiled" / "tieout" / "tests" / "proofs"
    unseen, empty = [], []
    with connect(company.workspace.warehouse, read_only=True) as connection:
        for key, node in nodes.items():
            if node["resource_type"] != "model" or node["fqn"][1] != "marts":
                continue
            name, table = node["name"], f'"warehouse"."main"."{node["name"]}"'
            if name == AS_THEY_ARE:
                continue
            telling = TELLING.get(name, "true")
            if not connection.execute(f"select 1 from {table} where {telling} limit 1").fetchall():
                empty.append(name)
                continue
            less = f"""(
                (select * from {table} where {telling} offset 1)
                union all select * from {table} where not ({telling})
            )"""
            proofs = [
                test["name"]
                for test in nodes.values()
                if test["resource_type"] == "test"
                and "test_metadata" not in test
                and key in test["depends_on"]["nodes"]
            ]
            asked = (
                f"from ({(compiled / f'{proof}.sql').read_text().replace(table, less)})"
                # Of a proof of many marts the engine runs the part of this one only.
                + (f" where mart = '{name}'" if proof.endswith("_totals_below") else "")
                for proof in proofs
            )
            if not any(connection.execute(sql).fetchall() for sql in asked):
                unseen.append(name)
    assert unseen == []
    # Nobody decides and no chargeback comes in two months of this company.
    assert set(empty) <= NOTHING

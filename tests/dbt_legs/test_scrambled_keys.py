"""Extracts whose foreign keys are scrambled are read, and no scrambled key makes a match."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Ingest
from tests.dbt_legs.conftest import rebuild
from tests.formats.tabular_parts import SAMPLES
from tieout.settings import Workspace

SEEDS = SAMPLES / "stripe" / "negative_control_dbt_seeds"


@pytest.mark.skipif(not SEEDS.exists(), reason="the real samples are not in this checkout")
@pytest.mark.slow
def test_scrambled_keys_match_nothing(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, reporting_currency="USD", as_of="2023-12-31")
    ingesting = Ingest(workspace)
    for path in sorted(SEEDS.iterdir()):
        ingesting.drop(path.name, path.read_bytes())
    assert {account.status for account in ingesting.run()} == {"read"}
    ask = rebuild(workspace)
    assert ask("select count(*), count(distinct processor_reference) from stg_payments") == [
        (16, 16)
    ]
    assert ask("select sum(gross_minor - markup_minor - net_minor) from stg_settlement_lines") == [
        (0,)
    ]
    items = ask("select leg, status, reference, left_minor from fct_reconciliation_items")
    assert len(items) > 60
    # The extract of balance transactions names two payouts whose keys were left alone, and whose
    # lines come to them exactly. All that was scrambled is broken.
    assert sorted(item for item in items if item[1] != "broken") == [
        ("batch_payout", "matched", "po_0IFUKBig6peNXzgDZQM7WPAo", 1980810),
        ("batch_payout", "matched", "po_0IV4rIig6peNXzgD51VFKdaB", 18759),
    ]

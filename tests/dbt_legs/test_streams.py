"""A stream of events as JSON Lines: repeated, late and out of order, and still one truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Ingest
from tests.dbt_legs.conftest import Ask, payment, rebuild
from tieout.settings import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("dbt_legs")]


def event(name: str, captured: int, updated_at: str) -> bytes:
    row = payment(name, captured, "2026-01-01", updated_at=f"2026-01-{updated_at}Z")
    return json.dumps(row | {"status": "captured" if captured else "authorised"}).encode() + b"\n"


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    home: Path = tmp_path_factory.mktemp("stream") / "w"
    workspace = Workspace.create(home, reporting_currency="USD", as_of="2026-01-31")
    ingesting = Ingest(workspace)
    created, captured = event("a", 0, "01T10:00:00"), event("a", 10_000, "02T10:00:00")
    # The newest event comes first, the oldest last, and some come twice.
    first = [captured, event("b", 0, "01T10:00:00"), created, captured, created]
    # What comes later is older than what is known of a, and news of b.
    later = [created, event("b", 4_000, "03T10:00:00"), event("b", 2_000, "02T10:00:00")]
    ingesting.drop("events/1.jsonl", b"".join(first))
    ingesting.drop("events/2.jsonl", b"".join(later))
    assert [a.status for a in ingesting.run()] == ["read", "read"]
    return rebuild(workspace)


def test_the_latest_version_of_each_record_is_in_force(ask: Ask) -> None:
    assert ask("select attempt_id, captured_minor from stg_payments order by 1") == [
        ("att_a", 10_000),
        ("att_b", 4_000),
    ]


def test_every_event_is_accounted_for(ask: Ask) -> None:
    sums = "sum(canonical_rows), sum(rows_in_use), sum(rows_superseded)"
    assert ask(f"select {sums} from rpt_file_conservation") == [(8, 2, 6)]

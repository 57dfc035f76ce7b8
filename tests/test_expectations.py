"""Great Expectations over the rows of a day: what fails is told, and each run adds its pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assets import quality
from assets.resources import WorkspaceResource
from expectations.validation import validate
from tests.conftest import DAY, Ingest
from tieout.formats import draft

FIXTURES = Path(__file__).parent / "fixtures" / "own"


def test_what_fails_is_told_and_later_runs_leave_the_pages_alone(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A reader that lets through what no payment may be.
    others = {name: held for name, held in draft.CONDITIONS.items() if name != "payments"}
    monkeypatch.setattr(draft, "CONDITIONS", others)
    ingesting.drop("refunds.jsonl", (FIXTURES / "refunds.jsonl").read_bytes())
    payments = (FIXTURES / "payments.csv").read_bytes()
    assert b"pay_1,1,1250,1250," in payments
    ingesting.drop("payments.csv", payments.replace(b"pay_1,1,1250,1250,", b"pay_1,0,1250,1251,"))
    ingesting.run()
    quality = ingesting.workspace.quality
    tables = ["payments", "refunds", "disputes"]
    outcome, docs = validate(ingesting.canonical, quality, [DAY], tables)
    assert outcome["disputes"].rows == 0
    assert outcome["refunds"].rows > 0
    assert not any(checked.errors for checked in outcome.values())
    assert not outcome["refunds"].failed
    assert [said.split()[-2:] for said in outcome["payments"].failed] == [["(1", "rows)"]]
    assert "No more is captured than was authorised. (1 rows)" in outcome["payments"].warned
    assert docs.startswith("file://")

    def pages() -> dict[Path, int]:
        found = (quality / "data_docs" / "validations").rglob("*.html")
        return {path: path.stat().st_mtime_ns for path in found}

    before = pages()
    assert len(before) == 2
    again, _ = validate(ingesting.canonical, quality, [DAY], tables)
    assert again == outcome
    after = pages()
    assert len(after) == 4
    assert before.items() <= after.items()
    index = (quality / "data_docs" / "index.html").read_text()
    assert all(path.parent.name in index for path in after)


def test_days_are_checked_of_which_rows_were_written_since_all_held(ingesting: Ingest) -> None:
    """Not those of a file that is tried again in every run and cannot be read."""
    resource = WorkspaceResource(home=str(ingesting.workspace.home))
    held = ingesting.workspace.expectations_held
    held.parent.mkdir(parents=True, exist_ok=True)
    later = DAY + timedelta(days=1)
    ingesting.drop("junk.bin", b"\0\1\2")
    ingesting.run()
    held.touch()
    assert len(ingesting.run(arrival=later)) == 1
    assert quality._days_to_check(resource, later) == [later]
    ingesting.drop("refunds.jsonl", (FIXTURES / "refunds.jsonl").read_bytes())
    ingesting.run()
    assert quality._days_to_check(resource, later) == [DAY, later]

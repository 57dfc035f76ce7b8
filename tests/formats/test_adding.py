"""docs/adding-a-format.md, followed to the letter: its module, its line and its fixture work."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import tieout.formats as formats
from tests.conftest import Ingest
from tests.formats.tabular_parts import Reading
from tests.fuzz import check, damaged
from tieout.formats.base import Reader

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-format.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture
def example() -> Iterator[tuple[Reader, bytes]]:
    """The reader that the page describes, and its fixture."""
    (_, code), (_, line), (_, fixture), *_ = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    module = ModuleType("tieout.formats.kioskpay")
    sys.modules[module.__name__] = module  # dataclasses and annotations look it up there
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    (reader,) = eval(f"({line})", module.__dict__)
    yield reader, fixture.encode()
    del sys.modules[module.__name__]


def test_the_example_reads_its_fixture(
    example: tuple[Reader, bytes], ingesting: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, fixture = example
    monkeypatch.setattr(formats, "READERS", (*formats.READERS, reader))
    ingesting.drop("day.csv", fixture)
    (account,) = ingesting.run()
    assert (account.format, account.source) == ("kioskpay_settlement", "kioskpay")
    assert (account.records, account.lines, account.quarantined, account.structural) == (5, 3, 1, 1)
    (total,) = account.control_totals
    assert (total.scope, total.stated, total.computed) == ("2026-03-02", 770, 770)
    assert account.report is not None
    assert account.report.report_id == "2026-03-02"


def test_what_the_example_says(example: tuple[Reader, bytes]) -> None:
    reader, fixture = example
    reading = Reading.of_bytes(reader, fixture)  # type: ignore[arg-type]
    assert reading.column("net_minor") == [1170, -400, -770]
    assert reading.column("line_kind") == ["charge", "refund", "payout"]
    assert reading.column("merchant_reference") == ["000123", "000117", None]
    assert reading.column("created_at")[0].isoformat() == "2026-03-02T08:30:00+00:00"
    assert reading.reasons() == {4: "Amount: '7.5O' is not an amount"}
    assert reading.codes() == [("unknown_columns", 1)]


def test_the_example_withstands_damage(example: tuple[Reader, bytes], tmp_path: Path) -> None:
    reader, fixture = example
    for number in range(50):
        check(reader, damaged(f"1:{number}", (fixture,)), tmp_path)

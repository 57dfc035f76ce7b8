"""What `tieout status` says of files."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.reports import print_status
from tieout.editions import Edition


def total(name: str, currency: str | None, stated: int, computed: int) -> dict[str, Any]:
    return {
        "name": name,
        "scope": "x",
        "currency": currency,
        "stated": stated,
        "computed": computed,
        "difference": computed - stated,
    }


def row(origin: str, totals: list[dict[str, Any]], supersedes: list[str]) -> tuple[Any, ...]:
    counts = (12, 10, 1, 1)
    rest = (None, None, None, None, totals, supersedes, [], 1, "ab")
    return (origin, "mt940", *counts, "read", *rest)


def test_a_file_s_totals_and_what_it_supersedes_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    edition = Edition("e", "2026-01-31", "EUR", "now", "0", {})
    print_status(
        edition,
        [
            row("one.sta", [total("closing", "EUR", 1000, 1000)], ["zero.sta"]),
            row("two.sta", [total("closing", "EUR", 1000, 950), total("count", None, 3, 3)], []),
            row("three.sta", [total("a", "JPY", 5, 5), total("count", None, 3, 3)], []),
        ],
    )
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "canonical quarantined structural stated computed difference file"
    assert "10 1 1 10.00 EUR 10.00 EUR 0.00 EUR one.sta mt940" in lines
    assert "supersedes zero.sta" in lines
    assert "10 1 1 10.00 EUR 9.50 EUR -0.50 EUR two.sta mt940" in lines
    assert "closing of x: stated 10.00 EUR, computed 9.50 EUR, difference -0.50 EUR" in lines
    assert "10 1 1 2 totals 2 hold 0 three.sta mt940" in lines

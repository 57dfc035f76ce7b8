"""`tieout source`: what would be read of a file, without anything being written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.sourced import source
from tests.formats.tabular_parts import FIXTURES
from tieout.formats import READERS
from tieout.settings import ConfigurationError, Workspace

MAPPED = FIXTURES / "mapped"


def run(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(source, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.stdout


def answer(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    (line,) = run(*arguments, "--json", code=code).splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_every_format_is_listed(workspace: Workspace) -> None:
    (workspace.mappings / "giro.yaml").write_text((MAPPED / "giro.yaml").read_text())
    shown = run("list", "--home", workspace.home)
    formats = {line.split()[0] for line in shown.splitlines()[1:] if line.strip()}
    assert formats >= {reader.format for reader in READERS} | {"mapped_giro"}
    assert len(run("list", "--json").splitlines()) == len(READERS)


def test_a_try_shows_what_would_be_read_and_writes_nothing(workspace: Workspace) -> None:
    (workspace.mappings / "giro.yaml").write_text((MAPPED / "giro.yaml").read_text())
    file = workspace.inbox / "giro.csv"
    file.write_bytes((MAPPED / "giro.csv").read_bytes())
    before = sorted(workspace.home.rglob("*"))
    found = answer("try", file, "--home", workspace.home)
    assert sorted(workspace.home.rglob("*")) == before
    assert (found["format"], found["source"], found["records"]) == ("mapped_giro", "hausbank", 7)
    assert [row["amount_minor"] for row in found["rows"]["bank_lines"]] == [125000, -14550]
    (refused,) = found["quarantine"]
    assert (refused["source_line"], refused["reason"]) == (6, "Betrag: '-0,5O' is not an amount")
    assert refused["raw_text"].startswith("13.04.2026;")
    assert {total["name"]: total["difference"] for total in found["control_totals"]} == {
        "closing_balance": 0,
        "sum_of_entries": 0,
    }
    shown = run("try", file, "--home", workspace.home)
    assert "7 records = 2 read + 1 quarantined + 4 structural" in shown
    assert "✗ line 6: Betrag: '-0,5O' is not an amount" in shown
    assert "✓ sum_of_entries of hausbank: stated 1,104.50 EUR, computed 1,104.50 EUR" in shown


@pytest.mark.parametrize(
    "path", ["mt940/german_pages.sta", "own/refunds.jsonl", "ofx/version_2.qfx"]
)
def test_a_try_works_for_every_kind_of_format(path: str) -> None:
    found = answer("try", FIXTURES / path)
    assert found["status"] in {"read", "partly_read"}
    assert found["rows"]


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("Tag;Betrag\n1.4.2026;1,00\n")
    assert "not recognised" in answer("try", file, code=1)["reason"]
    assert "nothing can be read" in run("try", file, code=1)
    with pytest.raises(ConfigurationError, match="there is no format 'mt9400'"):
        run("try", file, "--format", "mt9400")


def test_a_draft_is_made_and_read_by_it(tmp_path: Path) -> None:
    file, mapping = tmp_path / "2026 April.csv", tmp_path / "own.yaml"
    file.write_text("Buchungstag;Betrag;Währung\n1.4.2026;1,00;EUR\n")
    mapping.write_text(run("guess", file))
    found = answer("try", file, "--mapping", mapping)
    assert found["rows"]["bank_lines"][0]["account"] == "file_2026_april"
    assert found["rows"]["bank_lines"][0]["amount_minor"] == 100
    mapping.write_text("title: x\n")
    with pytest.raises(ConfigurationError, match=r"own\.yaml:\n  table: "):
        run("try", file, "--mapping", mapping)
    file.write_text("dear colleague")
    with pytest.raises(ConfigurationError, match="no delimiter"):
        run("guess", file)

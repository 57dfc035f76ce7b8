"""The house: imports run down only, and marts never read staging."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assets.manifest import manifest
from tieout.contracts import BUSINESS_TABLES

ROOT = Path(__file__).parents[1]
BELOW = {
    "staging": {"source", "staging"},
    "movements": {"staging", "movements", "seeds"},
    "reconciliation": {"staging", "movements", "reconciliation", "seeds"},
    "marts": {"movements", "reconciliation", "marts", "seeds"},
}


def test_imports_run_down_only() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.fixture(scope="module")
def nodes() -> dict[str, dict[str, object]]:
    parsed = json.loads(manifest().read_text())
    return {**parsed["nodes"], **parsed["sources"]}


def layer(node: dict[str, object]) -> str:
    kind = str(node["resource_type"])
    if kind != "model":
        return {"source": "source", "seed": "seeds"}[kind]
    return str(node["fqn"][1])  # type: ignore[index]


def models(nodes: dict[str, dict[str, object]]) -> list[dict[str, object]]:
    return [node for node in nodes.values() if node["resource_type"] == "model"]


def test_a_model_reads_only_the_layers_below(nodes: dict[str, dict[str, object]]) -> None:
    for node in models(nodes):
        read = {
            layer(nodes[name])
            for name in node["depends_on"]["nodes"]  # type: ignore[index]
        }
        # The counts of what is stored are taken where it is stored; nothing else reads there.
        allowed = BELOW[layer(node)] | ({"source"} if node["name"] == "int_file_rows" else set())
        assert read <= allowed, node["name"]


def test_dbt_knows_the_tables_and_versions_of_the_contract() -> None:
    """A table that only one of the two knows would be read by nothing, or lose its versions."""
    macro = (ROOT / "dbt_project" / "macros" / "canonical_tables.sql").read_text()
    listed = dict(re.findall(r'"(\w+)": (?:"(\w+)"|none)', macro))
    assert listed == {name: table.version or "" for name, table in BUSINESS_TABLES.items()}


def test_every_model_is_described_down_to_its_grain(nodes: dict[str, dict[str, object]]) -> None:
    for node in models(nodes):
        assert "Grain:" in str(node["description"]), node["name"]


def test_every_mart_has_an_enforced_contract(nodes: dict[str, dict[str, object]]) -> None:
    for node in models(nodes):
        if layer(node) == "marts":
            columns: dict[str, dict[str, str]] = node["columns"]  # type: ignore[assignment]
            assert node["config"]["contract"]["enforced"], node["name"]  # type: ignore[index]
            assert all(c["data_type"] and c["description"] for c in columns.values()), node["name"]
            if not str(node["name"]).startswith(("rpt_", "fct_")):
                raise AssertionError(f"{node['name']} is neither a fact nor a report")


# What has no key of its own, or too many rows to be grouped once more, and what sees them doubled.
COUNTED = {
    "fct_reconciliation_items": "assert_items_equal_their_members",
    "fct_reconciliation_members": "is_zero_rpt_conservation_records_replaced",
    "rpt_control_totals": "assert_reconciliation_marts_have_the_totals_below",
    "rpt_findings": "assert_reconciliation_marts_have_the_totals_below",
    "rpt_quarantine": "assert_reconciliation_marts_have_the_totals_below",
}


def test_every_mart_has_its_grain_and_the_totals_of_the_layer_below(
    nodes: dict[str, dict[str, object]],
) -> None:
    """That the proofs see a row that is lost is for tests/pipeline/test_layer_totals.py."""
    tests: list[dict[str, Any]] = [n for n in nodes.values() if n["resource_type"] == "test"]
    names = {str(test["name"]) for test in tests}
    for key, node in nodes.items():
        if node["resource_type"] != "model" or layer(node) != "marts":
            continue
        name = str(node["name"])
        own = [test for test in tests if key in test["depends_on"]["nodes"]]
        kinds = {test.get("test_metadata", {}).get("name") for test in own}
        assert kinds & {"unique", "is_grain"} or COUNTED.get(name) in names, name
        if name == "fct_reconciliation_members":
            # Counting its rows would take as long as making them; it has all that it reads.
            sql = re.sub(r"--.*|{{.*?}}", "", str(node["raw_code"])).lower()
            assert not re.search(r"\b(join|where|union|group|distinct|limit)\b", sql)
            continue
        proofs = [test for test in own if "test_metadata" not in test]
        assert any(len(set(proof["depends_on"]["nodes"])) > 1 for proof in proofs), name


def test_no_float_touches_money(nodes: dict[str, dict[str, object]]) -> None:
    for node in models(nodes):
        sql = re.sub(r"--.*", "", str(node["raw_code"])).lower()
        assert not re.search(r"\b(double|float|real)\b", sql), node["name"]
        for name, column in node["columns"].items():  # type: ignore[attr-defined]
            if name.endswith("_minor"):
                assert column["data_type"] == "bigint", f"{node['name']}.{name}"


def test_no_machine_s_path_stands_in_the_repo() -> None:
    command = [
        "git",
        "grep",
        "-nIE",
        r"(/tmp/|/work/|/root/)[A-Za-z0-9._-]+",
        "--",
        ".",
        ":!*.lock",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert [line for line in result.stdout.splitlines() if "test_layers.py" not in line] == []

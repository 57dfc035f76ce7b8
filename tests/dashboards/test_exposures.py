"""dbt knows every page: which tables a page reads stands in its exposure."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.dashboards.registry import DASHBOARDS, pages

ROOT = Path(__file__).parents[2]
EXPOSURES = ROOT / "dbt_project" / "models" / "exposures.yml"


def imported(path: Path, package: str) -> list[Path]:
    """The modules of a package of the dashboards that a file imports as modules."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == f"dashboards.{package}":
            found += [DASHBOARDS / package / f"{name.name}.py" for name in node.names]
    return [module for module in found if module.exists()]


def tables(page: str) -> set[str]:
    """The published tables that the queries of a page name, and those of its components."""
    view = DASHBOARDS / "views" / f"{page}.py"
    readers = [view, *imported(view, "components")]
    queries = [view, *(module for reader in readers for module in imported(reader, "queries"))]
    text = "\n".join(module.read_text(encoding="utf-8") for module in queries)
    return set(re.findall(r"\b(?:fct|rpt)_\w+", text)) & models()


def models() -> set[str]:
    """Every mart."""
    return {path.stem for path in (ROOT / "dbt_project" / "models" / "marts").rglob("*.sql")}


@pytest.mark.parametrize("page", pages())
def test_a_page_has_an_exposure_with_the_tables_it_reads(page: str) -> None:
    exposures = yaml.safe_load(EXPOSURES.read_text(encoding="utf-8"))["exposures"]
    (exposure,) = (found for found in exposures if found["name"] == page)
    named = {re.sub(r"ref\('(\w+)'\)", r"\1", reference) for reference in exposure["depends_on"]}
    assert named == tables(page), f"{EXPOSURES.name} and the queries of {page} differ"

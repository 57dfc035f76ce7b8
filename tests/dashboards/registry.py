"""Which pages there are, read from the router, so that a new page is in every test of all pages."""

from __future__ import annotations

import ast
from pathlib import Path

DASHBOARDS = Path(__file__).parents[2] / "dashboards"


def pages() -> list[str]:
    """The pages of the router, and the one that is reached from lists."""
    for node in ast.parse((DASHBOARDS / "app.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PAGES":
            listed = ast.literal_eval(node.value)
            return [name for section in listed.values() for name, *_ in section] + ["record"]
    raise AssertionError("app.py has no PAGES")

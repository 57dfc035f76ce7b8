"""How fast the pages' queries are: ``python -m benchmarks.dashboards --home demo``.

Opens every page once, as a reader does, to learn its queries. Then asks each query again without
any cache, for one reader; and lets many readers open pages at once, beginning with empty caches.
Goals: 100 ms at p95 for a query of one reader, 1 s at p95 for a page with 50 at once.
"""

from __future__ import annotations

import argparse
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from dashboards import data, identity
from tieout.settings import Workspace

APP = Path(data.__file__).with_name("app.py")
REPEATS = 5
GOAL_MS, GOAL_TOGETHER_MS = 100, 1_000
Query = tuple[str, str, dict[str, Any]]


def queries_of(home: Workspace, view: Path, item_id: str) -> list[Query]:
    """The queries that a page asks when it is opened."""
    asked: list[Query] = []
    rows = data.rows

    def noted(place: Workspace, edition_id: str, sql: str, parameters: dict[str, Any]) -> Any:
        asked.append((edition_id, sql, dict(parameters)))
        return rows(place, edition_id, sql, parameters)

    with patch.object(data, "rows", noted):
        app = AppTest.from_file(str(APP), default_timeout=300)
        app.query_params["item"] = item_id
        app.run()
        if view.stem != "overview":
            asked.clear()
            app.switch_page(f"views/{view.name}")
            app.query_params["item"] = item_id
            app.run()
        if app.exception:
            raise RuntimeError(f"{view.stem}: {app.exception[0].message}")
    return asked


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that something takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def alone(home: Workspace, queries: list[Query]) -> list[float]:
    """Milliseconds of each query of one reader, with nothing remembered."""
    scope, root = identity.person(home).scope, str(home.editions)
    uncached = data._rows.__wrapped__
    return [
        timed(lambda q=query: uncached(root, q[0], scope, q[1], tuple(sorted(q[2].items()))))
        for query in queries
        for _ in range(REPEATS)
    ]


def together(home: Workspace, pages: list[list[Query]], readers: int) -> list[float]:
    """Milliseconds of the queries of a page, for readers who all open one at the same moment."""
    data._rows.clear()
    moment = threading.Barrier(readers)

    def opened(queries: list[Query]) -> float:
        moment.wait()
        return timed(lambda: [data.rows(home, *query) for query in queries])

    with ThreadPoolExecutor(readers) as pool:
        return list(pool.map(opened, islice(cycle(pages), readers)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Speed of the dashboards' queries.")
    parser.add_argument("--home", type=Path, required=True, help="the workspace to read")
    parser.add_argument("--readers", type=int, default=50, help="how many at once")
    arguments = parser.parse_args()
    # Without a server, Streamlit says of every query that it misses one.
    logging.disable(logging.WARNING)
    home = Workspace.open(arguments.home)
    os.environ["TIEOUT_HOME"] = str(home.home)
    edition_id = data.current_edition_id(home)
    if edition_id is None:
        parser.error(f"{home.home} has no edition; run it first")
    any_item = "select min(item_id) as item_id from fct_reconciliation_items where item_id >= '8'"
    item_id = str(data.rows(home, edition_id, any_item, {})[0]["item_id"])
    pages = {}
    for view in sorted(APP.parent.glob("views/[a-z]*.py")):
        pages[view.stem] = queries_of(home, view, item_id)
    print(f"edition {edition_id}, one reader, nothing remembered, milliseconds a query")
    print(f"{'page':<16}{'queries':>8}{'p50':>8}{'p95':>8}  goal {GOAL_MS}")
    for name, queries in pages.items():
        if queries:
            took = alone(home, queries)
            p50, p95 = percentile(took, 50), percentile(took, 95)
            print(f"{name:<16}{len(queries):>8}{p50:>8.0f}{p95:>8.0f}  {_met(p95, GOAL_MS)}")
    took = together(home, [queries for queries in pages.values() if queries], arguments.readers)
    p50, p95 = percentile(took, 50), percentile(took, 95)
    print(f"{arguments.readers} readers at once, empty caches, milliseconds a page")
    print(f"{'any page':<24}{p50:>8.0f}{p95:>8.0f}  {_met(p95, GOAL_TOGETHER_MS)}")


def _met(measured: float, goal: int) -> str:
    return "met" if measured <= goal else "not met"


if __name__ == "__main__":
    main()

"""The whole road on the simulated company: seconds, CPU, memory and records a second by stage.

python -m benchmarks.road [--payments 20000] [--json results.json]

It simulates two months, runs the real daily job once from scratch and once with nothing new, and
compares with the time DuckDB takes just to scan the canonical columns the legs need. Seconds drift
from machine to machine; the ratios hold.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
from rich.console import Console

from pipelines.run import run_daily
from tieout.editions import Editions
from tieout.engine import connect
from tieout.figures import headline
from tieout.settings import Workspace
from tieout.simulator import ErrorRates, parse_months, simulate

SCAN = """
select (select sum(amount_minor) + count(distinct event_type) from read_parquet('{0}/ledger_entries/*/*.parquet')),
  (select sum(captured_minor) + max(length(processor_reference)) from read_parquet('{0}/payments/*/*.parquet')),
  (select sum(net_minor) + max(length(processor_reference)) from read_parquet('{0}/settlement_lines/*/*.parquet'))
"""  # noqa: E501


def measured(work: Callable[[], object]) -> dict[str, float]:
    """Wall and CPU seconds of some work in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
    }


def stages(workspace: Workspace) -> dict[str, float]:
    """Wall seconds of each step of the last run."""
    os.environ["DAGSTER_HOME"] = str(workspace.dagster_home)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(limit=1)
        steps = instance.get_run_step_stats(run.run_id)
        return {s.step_key: round((s.end_time or 0) - (s.start_time or 0), 2) for s in steps}


def benchmark(payments: int, home: Path) -> dict[str, object]:
    """Simulate, run from scratch, run again; figures by stage."""
    workspace = Workspace.create(home / "w", reporting_currency="USD", as_of="latest")
    figures: dict[str, object] = {}
    figures["simulate"] = measured(
        lambda: simulate(
            workspace.inbox,
            home / "truth",
            months=parse_months("2024-09..2024-10"),
            seed=7,
            payments_per_month=payments,
            errors=ErrorRates(),
        )
    )
    day, quiet = date(2026, 1, 5), Console(quiet=True)
    figures["first_run"] = measured(lambda: run_daily(workspace, day, quiet))
    figures["first_run_stages_s"] = stages(workspace)
    figures["run_with_nothing_new"] = measured(lambda: run_daily(workspace, day, quiet))
    with connect() as engine:
        scan = measured(lambda: engine.execute(SCAN.format(workspace.canonical)).fetchall())
    editions = Editions(workspace.editions)
    with editions.connect() as connection:
        records = headline(connection, editions.get()).records
    first, warehouse = figures["first_run"], figures["first_run_stages_s"]
    figures["scan"] = scan
    figures["records"] = records
    figures["records_per_s"] = round(records / first["wall_s"])  # type: ignore[index]
    figures["warehouse_to_scan"] = round(warehouse["warehouse"] / max(scan["wall_s"], 0.01), 1)  # type: ignore[index]
    figures["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--payments", type=int, default=20_000, help="payments a month")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = benchmark(arguments.payments, Path(folder))
    text = json.dumps({"payments_a_month": arguments.payments, **figures}, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")


if __name__ == "__main__":
    main()

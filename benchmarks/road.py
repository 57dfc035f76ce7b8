"""The whole road on a simulated company, by the commands that people use.

python -m benchmarks.road [--payments 1000000] [--no-last-day] [--no-peers] [--json FILE]

1. `tieout simulate --columnar` writes the months up to October 2024, two or more of them.
2. `tieout run` does all of it: landing, canonical, checks, models with all result tables and
   proofs, edition. The records of the last day are held back.
3. The last day is delivered, and `tieout run` again. (`--no-last-day`: the disk holds one edition.)
4. `tieout run` once more, with nothing new.
5. DuckDB scans the canonical columns that the legs need: what the work is measured by.
6. The settlement leg alone, by its SQL and by other tools, each held against the same answer.

Every step is a process of its own. Seconds drift from machine to machine; the ratios hold.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from rich.console import Console

from benchmarks.peers import PEERS
from benchmarks.processes import Cost, Failed, answer, machine, measured
from tieout.editions import Editions
from tieout.settings import Workspace

CONSOLE = Console(stderr=True)
LAST_MONTH = 2024 * 12 + 9  # October 2024, counted from January of the year 0
A_MONTH = 500_000  # payments; more of them come in more months, since one is made in memory
MONTHS_MOST = 24
COMMAND = ["-c", "from pipelines.cli import main; main()"]

# When a record of the company's own tables was made: the first of these that it has.
MOMENTS = ("effective_at", "created_at", "issued_at", "started_at", "occurred_at")

SCAN = """
import sys
from tieout.engine import connect
root = sys.argv[1]
with connect() as engine:
    engine.execute(f'''
      select
        (select sum(amount_minor) + max(length(journal_id)) + max(length(reference))
          + max(length(account)) + count(distinct effective_at::date)
          from read_parquet('{root}/ledger_entries/*/*.parquet')),
        (select sum(captured_minor) + max(length(processor_reference)) + max(length(attempt_id))
          from read_parquet('{root}/payments/*/*.parquet')),
        (select sum(net_minor) + sum(presentment_minor) + max(length(processor_reference))
          + max(length(payout_id)) from read_parquet('{root}/settlement_lines/*/*.parquet'))
    ''').fetchall()
"""


def months(payments: int) -> int:
    """Over how many months so many payments are spread."""
    return min(max(2, -(-payments // A_MONTH)), MONTHS_MOST)


def step(what: str, arguments: list[str], spill: Path | None = None) -> Cost:
    """One step with a word to whoever waits."""
    with CONSOLE.status(what):
        cost, _ = measured(arguments, spill=spill)
    CONSOLE.print(
        f"{what:<34}{cost.wall_s:>9.1f} s {cost.cpu_s:>9.1f} CPU-s {cost.peak_mb:>7,} MB"
        + (f", {cost.spill_mb:,} MB spilled" if cost.spill_mb else "")
    )
    return cost


def stages(workspace: Workspace) -> dict[str, float]:
    """Wall seconds of each step of the last run."""
    os.environ["DAGSTER_HOME"] = str(workspace.dagster_home)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(limit=1)
        steps = instance.get_run_step_stats(run.run_id)
        return {s.step_key: round((s.end_time or 0) - (s.start_time or 0), 2) for s in steps}


def held_back(inbox: Path, outside: Path) -> list[tuple[Path, Path]]:
    """Take the records of the last day out of the inbox; where each file of theirs belongs.

    The simulator writes the company's own tables by month, so these are divided: what the last day
    brings comes in files of its own, as a company that exports every day would send them.
    """
    outside.mkdir()
    held = []
    days = """select max(day) from (
        select cast(timezone('UTC', max(effective_at)) as date) as day from read_parquet(?))"""
    with duckdb.connect() as connection:
        ledgers = [str(path) for path in inbox.rglob("ledger-2*.parquet")]
        ((last,),) = connection.execute(days, [ledgers]).fetchall()
        for path in sorted(inbox.rglob(f"*-{last:%Y-%m}.parquet")):
            source = f"read_parquet('{path}')"
            names = {row[0] for row in connection.execute(f"describe from {source}").fetchall()}
            moment = next((name for name in MOMENTS if name in names), None)
            if moment is None:
                continue
            day = f"cast(timezone('UTC', {moment}) as date)"
            late, early = outside / path.name, outside / f"early-{path.name}"
            for target, compared in ((late, ">="), (early, "<")):
                connection.execute(
                    f"copy (from {source} where {day} {compared} date '{last}') to '{target}'"
                )
            changed = path.stat().st_mtime
            os.utime(early, (changed, changed))
            early.replace(path)
            held.append((late, path.with_stem(f"{path.stem}-{last:%d}")))
    return held


def sides(workspace: Workspace, folder: Path) -> None:
    """The movements of the settlement leg as files that any tool reads."""
    folder.mkdir()
    with duckdb.connect(str(workspace.data / "warehouse.duckdb"), read_only=True) as connection:
        for side in ("left", "right"):
            connection.execute(
                f"copy (select match_key as key, amount_minor as amount, currency"
                f" from mov_payment_settlement where side = '{side}' and excluded_reason is null)"
                f" to '{folder / side}.parquet'"
            )
        counts = " union all ".join(
            f"select key, count(*) as n from '{folder / side}.parquet' group by key"
            for side in ("left", "right")
        )
        connection.execute(
            f"create temp table once as select key from ({counts}) group by key having max(n) = 1"
        )
        for side in ("left", "right"):
            connection.execute(
                f"copy (select * from '{folder / side}.parquet' where key in (from once))"
                f" to '{folder / side}_once.parquet'"
            )


def peers(folder: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Each tool's cost and ratio to the leg's own SQL; `Failed` where an answer is another."""
    own: dict[bool, tuple[Cost, dict[str, int]]] = {}
    for name, (_, once) in PEERS.items():
        with CONSOLE.status(name):
            cost, found = answer(["-m", "benchmarks.peers", name, str(folder)])
        base, expected = own.setdefault(once, (cost, found))
        if found != expected:
            raise Failed(f"{name} says {found}, and Tieout {expected}")
        wall, cpu = cost.wall_s / base.wall_s, cost.cpu_s / base.cpu_s
        CONSOLE.print(
            f"  {name:<18}{cost.wall_s:>8.2f} s {wall:>5.1f} × {cost.cpu_s:>8.2f} CPU-s"
            f" {cpu:>5.1f} × {cost.peak_mb:>7,} MB"
        )
        yield (
            name,
            {
                **cost.as_dict(),
                "wall_ratio": round(wall, 2),
                "cpu_ratio": round(cpu, 2),
                **found,
            },
        )


def benchmark(
    payments: int, home: Path, *, with_last_day: bool, with_peers: bool
) -> dict[str, object]:
    """All steps at one size; figures by step."""
    workspace = Workspace.create(home / "w", reporting_currency="USD", as_of="latest")
    run = [*COMMAND, "run", "--home", str(workspace.home)]
    spill = workspace.data / "warehouse.duckdb.tmp"
    simulate = [*COMMAND, "simulate", "--home", str(workspace.home), "--columnar"]
    count = months(payments)
    first, last = (
        f"{month // 12}-{month % 12 + 1:02}" for month in (LAST_MONTH - count + 1, LAST_MONTH)
    )
    simulate += ["--months", f"{first}..{last}", "--seed", "7"]
    simulate += ["--payments-per-month", str(payments // count)]
    figures: dict[str, Any] = {"payments": payments, "months": count, "machine": machine()}
    figures["simulate"] = step("simulate", simulate).as_dict()
    last_day = held_back(workspace.inbox, home / "held") if with_last_day else []
    first = step("run, all but the last day" if last_day else "run", run, spill)
    figures["run"] = first.as_dict()
    figures["run_stages_wall_s"] = stages(workspace)
    for moved, path in last_day:
        shutil.move(moved, path)
    if last_day:
        second = step(f"run, the last day's {len(last_day)} files", run, spill)
        figures["last_day"] = second.as_dict()
        figures["last_day_stages_wall_s"] = stages(workspace)
        figures["last_day_cpu_to_run_cpu"] = round(second.cpu_s / first.cpu_s, 3)
    figures["nothing_new"] = step("run, nothing new", run).as_dict()
    nothing = step("import and connect alone", ["-c", "from tieout.engine import connect"])
    scan = step("scan of the same columns", ["-c", SCAN, str(workspace.canonical)])
    figures["scan"] = scan.as_dict()
    scan_cpu = max(scan.cpu_s - nothing.cpu_s, 0.01)
    editions = Editions(workspace.editions)
    with editions.connect() as connection:
        ((rows,),) = connection.execute("select sum(records) from rpt_source_files").fetchall()
    figures |= {
        "rows": int(rows),
        "rows_per_s": round(int(rows) / first.wall_s),
        "run_cpu_to_scan_cpu": round(first.cpu_s / scan_cpu, 1),
    }
    figures["goals"] = list(goals(figures))
    if with_peers:
        folder = home / "sides"
        sides(workspace, folder)
        figures["peers"] = dict(peers(folder))
    return figures


def goals(figures: dict[str, Any]) -> Iterator[dict[str, object]]:
    """Each goal with its figure and whether it is met; printed as they come."""
    run, nothing = figures["run"], figures["nothing_new"]
    reconcile = figures["run_stages_wall_s"]["warehouse"] / max(figures["scan"]["wall_s"], 0.01)
    scans = 5 if figures["payments"] <= 10_000_000 else 8
    found = [
        (
            f"models, proofs and result tables ÷ scan ≤ {scans}",
            round(reconcile, 1),
            reconcile <= scans,
        ),
        ("source rows a second ≥ 3,000,000", figures["rows_per_s"], figures["rows_per_s"] >= 3e6),
        ("a run with nothing new ≤ 5 s", nothing["wall_s"], nothing["wall_s"] <= 5),
        ("nothing is spilled to disk, MB", run["spill_mb"], run["spill_mb"] == 0),
    ]
    if day := figures.get("last_day"):
        less = run["cpu_s"] / max(day["cpu_s"], 0.01)
        found.append(("the last day costs ≥ 50 × less CPU", round(less, 1), less >= 50))
    for goal, figure, met in found:
        CONSOLE.print(f"  {'met   ' if met else 'missed'} {goal}: {figure:,}")
        yield {"goal": goal, "figure": figure, "met": met}


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--payments", type=int, default=100_000, help="payments in all")
    parser.add_argument("--no-last-day", action="store_true", help="one run of all the records")
    parser.add_argument("--no-peers", action="store_true", help="leave out the other tools")
    parser.add_argument("--folder", type=Path, help="where there is room for the files")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        figures = benchmark(
            arguments.payments,
            Path(folder),
            with_last_day=not arguments.no_last_day,
            with_peers=not arguments.no_peers,
        )
    text = json.dumps(figures, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")


if __name__ == "__main__":
    main()

"""How fast the simulated company is written: rows a second, by form and number of processes.

python -m benchmarks.company [--payments 250000] [--months 8]

Rows are all records in all files. The same files are written whatever the number of processes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from tieout.simulator import parse_months, simulate

FIRST_MONTH = 3


def written(payments: int, months: int, columnar: bool, processes: int) -> dict[str, object]:
    """Seconds and rows a second of one company."""
    window = parse_months(f"2024-{FIRST_MONTH:02d}..2024-{FIRST_MONTH + months - 1:02d}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        start = time.perf_counter()
        summary = simulate(
            home / "inbox",
            home / "truth",
            months=window,
            seed=7,
            payments_per_month=payments,
            columnar=columnar,
            processes=processes,
        )
        seconds = time.perf_counter() - start
    rows = sum(summary.rows.values())
    return {
        "form": "columnar" if columnar else "text",
        "processes": processes,
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_per_s": round(rows / seconds),
    }


def main() -> None:
    """Parse the arguments, measure, print a line for each form and number of processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--payments", type=int, default=250_000, help="payments a month")
    parser.add_argument("--months", type=int, default=8, help="months, from March 2024 on")
    arguments = parser.parse_args()
    for columnar in (True, False):
        for processes in (1, 2):
            figures = written(arguments.payments, arguments.months, columnar, processes)
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()

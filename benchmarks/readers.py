"""How fast a settlement report is read, beside DuckDB that only parses the same file.

python -m benchmarks.readers [--megabytes 64] [--json FILE]

The report is a generated Adyen settlement detail report. "read" is the reader alone: every amount
to minor units, every time to UTC, every record accounted for, the batch's total held against its
lines. "ingest" is all of a run's way from the landed bytes to canonical Parquet, lineage and card
search included. "duckdb" parses all columns of the file, with types, and keeps nothing. Each works
in a process of its own; rates are of the file's bytes, per second and per second of CPU.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.processes import Cost, answer
from tieout.canonical import Canonical
from tieout.formats import by_format
from tieout.formats.base import Rows
from tieout.ingest import ingest
from tieout.landing import Landing

FORMAT = "adyen_settlement_details"
ROW_BYTES = 168  # of the generated report, about
DAY = date(2026, 1, 5)

# Some lines in two currencies, a fee for each, and the payout that closes the batch.
_REPORT = """
copy (
  with lines as (
    select i, 1000 + i % 9000 as gross, (1000 + i % 9000) // 100 + 12 as fee,
      timestamp '2025-11-01' + to_seconds(i % 2_000_000) as made from range({rows}) t(i)
  )
  select 'TieoutDemo' as "Company Account", 'TieoutDemoEU' as "Merchant Account",
    'PSP' || lpad(cast(i as varchar), 13, '0') as "Psp Reference",
    'order-' || i as "Merchant Reference",
    case when i % 3 = 0 then 'mc' else 'visa' end as "Payment Method",
    strftime(made, '%Y-%m-%d %H:%M:%S') as "Creation Date", 'CET' as "TimeZone",
    case when i % 50 = 0 then 'Refunded' else 'Settled' end as "Type",
    'MOD' || lpad(cast(i as varchar), 13, '0') as "Modification Reference",
    'EUR' as "Gross Currency",
    case when i % 50 = 0
      then printf('%d.%02d', gross // 100, gross % 100) end as "Gross Debit (GC)",
    case when i % 50 > 0
      then printf('%d.%02d', gross // 100, gross % 100) end as "Gross Credit (GC)",
    '1' as "Exchange Rate", 'EUR' as "Net Currency",
    case when i % 50 = 0
      then printf('%d.%02d', (gross + fee) // 100, (gross + fee) % 100) end as "Net Debit (NC)",
    case when i % 50 > 0
      then printf('%d.%02d', (gross - fee) // 100, (gross - fee) % 100) end as "Net Credit (NC)",
    null as "Commission (NC)", '0.12' as "Markup (NC)",
    printf('%d.%02d', (fee - 12) // 300, (fee - 12) // 3 % 100) as "Scheme Fees (NC)",
    printf('%d.%02d', (fee - 12 - (fee - 12) // 3) // 100, (fee - 12 - (fee - 12) // 3) % 100)
      as "Interchange (NC)",
    case when i % 3 = 0 then 'mccredit' else 'visadebit' end as "Payment Method Variant",
    null as "Modification Merchant Reference", '17' as "Batch Number",
    null as "Reserved4", null as "Reserved5", null as "Reserved6", null as "Reserved7",
    null as "Reserved8", null as "Reserved9", null as "Reserved10"
  from lines
) to '{path}' (header, delimiter ',')
"""


def read(path: Path) -> dict[str, int]:
    """The reader alone: what it yields, by kind; rows by record."""
    found = Counter[str]()
    for part in by_format(FORMAT).read(path):
        found[type(part).__name__] += part.data.num_rows if isinstance(part, Rows) else 1
    return {"rows": found["Rows"], "findings": found["Finding"]}


def load(path: Path) -> dict[str, int]:
    """The ingest: from the landed bytes to canonical Parquet."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        landing, canonical = (
            Landing(Path(folder) / "landing"),
            Canonical(Path(folder) / "canonical"),
        )
        landing.root.mkdir()
        copy = landing.root / "incoming"
        copy.hardlink_to(path)
        landing.land_copy(copy, "report.csv", DAY, "1:1")
        (account,) = ingest(landing, canonical, (), DAY)
        return {"rows": account.rows["settlement_lines"], "findings": len(account.findings)}


def parse(path: Path) -> dict[str, int]:
    """DuckDB parses every column and sums their hashes, so that none can be left out."""
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        columns = connection.execute(f"describe from read_csv('{path}')").fetchall()
        names = ", ".join(f'"{column[0]}"' for column in columns)
        (rows, _), *_ = connection.execute(
            f"select count(*), bit_xor(hash({names})) from read_csv('{path}')"
        ).fetchall()
        return {"rows": rows, "findings": 0}


WORK = {"duckdb": parse, "read": read, "ingest": load}


def main() -> None:
    """Parse the arguments, generate the report, measure each, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=64, help="the size of the report")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--work", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        print(json.dumps(WORK[arguments.work](arguments.file)))
        return
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        path = Path(folder) / "report.csv"
        rows = arguments.megabytes * 1_000_000 // ROW_BYTES
        duckdb.sql(_REPORT.format(rows=rows, path=path))
        size = path.stat().st_size / 1_000_000
        print(f"{size:,.0f} MB, {rows:,} lines", flush=True)
        figures = {}
        for name in WORK:
            command = ["-m", "benchmarks.readers", "--work", name, "--file", str(path)]
            cost, found = answer(command)
            assert found["rows"] == rows, (name, found)
            figures[name] = _figures(cost, size)
            print(f"{name:>8}  {json.dumps(figures[name])}", flush=True)
    for name in ("read", "ingest"):
        share = figures[name]["mb_per_cpu_s"] / figures["duckdb"]["mb_per_cpu_s"]
        print(f"{name}: {share:.0%} of DuckDB's rate by CPU", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def _figures(cost: Cost, size: float) -> dict[str, float]:
    return {
        "mb_per_s": round(size / cost.wall_s, 1),
        "mb_per_cpu_s": round(size / cost.cpu_s, 1),
        **cost.as_dict(),
    }


if __name__ == "__main__":
    sys.exit(main())

"""How fast a settlement report is read, beside DuckDB that only parses the same file.

python -m benchmarks.readers [--megabytes 64] [--format FORMAT …] [--folder DIR] [--json FILE]

The reports are generated: Adyen's settlement details, and Stripe's itemised payout reconciliation.
"read" is the reader alone: every amount to minor units, every time to UTC, every record accounted
for, the lines summed by payout. "ingest" is all of a run's way from the landed bytes to canonical
Parquet, lineage and card search included. "duckdb" parses all columns of the file, with types, and
keeps nothing. Each works in a process of its own; rates are of the file's bytes, per second and per
second of CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks.processes import Cost, answer, machine
from tieout.canonical import Canonical
from tieout.formats import recognise
from tieout.formats.base import Head, Rows
from tieout.ingest import ingest
from tieout.landing import Landing

DAY = date(2026, 1, 5)

# Some lines in two currencies, a fee for each, and the payout that closes the batch.
_ADYEN = """
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


# Charges and refunds of a few hundred payouts; every fourth was seen in another currency.
_STRIPE = """
copy (
  with lines as (
    select i, 1000 + i % 9000 as gross, (1000 + i % 9000) // 100 + 30 as fee, i % 50 = 0 as back,
      timestamp '2025-11-01' + to_seconds(i % 2_000_000) as made,
      lpad(cast(i as varchar), 14, '0') as number from range({rows}) t(i)
  )
  select 'po_' || lpad(cast(i % 300 as varchar), 24, '0') as automatic_payout_id,
    'txn_' || number as balance_transaction_id,
    strftime(made, '%Y-%m-%d %H:%M:%S') as created_utc,
    strftime(made + interval 2 day, '%Y-%m-%d %H:%M:%S') as available_on_utc,
    case when back then 'refund' else 'charge' end as reporting_category,
    case when back then '-' else '' end || printf('%d.%02d', gross // 100, gross % 100) as gross,
    'eur' as currency, printf('%d.%02d', fee // 100, fee % 100) as fee,
    case when back
      then printf('-%d.%02d', (gross + fee) // 100, (gross + fee) % 100)
      else printf('%d.%02d', (gross - fee) // 100, (gross - fee) % 100) end as net,
    'Order ' || i as description,
    case when back then 're_' else 'ch_' end || number as source_id, 'ch_' || number as charge_id,
    'pi_' || number as payment_intent_id, 'card' as payment_method_type,
    case when i % 3 = 0 then 'mastercard' else 'visa' end as card_brand,
    case when back then '-' else '' end || printf('%d.%02d', gross // 100, gross % 100)
      as customer_facing_amount,
    case when i % 4 = 0 then 'usd' else 'eur' end as customer_facing_currency,
    'order-' || i as "payment_metadata[order_id]"
  from lines
) to '{path}' (header, delimiter ',')
"""


class Generated(NamedTuple):
    """A report that DuckDB can write: the SQL, and about how many bytes a line of it has."""

    sql: str
    row_bytes: int


REPORTS = {
    "adyen_settlement_details": Generated(_ADYEN, 168),
    "stripe_payout_reconciliation": Generated(_STRIPE, 213),
}


def read(path: Path) -> dict[str, int]:
    """The reader alone: what it yields, by kind; rows by record."""
    found = Counter[str]()
    for part in recognise(Head.of(path, path.name)).read(path):
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
        (account,) = ingest(landing, canonical, ())
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


# What the share of DuckDB's rate is called, by the rate.
_SHARES = (("mb_per_cpu_s", "of_duckdb_by_cpu"), ("mb_per_s", "of_duckdb_by_clock"))
WORK = {"duckdb": parse, "read": read, "ingest": load}


def compare(path: Path, rows: int) -> dict[str, Any]:
    """The cost of each kind of work on one file; of ours with its share of DuckDB's rate."""
    size, figures = path.stat().st_size / 1_000_000, dict[str, Any]()
    for name in WORK:
        cost, found = answer(["-m", "benchmarks.readers", "--work", name, "--file", str(path)])
        assert found["rows"] == rows, (name, found)
        figures[name] = _figures(cost, size)
        if name != "duckdb":
            for rate, share in _SHARES:
                figures[name][share] = round(figures[name][rate] / figures["duckdb"][rate], 2)
        print(f"{name:>8}  {json.dumps(figures[name])}", flush=True)
    return figures


def main() -> None:
    """Parse the arguments, generate the reports, measure each, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=64, help="the size of a report")
    parser.add_argument("--format", nargs="+", choices=REPORTS, default=list(REPORTS))
    parser.add_argument("--folder", type=Path, help="where there is room for the files")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--work", choices=WORK, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        print(json.dumps(WORK[arguments.work](arguments.file)))
        return
    figures: dict[str, Any] = {"machine": machine()}
    for name in arguments.format:
        with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="readers-") as folder:
            path, report = Path(folder) / "report.csv", REPORTS[name]
            rows = arguments.megabytes * 1_000_000 // report.row_bytes
            duckdb.sql(report.sql.format(rows=rows, path=path))
            size = round(path.stat().st_size / 1_000_000)
            print(f"{name}: {size:,} MB, {rows:,} lines", flush=True)
            # The load says how far the clock can be trusted.
            load = round(os.getloadavg()[0], 1)
            figures[name] = {"mb": size, "lines": rows, "load": load, **compare(path, rows)}
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def _figures(cost: Cost, size: float) -> dict[str, float]:
    return {
        "mb_per_s": round(size / cost.wall_s, 1),
        "mb_per_cpu_s": round(size / cost.cpu_s, 1),
        **cost.as_dict(),
    }


if __name__ == "__main__":
    main()

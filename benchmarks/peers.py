"""One leg by other tools: the same files, the same answer, each in a process of its own.

python -m benchmarks.peers NAME FOLDER

FOLDER holds ``left.parquet`` and ``right.parquet`` with the columns ``key`` (text), ``amount`` and
``currency``. The task is what the leg does: merge the records of a key, compare both sides, and
count items, items that match, and items with one side only; and add up how far the sides are
apart. Tools that compare two tables by a key that is unique get ``left_once.parquet`` and
``right_once.parquet``, the records whose key is there once a side.

Prints the answer as JSON: items, matched, left_only, right_only, difference.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

Answer = dict[str, int]

# What `merge_movements` and `item_status` do, on the movements alone.
MERGED = """
with items as (
  select key, sum(left_count) as left_count, sum(right_count) as right_count,
    sum(left_amount) as left_amount, sum(right_amount) as right_amount,
    min(currency) as lowest, max(currency) as highest
  from (
    select key, currency, 1 as left_count, 0 as right_count, amount as left_amount,
      0 as right_amount from {left}
    union all
    select key, currency, 0, 1, 0, amount from {right}
  ) as sides
  group by key
)
select count(*) as items,
  sum(case when lowest = highest and left_amount = right_amount then 1 else 0 end) as matched,
  sum(case when right_count = 0 then 1 else 0 end) as left_only,
  sum(case when left_count = 0 then 1 else 0 end) as right_only,
  cast(sum(abs(left_amount - right_amount)) as bigint) as difference
from items
"""
NAMES = ("items", "matched", "left_only", "right_only", "difference")


def tieout(left: Path, right: Path) -> Answer:
    """The SQL of the leg on DuckDB, as the models run it."""
    import duckdb

    sides = {"left": f"read_parquet('{left}')", "right": f"read_parquet('{right}')"}
    with duckdb.connect() as connection:
        row = connection.execute(MERGED.format(**sides)).fetchone()
    return dict(zip(NAMES, map(int, row or ()), strict=True))


def chdb(left: Path, right: Path) -> Answer:
    """ClickHouse in the process, the same SQL."""
    import chdb as clickhouse

    sides = {"left": f"file('{left}', Parquet)", "right": f"file('{right}', Parquet)"}
    sql = MERGED.format(**sides).replace("cast(sum", "toInt64(sum").replace(" as bigint)", ")")
    rows = json.loads(str(clickhouse.query(sql, "JSONCompact")))["data"]
    return dict(zip(NAMES, map(int, rows[0]), strict=True))


def polars(left: Path, right: Path) -> Answer:
    """Polars, streaming."""
    import polars as pl

    def side(path: Path, name: str, other: str) -> pl.LazyFrame:
        return pl.scan_parquet(path).select(
            "key",
            "currency",
            pl.lit(1).alias(f"{name}_count"),
            pl.lit(0).alias(f"{other}_count"),
            pl.col("amount").alias(f"{name}_amount"),
            pl.lit(0, pl.Int64).alias(f"{other}_amount"),
        )

    columns = [
        "key",
        "currency",
        *(f"{s}_{m}" for m in ("count", "amount") for s in ("left", "right")),
    ]
    both = pl.concat(
        [
            side(left, "left", "right").select(columns),
            side(right, "right", "left").select(columns),
        ]
    )
    apart = pl.col("left_amount") - pl.col("right_amount")
    row = (
        both.group_by("key")
        .agg(
            pl.col(columns[2:]).sum(),
            pl.col("currency").min().alias("lowest"),
            pl.col("currency").max().alias("highest"),
        )
        .select(
            pl.len().alias("items"),
            ((pl.col("lowest") == pl.col("highest")) & (apart == 0)).sum().alias("matched"),
            (pl.col("right_count") == 0).sum().alias("left_only"),
            (pl.col("left_count") == 0).sum().alias("right_only"),
            apart.abs().sum().alias("difference"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    return {name: int(row[name]) for name in NAMES}


def pandas(left: Path, right: Path) -> Answer:
    """pandas: group each side, then an outer merge. It is slow at the least of texts, so currencies
    are numbers to it."""
    import pandas as pd

    sides = {"left": pd.read_parquet(left), "right": pd.read_parquet(right)}
    known = pd.concat([side["currency"] for side in sides.values()]).unique()
    numbers = {currency: number for number, currency in enumerate(known)}

    def grouped(name: str) -> pd.DataFrame:
        rows = sides[name].assign(currency=sides[name]["currency"].map(numbers))
        return rows.groupby("key", sort=False).agg(
            **{
                f"{name}_amount": ("amount", "sum"),
                f"{name}_lowest": ("currency", "min"),
                f"{name}_highest": ("currency", "max"),
            }
        )

    both = grouped("left").join(grouped("right"), how="outer")
    apart = both["left_amount"].fillna(0).astype("int64") - both["right_amount"].fillna(0).astype(
        "int64"
    )
    ends = both[["left_lowest", "left_highest", "right_lowest", "right_highest"]]
    one_currency = ends.min(axis=1) == ends.max(axis=1)
    return {
        "items": len(both),
        "matched": int((one_currency & (apart == 0)).sum()),
        "left_only": int(both["right_lowest"].isna().sum()),
        "right_only": int(both["left_lowest"].isna().sum()),
        "difference": int(apart.abs().sum()),
    }


def python_dict(left: Path, right: Path) -> Answer:
    """A dict and a loop, as many a script in finance does it."""
    import pyarrow.parquet as pq

    items: dict[str, list[int | str]] = {}
    for place, path in ((0, left), (1, right)):
        table = pq.read_table(path, columns=["key", "amount", "currency"])
        columns = (table[name].to_pylist() for name in ("key", "amount", "currency"))
        for key, amount, currency in zip(*columns, strict=True):
            item = items.get(key)
            if item is None:
                item = items[key] = [0, 0, 0, 0, currency, currency]
            item[place] += 1
            item[2 + place] += amount
            item[4], item[5] = min(item[4], currency), max(item[5], currency)
    return {
        "items": len(items),
        "matched": sum(i[4] == i[5] and i[2] == i[3] for i in items.values()),
        "left_only": sum(i[1] == 0 for i in items.values()),
        "right_only": sum(i[0] == 0 for i in items.values()),
        "difference": sum(abs(i[2] - i[3]) for i in items.values()),  # type: ignore[operator]
    }


def datacompy(left: Path, right: Path) -> Answer:
    """datacompy on Polars, on keys that are unique."""
    import datacompy as dc
    import polars as pl

    compare = dc.PolarsCompare(pl.read_parquet(left), pl.read_parquet(right), join_columns="key")
    shared = compare.intersect_rows
    lone = [compare.df1_unq_rows, compare.df2_unq_rows]
    amounts = [c for c in shared.columns if c.startswith("amount_") and "match" not in c]
    currencies = [c for c in shared.columns if c.startswith("currency_") and "match" not in c]
    apart = pl.col(amounts[0]) - pl.col(amounts[1])
    equal = (apart == 0) & (pl.col(currencies[0]) == pl.col(currencies[1]))
    lonely = sum(int(side["amount"].abs().sum()) for side in lone)
    return {
        "items": len(shared) + len(lone[0]) + len(lone[1]),
        # A record of nothing matches a side that is not there.
        "matched": shared.select(equal.sum()).item()
        + sum(int((side["amount"] == 0).sum()) for side in lone),
        "left_only": len(lone[0]),
        "right_only": len(lone[1]),
        "difference": int(shared.select(apart.abs().sum()).item()) + lonely,
    }


def splink(left: Path, right: Path) -> Answer:
    """Splink's deterministic link on DuckDB, on keys that are unique."""
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator

    connection = duckdb.connect()
    for name, path in (("left_side", left), ("right_side", right)):
        connection.execute(
            f"create table {name} as select row_number() over () as unique_id, * from '{path}'"
        )
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=["l.key = r.key"],
        additional_columns_to_retain=["key", "amount", "currency"],
    )
    api = DuckDBAPI(connection=connection)
    linker = Linker([api.register("left_side"), api.register("right_side")], settings)
    linked = linker.inference.deterministic_link().physical_name
    row = connection.execute(
        f"""
        with pairs as (
          select amount_l - amount_r as apart, currency_l = currency_r as same from {linked}
        ), counted as (
          select count(*) as pairs, count(*) filter (where apart = 0 and same) as matched,
            sum(abs(apart)) as difference from pairs
        ), lone as (
          select s.side, count(*) as items, sum(abs(amount)) as amount,
            count(*) filter (where amount = 0) as nothing
          from (select 'left' as side, * from left_side union all
                select 'right', * from right_side) as s
          where key not in (select key_l from {linked})
          group by side
        )
        select pairs + coalesce(sum(items), 0), matched + coalesce(sum(nothing), 0),
          coalesce(sum(items) filter (where side = 'left'), 0),
          coalesce(sum(items) filter (where side = 'right'), 0),
          cast(difference + coalesce(sum(amount), 0) as bigint)
        from counted left join lone on true group by pairs, matched, difference
        """
    ).fetchone()
    return dict(zip(NAMES, map(int, row or ()), strict=True))


# By name: the tool, and whether it needs keys that are unique.
PEERS: dict[str, tuple[Callable[[Path, Path], Answer], bool]] = {
    "tieout": (tieout, False),
    "polars": (polars, False),
    "chdb": (chdb, False),
    "pandas": (pandas, False),
    "python_dict": (python_dict, False),
    "tieout_once": (tieout, True),
    "datacompy": (datacompy, True),
    "splink": (splink, True),
}


def main() -> None:
    """Run one of them and print its answer."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    run, once = PEERS[name]
    left, right = (folder / f"{s}{'_once' if once else ''}.parquet" for s in ("left", "right"))
    print(json.dumps(run(left, right)))


if __name__ == "__main__":
    main()

"""The labelled sample as Arrow tables, as it is and made harder."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Case = tuple[pa.Table, pa.Table, dict[str, str]]


def lines(rows: list[tuple[str, int, str, date, str | None]]) -> pa.Table:
    """A table of lines: id, amount in minor units, currency, day, text."""
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 5
    types = (pa.string(), pa.int64(), pa.string(), pa.date32(), pa.string())
    names = ("line_id", "amount_minor", "currency", "day", "text")
    arrays = [pa.array(list(c), t) for c, t in zip(columns, types, strict=True)]
    return pa.table(arrays, names=list(names))


def sample(folder: Path) -> Case:
    """The sample as it is."""

    def side(name: str) -> pa.Table:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            return lines(
                [
                    (
                        row["id"],
                        round(float(row["amount"]) * 100),
                        "GBP",
                        date.fromisoformat(row["transaction_date"]),
                        row["memo"],
                    )
                    for row in csv.DictReader(file)
                ]
            )

    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["ledger_id"]: row["bank_id"] for row in csv.DictReader(file)}
    return side("ledger.csv"), side("bank.csv"), truth


def folded(case: Case, days: int) -> Case:
    """The left dates folded into so many days; the lag of every true pair stays."""
    left, right, truth = case
    day = dict(zip(left["line_id"].to_pylist(), _numbers(left), strict=True))
    first = min(day.values())
    back = {i: d - first - (d - first) % days for i, d in day.items()}
    of_right = {r: back[i] for i, r in truth.items()}
    return _moved(left, back), _moved(right, of_right), truth


def removed(case: Case, share: float, seed: int) -> Case:
    """Without a share of the lines of each side, drawn independently."""
    left, right, truth = case
    random = np.random.default_rng(seed)
    left = left.filter(pa.array(random.random(left.num_rows) >= share))
    right = right.filter(pa.array(random.random(right.num_rows) >= share))
    there = set(left["line_id"].to_pylist()), set(right["line_id"].to_pylist())
    return left, right, {i: r for i, r in truth.items() if i in there[0] and r in there[1]}


def shuffled_and_renamed(case: Case, seed: int) -> Case:
    """The same lines in another order under other ids."""
    random = np.random.default_rng(seed)
    tables, renames = [], []
    for number, table in enumerate(case[:2]):
        ids = table["line_id"].to_pylist()
        names = {
            i: f"{'xy'[number]}{k}" for i, k in zip(ids, random.permutation(len(ids)), strict=True)
        }
        renames.append(names)
        table = table.set_column(0, "line_id", pa.array([names[i] for i in ids], pa.string()))
        tables.append(table.take(pa.array(random.permutation(len(ids)))))
    truth = {renames[0][i]: renames[1][r] for i, r in case[2].items()}
    return tables[0], tables[1], truth


def _numbers(table: pa.Table) -> list[int]:
    return list(pc.cast(table["day"], pa.int32()).to_pylist())


def _moved(table: pa.Table, back: dict[str, int]) -> pa.Table:
    days = [d - back[i] for i, d in zip(table["line_id"].to_pylist(), _numbers(table), strict=True)]
    return table.set_column(3, "day", pa.array(days, pa.int32()).cast(pa.date32()))

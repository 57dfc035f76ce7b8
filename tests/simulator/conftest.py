"""Two small worlds, one with every error planted and one without any, read by plain means.

The files are read here with the csv module and Decimal, not with the platform's readers, so that a
mistake in those cannot hide one of the simulator.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tieout.simulator import ErrorRates, Summary, parse_months, simulate

# An isolated month with a tail, two months in a row, and a last month that is cut at its end.
MONTHS = parse_months("2011-10,2014-10..2014-11,2017-10")


@dataclass
class World:
    inbox: Path
    truth: Path
    summary: Summary

    def csv_rows(self, pattern: str) -> Iterator[dict[str, str]]:
        for path in sorted(self.inbox.glob(pattern)):
            with path.open(newline="") as file:
                for row in csv.DictReader(file):
                    yield row | {"file": path.relative_to(self.inbox).as_posix()}

    @cached_property
    def stripe(self) -> list[dict[str, str]]:
        return list(self.csv_rows("stripe/*.csv"))

    @cached_property
    def adyen(self) -> list[dict[str, str]]:
        return list(self.csv_rows("adyen/*.csv"))

    @cached_property
    def errors(self) -> list[dict[str, Any]]:
        return self.sql(f"from '{self.truth}/errors.parquet'")

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query, in which {payments} and {ledger} are the company's exports."""
        views = {n: f"'{self.inbox}/company/{n}-*.parquet'" for n in ("payments", "ledger")}
        with duckdb.connect() as con:
            return con.execute(query.format(**views)).to_arrow_table().to_pylist()

    def hashes(self) -> dict[str, str]:
        files = [p for root in (self.inbox, self.truth) for p in root.rglob("*") if p.is_file()]
        home = self.inbox.parent
        return {
            path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(files)
        }


def decimal(text: str) -> Decimal:
    return Decimal(text or 0)


MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def make_world(tmp_path_factory: pytest.TempPathFactory) -> MakeWorld:
    def make(errors: ErrorRates, **changed: Any) -> World:
        home = tmp_path_factory.mktemp("world")
        inbox, truth = home / "inbox", home / "truth"
        arguments = {"months": MONTHS, "seed": 7, "payments_per_month": 2_000} | changed
        summary = simulate(inbox, truth, errors=errors, **arguments)
        return World(inbox, truth, summary)

    return make


@pytest.fixture(scope="session")
def clean(make_world: MakeWorld) -> World:
    return make_world(ErrorRates.none())


@pytest.fixture(scope="session")
def flawed(make_world: MakeWorld) -> World:
    return make_world(ErrorRates.scaled(Fraction(4)))

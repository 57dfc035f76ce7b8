"""A small company with a known truth, simulated and run once for all tests of the pipeline."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.run import run_daily
from tieout.editions import Editions
from tieout.settings import Workspace
from tieout.simulator import ErrorRates, parse_months, simulate

DAY = date(2026, 1, 5)


@dataclass
class Company:
    """A workspace and what was planted in it."""

    workspace: Workspace
    truth: Path

    @property
    def editions(self) -> Editions:
        return Editions(self.workspace.editions)

    def run(self, day: date = DAY, *, rebuild: bool = False) -> dict[str, object]:
        return run_daily(self.workspace, day, Console(quiet=True), rebuild=rebuild)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        with self.editions.connect() as connection:
            return connection.execute(sql).fetchall()


def make_company(home: Path) -> Company:
    """Two months of two phases, with every kind of error, ready to be run."""
    workspace = Workspace.create(home / "w", reporting_currency="USD", as_of="latest")
    simulate(
        workspace.inbox,
        home / "truth",
        months=parse_months("2017-10,2020-10"),
        seed=11,
        payments_per_month=1000,
        errors=ErrorRates.per_payment(Fraction(1, 50)),
    )
    return Company(workspace, home / "truth")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company after its first run. Tests that change a workspace make one of their own."""
    company = make_company(tmp_path_factory.mktemp("company"))
    company.run()
    return company

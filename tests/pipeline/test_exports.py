"""The statements of a simulated company: equal to the ledger, and proven by other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from beancount import loader
from typer.testing import CliRunner

from pipelines.cli import app
from tests.pipeline.conftest import Company

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("company")]


def run(company: Company, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["export", *arguments, "--home", str(company.workspace.home)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_hledger_comes_to_our_balances(
    company: Company, tmp_path: Path, hledger: Callable[[Path], bool]
) -> None:
    for period in ([], ["--since", "2020-10"]):
        journal = tmp_path / "books.journal"
        run(company, "books", "--out", str(journal), *period)
        assert hledger(journal)


def test_beancount_comes_to_our_balances(company: Company, tmp_path: Path) -> None:
    for period in ([], ["--since", "2020-10"]):
        book = tmp_path / "books.beancount"
        run(company, "books", "--out", str(book), *period)
        entries, errors, _ = loader.load_file(str(book))
        assert not errors
        (stated,) = company.ask(
            """
            select count(*) from fct_trial_balance_monthly
            where closing_minor <> 0
                and month = (select max(month) from fct_trial_balance_monthly)
            """
        )
        assert sum(type(entry).__name__ == "Balance" for entry in entries) == stated[0] > 0


def test_statements_come_to_the_ledger(company: Company) -> None:
    (ledger,) = company.ask(
        "select count(*), count(distinct entry_id), sum(amount_minor) from fct_general_ledger"
    )
    (daily,) = company.ask(
        "select sum(entries), sum(net_minor), sum(debits_minor - credits_minor)"
        " from fct_ledger_daily"
    )
    assert ledger[0] == ledger[1] == daily[0]
    assert ledger[2] == daily[1] == daily[2]
    (result,) = company.ask("select sum(amount_minor) from fct_income_statement_monthly")
    (posted,) = company.ask(
        "select -sum(net_minor) from fct_ledger_daily where account_type in ('income', 'expense')"
    )
    assert result == posted
    # The bank states another balance only on accounts with a break, and on some it does.
    differ = company.ask(
        "select distinct bank_account from fct_cash_roll_forward_monthly"
        " where line = 'difference' and amount_minor <> 0"
    )
    broken = company.ask(
        "select distinct split_part(reference, ' ', 1) from fct_breaks where leg = 'ledger_bank'"
    )
    assert set(differ)
    assert set(differ) <= set(broken)


@pytest.mark.parametrize("name", ["trial-balance", "income-statement", "cash", "general-ledger"])
def test_every_statement_is_a_table_that_a_spreadsheet_opens(
    company: Company, tmp_path: Path, name: str
) -> None:
    text = run(company, name)
    path = tmp_path / "x.xlsx"
    run(company, name, "--out", str(path))
    assert len(text.splitlines()) > 5
    assert path.read_bytes()[:2] == b"PK"

"""Exports: exact money, harmless text, books that other programs accept."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from beancount import loader
from hypothesis import given
from hypothesis import strategies as st

from tieout.exports import Books, Period, Unwritable, select_table, write_books
from tieout.exports import write_csv as to_csv
from tieout.exports import write_xlsx as to_xlsx
from tieout.exports.accounts import ROOTS, book_names
from tieout.exports.files import written

PERIOD = Period()


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A ledger of two months: 100.00 EUR and 5 JPY come in, 40.00 EUR go, and a cent is lost."""
    with duckdb.connect() as made:
        made.execute(
            """
            create table fct_ledger_daily as
            select cast(d as date) as business_date, event_type, account, account_type, currency,
                cast(n as bigint) as net_minor
            from (values
                ('2026-01-10', 'pay_in', 'cash:a', 'asset', 'EUR', 10000),
                ('2026-01-10', 'pay_in', 'owed', 'liability', 'EUR', -9999),
                ('2026-01-11', 'pay_in', 'cash:a', 'asset', 'JPY', 5),
                ('2026-01-11', 'pay_in', 'owed', 'liability', 'JPY', -5),
                ('2026-02-02', 'pay_out', 'cash:a', 'asset', 'EUR', -4000),
                ('2026-02-02', 'pay_out', 'owed', 'liability', 'EUR', 4000),
                ('2026-02-03', 'nothing', 'owed', 'liability', 'EUR', 0)
            ) as t(d, event_type, account, account_type, currency, n);
            create table fct_trial_balance_monthly as
            select cast(m as date) as month, account, currency, cast(o as bigint) as opening_minor,
                cast(c as bigint) as closing_minor, cast(c as bigint) as closing_reporting_minor,
                name
            from (values
                ('2026-01-01', 'cash:a', 'EUR', 0, 10000, '=1+1'),
                ('2026-01-01', 'cash:a', 'JPY', 0, 5, 'x,"y"'),
                ('2026-01-01', 'owed', 'EUR', 0, -9999, null),
                ('2026-01-01', 'owed', 'JPY', 0, -5, '-2'),
                ('2026-02-01', 'cash:a', 'EUR', 10000, 6000, '@x'),
                ('2026-02-01', 'cash:a', 'JPY', 5, 5, '007'),
                ('2026-02-01', 'owed', 'EUR', -9999, -5999, '1.23E+022'),
                ('2026-02-01', 'owed', 'JPY', -5, -5, 'plain')
            ) as t(m, account, currency, o, c, name);
            """
        )
        yield made


def exported(connection: duckdb.DuckDBPyConnection, name: str, period: Period = PERIOD) -> str:
    target = io.BytesIO()
    to_csv(connection, select_table(connection, name, period, "KWD"), target)
    return target.getvalue().decode()


def test_csv_has_exact_amounts_and_no_formula(connection: duckdb.DuckDBPyConnection) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(connection, "trial-balance"))))
    by_name = {row["name"]: row for row in rows}
    assert set(by_name) == {"'=1+1", 'x,"y"', "", "'-2", "'@x", "007", "1.23E+022", "plain"}
    assert [by_name[n]["closing"] for n in ("'=1+1", "'-2", "", "007")] == [
        "100.00",
        "-5",
        "-99.99",
        "5",
    ]
    # The reporting currency has three places, whatever the row's own has.
    assert by_name["'-2"]["closing_reporting"] == "-0.005"
    assert by_name["'=1+1"]["closing_reporting"] == "10.000"


def test_a_period_is_whole_months(connection: duckdb.DuckDBPyConnection) -> None:
    february = exported(connection, "trial-balance", Period.parse("2026-02", "2026-02"))
    assert {line[:10] for line in february.splitlines()[1:]} == {"2026-02-01"}
    days = exported(connection, "ledger-days", Period.parse(None, "2026-01"))
    assert len(days.splitlines()) == 1 + 4
    assert Period.parse("2025-12", "2025-12").after == date(2026, 1, 1)
    for since, until in (("2026-13", None), ("01/2026", None), ("2026-02", "2026-01")):
        with pytest.raises(Unwritable):
            Period.parse(since, until)


def test_a_workbook_has_numbers_texts_and_dates(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute(
        "insert into fct_trial_balance_monthly values"
        " ('2026-03-01', 'big', 'EUR', 0, 1234567890123456789, 1, '=cmd()')"
    )
    path = tmp_path / "t.xlsx"
    rows = to_xlsx(connection, select_table(connection, "trial-balance", PERIOD, "KWD"), path)
    sheet = openpyxl.load_workbook(path).active
    header, *found = sheet.iter_rows(values_only=True)
    assert rows == len(found) == 9
    by_name = {row[header.index("name")]: dict(zip(header, row, strict=True)) for row in found}
    first = by_name["'=1+1"]
    assert (first["closing"], first["month"].date()) == (100, date(2026, 1, 1))
    assert by_name["007"]["closing"] == 5
    # A cell would round it.
    assert by_name["'=cmd()"]["closing"] == "12345678901234567.89"
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_what_cannot_be_exported_says_what_can(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(Unwritable, match="did you mean trial-balance"):
        select_table(connection, "trail-balance", PERIOD, "USD")
    with pytest.raises(Unwritable, match="general-ledger"):
        select_table(connection, "general-ledger; drop table x", PERIOD, "USD")
    connection.execute("create table rpt_long as select range as month from range(1048576)")
    with pytest.raises(Unwritable, match="do not fit on a sheet"):
        to_xlsx(connection, select_table(connection, "rpt_long", PERIOD, "USD"), tmp_path / "x")
    with pytest.raises(Unwritable, match="nothing in this period"):
        Books.read(connection, "e", Period.parse("2027-01", None))
    with pytest.raises(Unwritable, match="no folder"), written(tmp_path / "none" / "x.csv"):
        pass


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before")

    def fails() -> None:
        with written(path) as copy:
            copy.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("x.csv", "before")]


@pytest.mark.parametrize("period", [PERIOD, Period.parse("2026-02", "2026-02")])
def test_books_balance_and_close_as_the_trial_balance(
    connection: duckdb.DuckDBPyConnection, period: Period
) -> None:
    books = Books.read(connection, "e", period)
    entries, errors, _ = loader.load_string(write_books(books, "beancount"))
    assert not errors
    names = [type(entry).__name__ for entry in entries]
    assert names.count("Balance") == 4
    # The cent that January's journal lacks stands on an account of its own, or in the opening.
    (lacking,) = [
        posting.units.number
        for entry in entries
        for posting in getattr(entry, "postings", ())
        if posting.account in ("Equity:Unbalanced", "Equity:Opening-Balances")
    ]
    assert lacking == Decimal("-0.01")


def test_hledger_accepts_the_books_too(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, hledger: Callable[[Path], bool]
) -> None:
    journal = tmp_path / "x.journal"
    for period in (PERIOD, Period.parse("2026-02", "2026-02")):
        journal.write_text(write_books(Books.read(connection, "e", period), "hledger"))
        assert hledger(journal)
    connection.execute("update fct_trial_balance_monthly set closing_minor = closing_minor + 1")
    journal.write_text(write_books(Books.read(connection, "e", PERIOD), "hledger"))
    assert not hledger(journal)


def test_a_wrong_balance_is_noticed(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update fct_trial_balance_monthly set closing_minor = closing_minor + 1")
    books = Books.read(connection, "e", PERIOD)
    _, errors, _ = loader.load_string(write_books(books, "beancount"))
    assert len(errors) == 4


@given(st.dictionaries(st.text(min_size=1), st.sampled_from([*ROOTS, "unknown"]), min_size=1))
def test_every_account_gets_a_name_of_its_own(types: dict[str, str]) -> None:
    names = book_names(types)
    assert len(set(names.values())) == len(types)
    assert book_names(dict(reversed(types.items()))) == names
    text = "".join(f"2026-01-01 open {name}\n" for name in names.values())
    _, errors, _ = loader.load_string(text)
    assert not errors

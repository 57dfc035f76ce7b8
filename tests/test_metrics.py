"""Metrics by name, on a small edition made by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.manifest import manifest
from pipelines.document import PAGE, written
from pipelines.measured import shown
from tieout.metrics import Answer, Catalogue, Condition, Question, Unanswerable, ask


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(manifest().with_name("semantic_manifest.json"))


@pytest.fixture
def edition() -> duckdb.DuckDBPyConnection:
    """Adyen's second half of 2023, a month of yen, and costs of two drivers."""
    connection = duckdb.connect()
    connection.execute("""
        create table fct_revenue_monthly as
        select * from (values
          (date '2023-07-01', 'EUR', 54410000000000, 88700000000, 20, 3),
          (date '2023-08-01', 'JPY', 0, 0, 0, 0),
          (date '2023-10-01', 'EUR', 300, -7, 1, 1)
        ) as t(month, currency, gross_volume_reporting_minor, gross_revenue_reporting_minor,
          gross_volume_records, gross_revenue_records);
        create table fct_costs_monthly as
        select * from (values
          (date '2023-07-01', 'people', null, 'EUR', 500000, 2),
          (date '2023-07-01', 'infrastructure', 'compute', 'EUR', 500000, 1)
        ) as t(month, cost_driver, category, currency, amount_reporting_minor, records);
    """)
    return connection


def figures(answer: Answer) -> list[tuple[object, ...]]:
    return [(*row.keys, *row.parts, row.value, row.records) for row in answer.rows]


def test_a_ratio_is_divided_last(catalogue: Catalogue, edition: duckdb.DuckDBPyConnection) -> None:
    answer = ask(edition, catalogue, Question("take_rate", grain="month", by=("currency",)))
    assert answer.columns == ("month", "currency")
    rows = figures(answer)
    assert rows[0][:4] == ("2023-07-01", "EUR", 88700000000, 54410000000000)
    assert round(Decimal(str(rows[0][4])), 1) == Decimal("16.3")
    # Nothing to divide by is no figure, and no zero.
    assert rows[1] == ("2023-08-01", "JPY", 0, 0, None, 0)
    year = ask(edition, catalogue, Question("take_rate", grain="year"))
    (row,) = year.rows
    assert row.parts == (88700000000 - 7, 54410000000300)
    assert row.value == Decimal(88700000000 - 7) * 10_000 / 54410000000300
    assert row.records == 21


def test_conditions_and_days_narrow_a_figure(
    catalogue: Catalogue, edition: duckdb.DuckDBPyConnection
) -> None:
    def volume(**asked: object) -> list[int]:
        question = Question("gross_payment_volume", **asked)  # type: ignore[arg-type]
        return [row.parts[0] for row in ask(edition, catalogue, question).rows]

    assert volume() == [54410000000300]
    assert volume(since=date(2023, 9, 1), until=date(2023, 12, 31)) == [300]
    assert volume(where=Condition.parse("currency = JPY")) == [0]
    assert volume(where=Condition.parse("currency in ('JPY', EUR)")) == [54410000000300]
    assert volume(where=Condition.parse("currency != EUR and currency != 'JPY'")) in ([], [0])
    assert volume(where=Condition.parse("currency = x' or '1'='1")) in ([], [0])


def test_a_ratio_may_be_of_two_tables(
    catalogue: Catalogue, edition: duckdb.DuckDBPyConnection
) -> None:
    answer = ask(edition, catalogue, Question("cost_per_volume", by=("month",)))
    assert [(row.keys[0], row.parts) for row in answer.rows] == [
        ("2023-07-01", (1_000_000, 54410000000000)),
        ("2023-08-01", (0, 0)),
        ("2023-10-01", (0, 300)),
    ]
    by_driver = ask(edition, catalogue, Question("operating_cost", by=("cost_driver", "category")))
    assert figures(by_driver) == [
        ("infrastructure", "compute", 500000, Decimal(500000), 1),
        ("people", "none", 500000, Decimal(500000), 2),
    ]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question("tak_rate"), "did you mean take_rate"),
        (Question("take_rate", by=("processor",)), "it has month, quarter, year, currency"),
        (Question("take_rate", grain="day"), "by month, quarter, year, not by day"),
        (Question("match_rate"), "older version"),
        (
            Question("take_rate", where=(Condition("currency", "=", ("{{ 1 }}",)),)),
            "holds a brace",
        ),
    ],
)
def test_what_cannot_be_answered_says_what_can(
    catalogue: Catalogue, edition: duckdb.DuckDBPyConnection, question: Question, said: str
) -> None:
    with pytest.raises(Unanswerable, match=said):
        ask(edition, catalogue, question)


@pytest.mark.parametrize("text", ["", "stripe", "processor", "a = ", "currency > (USD, EUR)"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(Unanswerable):
        Condition.parse(text)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=20))
def test_a_value_stays_a_value(value: str) -> None:
    condition = Condition("name", "=", (value,))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select name from (select ? as name union all select ?) where {condition.sql('name')}",
            [value, value + "x"],
        ).fetchall()
    assert found == [(value,)]


def test_every_metric_is_whole(catalogue: Catalogue) -> None:
    """Each has a unit that is shown, parts and records that exist, and can be compiled."""
    for metric in catalogue:
        assert metric.description.endswith(".")
        assert catalogue[metric.records].unit == "count"
        assert all(catalogue[part] for part in metric.parts)
        assert (len(metric.parts) == 2) == (
            metric.unit in ("bps", "percent", "per_million", "per_payment")
        )
        assert shown(metric, Decimal(1234), "USD")
        assert catalogue.grains(metric)[-1] == "year"


def test_without_a_run_there_are_no_metrics(tmp_path: Path) -> None:
    with pytest.raises(Unanswerable, match="tieout run"):
        Catalogue(tmp_path / "semantic_manifest.json")


WAYS = ("exact", "netted", "tolerance", "likeness", "manual")

GOLDEN = {
    "payment_success_rate": "93.000",
    "authorisation_rate": "94.898",
    "raw_success_rate": "90.291",
    "first_attempt_rate": "75.000",
    "deduplicated_success_rate": "87.500",
    "retry_uplift": "12.500",
    "conversion": "70.000",
}


def test_one_population_has_many_success_rates(catalogue: Catalogue) -> None:
    """103,000 requests, 3,000 of them invalid, 2,000 never submitted; 100,000 payments created."""
    with duckdb.connect() as connection:
        connection.execute("""
            create table fct_payment_attempts_monthly as
            select date '2026-01-01' as month, 103000 as attempts, 100000 as valid_attempts,
                98000 as submitted_attempts, 93000 as authorised_attempts,
                100000 as payments_created, 80000 as payments,
                60000 as payments_authorised_first, 70000 as payments_authorised
        """)
        for name, rate in GOLDEN.items():
            (row,) = ask(connection, catalogue, Question(name)).rows
            assert f"{row.value:.3f}" == rate, name


@pytest.fixture
def reconciled() -> duckdb.DuckDBPyConnection:
    """Ten items of two legs: 400 in scope, of which a break explains all but 1."""
    connection = duckdb.connect()
    connection.execute("""
        create table rpt_reconciliation_daily as
        select date '2026-01-05' as business_date, 'none' as processor, 'USD' as currency, *
        from (values
          ('payout_bank', 'matched', 'exact', 'none', 3, 100, 0),
          ('payout_bank', 'matched', 'grouped', 'none', 1, 100, 0),
          ('payout_bank', 'matched', 'netting', 'none', 1, 50, 0),
          ('payout_bank', 'matched_within_tolerance', 'tolerance', 'none', 1, 40, 2),
          ('payout_bank', 'matched', 'fuzzy', 'none', 1, 10, 0),
          ('payment_ledger', 'matched', 'manual', 'none', 1, 20, 0),
          -- Given up by hand is not matched by hand.
          ('payment_ledger', 'written_off', 'manual', 'none', 1, 30, 0),
          ('payment_ledger', 'broken', 'none', 'amount_mismatch', 1, 50, 1)
        ) as t(leg, status, match_pass, break_type, items, value_reporting_minor,
          difference_reporting_minor);
        alter table rpt_reconciliation_daily add column left_records bigint default 1;
        alter table rpt_reconciliation_daily add column right_records bigint default 1;
        create table fct_reconciliation_items as
        select date '2026-01-05' as business_date, date '2026-01-05' + lag as right_date,
          'payout_bank' as leg, 'none' as processor, 'USD' as currency, 'matched' as status,
          1 as left_count, 1 as right_count
        from (select unnest([0, 1, 1, 2, 30]) as lag)
        union all
        select date '2026-01-05', null, 'fee_contract', 'none', 'USD', 'broken', 1, 0;
        create table fct_breaks as
        select date '2026-01-05' as business_date, 'payout_bank' as leg, 'none' as processor,
          'USD' as currency, 'late' as break_type, '0-1' as age_bucket, *, 1 as left_count,
          0 as right_count
        from (values ('ann', 700), ('ann', 1), (null, 30)) as t(owner, value_reporting_minor);
    """)
    return connection


def test_each_pass_has_a_match_rate_of_its_own(
    catalogue: Catalogue, reconciled: duckdb.DuckDBPyConnection
) -> None:
    """Of all in scope, so that they add up to the match rate, by count and by value."""

    def parts(name: str) -> tuple[int, ...]:
        (row,) = ask(reconciled, catalogue, Question(name)).rows
        return row.parts

    for suffix, wanted in (("", [4, 1, 1, 1, 1]), ("_by_value", [200, 50, 40, 10, 20])):
        names = [f"match_rate_{way}{suffix}" for way in WAYS]
        assert [parts(name)[0] for name in names] == wanted
        assert {parts(name)[1] for name in names} == {parts(f"match_rate{suffix}")[1]}
        assert sum(wanted) == parts(f"match_rate{suffix}")[0]
    (row,) = ask(reconciled, catalogue, Question("explained_value")).rows
    assert (row.parts, row.value) == ((399, 400), Decimal("99.75"))


def test_lags_are_percentiles_of_the_items_themselves(
    catalogue: Catalogue, reconciled: duckdb.DuckDBPyConnection
) -> None:
    def lags(name: str) -> list[tuple[object, ...]]:
        rows = ask(reconciled, catalogue, Question(name, by=("leg",))).rows
        return [(*row.keys, row.value, row.records) for row in rows]

    # Where no item has both sides there is no lag, and not one of no days.
    assert lags("lag_p50") == [("fee_contract", None, 0), ("payout_bank", 1, 5)]
    assert lags("lag_p99") == [("fee_contract", None, 0), ("payout_bank", 30, 5)]


def test_value_at_risk_has_an_owner(
    catalogue: Catalogue, reconciled: duckdb.DuckDBPyConnection
) -> None:
    rows = ask(reconciled, catalogue, Question("value_at_risk", by=("owner", "age_bucket"))).rows
    assert {row.keys: row.parts for row in rows} == {
        ("ann", "0-1"): (701,),
        ("none", "0-1"): (30,),
    }


def test_a_payment_has_a_unit_cost(catalogue: Catalogue) -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            create table fct_revenue_monthly as
            select date '2026-01-01' as month, 1200000 as network_cost_reporting_minor,
                50000 as gross_volume_records
        """)
        (row,) = ask(connection, catalogue, Question("network_cost_per_payment")).rows
    assert (row.parts, row.records) == ((1_200_000, 50_000), 50_000)
    assert shown(catalogue["network_cost_per_payment"], row.value, "USD") == "0.2400 USD each"


def test_the_page_says_what_the_definitions_do() -> None:
    """Make it anew with: make docs."""
    page = PAGE.read_text()
    assert written(page) == page

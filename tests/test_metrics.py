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
        assert (len(metric.parts) == 2) == (metric.unit in ("bps", "percent", "per_million"))
        assert shown(metric, Decimal(1234), "USD")
        assert catalogue.grains(metric)[-1] == "year"


def test_without_a_run_there_are_no_metrics(tmp_path: Path) -> None:
    with pytest.raises(Unanswerable, match="tieout run"):
        Catalogue(tmp_path / "semantic_manifest.json")


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


def test_the_page_says_what_the_definitions_do() -> None:
    """Make it anew with: make docs."""
    page = PAGE.read_text()
    assert written(page) == page

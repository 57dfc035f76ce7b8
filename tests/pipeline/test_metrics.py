"""One figure, three ways: by its name, in the dashboards and in an auditor's SQL."""

from __future__ import annotations

import csv
import io

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.pipeline.conftest import Company
from tieout.figures import headline
from tieout.metrics import Catalogue, Question, ask

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("company")]

SQL = {
    "items": "select count(*) from fct_reconciliation_items",
    "matched_items": "select count(*) from fct_reconciliation_items where status like 'matched%'",
    "records_compared": "select sum(left_count + right_count) from fct_reconciliation_items",
    "open_breaks": "select count(*) from fct_breaks",
    "value_at_risk": "select sum(value_reporting_minor) from fct_breaks",
    "gross_payment_volume": "select sum(volume_minor) from fct_cost_per_volume_monthly",
    "gross_revenue": "select sum(gross_revenue_reporting_minor) from fct_revenue_monthly",
    "net_revenue": "select sum(net_revenue_reporting_minor) from fct_revenue_monthly",
    "operating_cost": "select sum(cost_minor) from fct_cost_per_volume_monthly",
    "network_cost": "select sum(network_cost_minor) from fct_cost_per_volume_monthly",
    "valid_attempts": "select sum(valid_attempts) from fct_success_rates_monthly",
    "failed_attempts": "select sum(attempts - authorised_attempts) from fct_success_rates_monthly",
    "chargebacks": "select sum(chargebacks) from fct_chargebacks_monthly",
    "merchant_volume": "select sum(gross_volume_reporting_minor)"
    " from fct_revenue_by_merchant_monthly",
    "ledger_result": "select sum(amount_reporting_minor) from fct_income_statement_monthly",
    "items_due": "select sum(items_due) from rpt_fund_flows",
}


def test_a_figure_is_the_same_by_name_in_pages_and_in_sql(company: Company) -> None:
    catalogue = Catalogue(company.workspace.definitions)
    edition = company.editions.get()
    with company.editions.connect() as connection:
        page = headline(connection, edition)

        def parts(name: str) -> tuple[int, ...]:
            (row,) = ask(connection, catalogue, Question(name)).rows
            # What is nothing has no records, as money in transit after a month without a payout.
            assert row.records > 0 or not any(row.parts), name
            return row.parts

        assert sum(any(parts(name)) for name in SQL) > len(SQL) // 2  # most are something
        for name, sql in SQL.items():
            # The sum of no rows is null in SQL, and nothing by name.
            ((answer,),) = connection.execute(sql).fetchall()
            assert parts(name) == (int(answer or 0),), name
        assert parts("match_rate") == (page.items_matched, page.items_in_scope)
        assert parts("match_rate_by_value") == (page.value_matched_minor, page.value_in_scope_minor)
        assert parts("value_in_transit") == (page.value_in_transit_minor,)
        assert parts("open_breaks") == (page.breaks,)
        assert parts("value_at_risk") == (page.breaks_minor,)
        assert parts("gross_revenue") == (page.gross_revenue_minor,)
        assert parts("net_revenue") == (page.net_revenue_minor,)
        assert parts("cost_per_volume") == (page.cost_minor, page.cost_volume_minor)


def test_every_metric_answers_on_a_real_edition(company: Company) -> None:
    catalogue = Catalogue(company.workspace.definitions)
    with company.editions.connect() as connection:
        for metric in catalogue:
            if metric.unit == "days":  # a percentile of a year is none of its months
                continue
            (total,) = ask(connection, catalogue, Question(metric.name)).rows
            by_year = ask(connection, catalogue, Question(metric.name, grain="year")).rows
            for place, part in enumerate(total.parts):
                assert part == sum(row.parts[place] for row in by_year), metric.name


def test_the_command_answers_for_people_and_for_programs(company: Company) -> None:
    home = ["--home", str(company.workspace.home)]
    run = CliRunner().invoke
    told = run(app, ["metric", "match_rate", "--by", "leg", "--explain", *home])
    assert told.exit_code == 0
    assert "= matched items ÷ items" in told.output
    assert "records behind it" in told.output
    assert "FROM main.rpt_reconciliation_daily" in told.output
    listed = run(app, ["metric", "captures", "--grain", "month", "--format", "csv", *home])
    rows = list(csv.DictReader(io.StringIO(listed.output)))
    assert [row["month"] for row in rows] == sorted(row["month"] for row in rows)
    ((captures,),) = company.ask("select sum(gross_volume_records) from fct_revenue_monthly")
    assert sum(int(row["value"]) for row in rows) == captures
    assert "take_rate" in run(app, ["metric", *home]).output
    nothing = run(app, ["metric", "items", "--where", "leg = nowhere", "--by", "leg", *home])
    assert nothing.exit_code == 0

"""Ratios that we divide ourselves, against the division that MetricFlow does in the database."""

from __future__ import annotations

import pytest
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

from tests.pipeline.conftest import Company
from tieout.metrics import Catalogue, Question, ask

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("company")]


def test_a_ratio_is_what_metricflow_divides(company: Company) -> None:
    catalogue = Catalogue(company.workspace.definitions)
    compared = 0
    with company.editions.connect() as connection:
        for metric in (metric for metric in catalogue if len(metric.parts) == 2):
            year = ["metric_time__year"]
            asked = MetricFlowQueryRequest.create(
                metric_names=[metric.name], group_by_names=year, order_by_names=year
            )
            sql = catalogue.engine.explain(asked).sql_statement.sql
            theirs = connection.sql(sql).project(f"{year[0]}::date::varchar, {metric.name}")
            ours = ask(connection, catalogue, Question(metric.name, grain="year")).rows
            quotients = {
                row.keys[0]: row.parts[0] / row.parts[1] if row.parts[1] else None for row in ours
            }
            assert quotients == pytest.approx(dict(theirs.fetchall()), rel=1e-9), metric.name
            compared += any(quotients.values())
    assert compared > 10

"""Cost per volume: what a million of payments costs to carry, and what that is made of."""

from __future__ import annotations

from datetime import date

from dashboards.context import Context
from dashboards.data import Row

_MONTHS = """
select month, coalesce(cost_minor, 0) as cost, coalesce(volume_minor, 0) as volume,
    coalesce(costs_without_rate, 0) as without_rate
from fct_cost_per_volume_monthly order by 1
"""
_DRIVERS = """
select cost_driver, category, coalesce(sum(amount_reporting_minor), 0) as cost,
    sum(records) as records
from fct_costs_monthly where month >= $first and month < $after
group by 1, 2 order by cost desc, cost_driver, category
"""
_SUCCESS = """
select month, sum(authorised_attempts) as authorised, sum(valid_attempts) as valid
from fct_success_rates_monthly group by 1
"""


def months(context: Context) -> dict[date, Row]:
    """Cost and volume of every month in the reporting currency."""
    return {row["month"]: row for row in context.rows(_MONTHS)}


def drivers(context: Context) -> list[Row]:
    """The cost of the period by driver and category."""
    return context.rows(_DRIVERS, first=context.scope.first, after=context.scope.after)


def success(context: Context) -> dict[date, Row]:
    """Authorised and valid attempts of every month."""
    return {row["month"]: row for row in context.rows(_SUCCESS)}

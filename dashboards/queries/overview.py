"""The figures of the Overview. Rates are divided last, from sums that are returned here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from dashboards.context import Context
from dashboards.data import Row

_MONTHS = """
with
    items as (
        select
            cast(date_trunc('month', business_date) as date) as month,
            sum(items) as items,
            sum(items) filter (where status like 'matched%') as items_matched,
            sum(items) filter (where status = 'in_transit') as items_in_transit,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                as value,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                filter (where status like 'matched%') as value_matched,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                filter (where status = 'in_transit') as value_in_transit,
            count(distinct leg) as legs
        from rpt_reconciliation_daily
        where $currency is null or currency = $currency
        group by 1
    ),
    breaks as (
        select
            cast(date_trunc('month', business_date) as date) as month,
            count(*) as breaks,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                as at_risk,
            count(*) filter (where $currency is null and value_reporting_minor is null)
                as breaks_without_rate
        from fct_breaks
        where $currency is null or currency = $currency
        group by 1
    ),
    revenue as (
        select
            month,
            sum(case when $currency is null then gross_volume_reporting_minor
                else gross_volume_minor end) as volume,
            sum(case when $currency is null then gross_revenue_reporting_minor
                else gross_revenue_minor end) as gross_revenue,
            sum(case when $currency is null then net_revenue_reporting_minor
                else net_revenue_minor end) as net_revenue
        from fct_revenue_monthly
        where $currency is null or currency = $currency
        group by 1
    )
select *
from items
full join breaks using (month)
full join revenue using (month)
where month is not null
order by month
"""

_OVER_TIME = """
with
    in_transit as (
        select
            cast(date_trunc($grain, business_date) as date) as day,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                as in_transit
        from rpt_reconciliation_daily
        where status = 'in_transit' and business_date >= $first and business_date < $after
            and ($currency is null or currency = $currency)
        group by 1
    ),
    broken as (
        select
            cast(date_trunc($grain, business_date) as date) as day,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                as broken
        from fct_breaks
        where business_date >= $first and business_date < $after
            and ($currency is null or currency = $currency)
        group by 1
    )
select day, coalesce(in_transit, 0) as in_transit, coalesce(broken, 0) as broken
from in_transit
full join broken using (day)
order by day
"""

_AGES = """
select
    age_bucket,
    count(*) as breaks,
    coalesce(sum(case when $currency is null then value_reporting_minor else value_minor end), 0)
        as at_risk
from fct_breaks
where business_date >= $first and business_date < $after
    and ($currency is null or currency = $currency)
group by 1
order by min(age_days)
"""

_BREAK_TYPES = """
select
    break_type,
    count(*) as breaks,
    coalesce(sum(case when $currency is null then value_reporting_minor else value_minor end), 0)
        as at_risk,
    count(*) filter (where age_days > 30) as old_breaks,
    coalesce(sum(case when $currency is null then value_reporting_minor else value_minor end)
        filter (where age_days > 30), 0) as old_at_risk
from fct_breaks
where business_date >= $first and business_date < $after
    and ($currency is null or currency = $currency)
group by 1
order by at_risk desc, break_type
"""

_FILES = """
select
    count(*) filter (where status = 'unreadable') as unreadable,
    coalesce(sum(quarantined_records), 0) as quarantined,
    (select count(*) from rpt_control_totals where difference <> 0) as failed_totals
from rpt_source_files
"""

_COSTS = """
select month, cost_minor, volume_minor, cost_per_million_minor
from fct_cost_per_volume_monthly
where cost_minor <> 0 and cost_per_million_minor is not null
order by month
"""

_SUCCESS = """
select month, sum(authorised_attempts) as authorised, sum(valid_attempts) as valid
from fct_success_rates_monthly
group by 1
having sum(valid_attempts) > 0
order by month
"""


@dataclass(frozen=True)
class Totals:
    """The sums of some months; amounts in minor units of the currency that was asked for."""

    items: int = 0
    items_matched: int = 0
    items_in_transit: int = 0
    value: int = 0
    value_matched: int = 0
    value_in_transit: int = 0
    legs: int = 0
    breaks: int = 0
    at_risk: int = 0
    breaks_without_rate: int = 0
    volume: int = 0
    gross_revenue: int = 0
    net_revenue: int = 0

    @classmethod
    def of(cls, months: list[Row]) -> Totals:
        """The months added up; the legs are not more for being there every month."""
        sums = {f.name: sum(int(m[f.name] or 0) for m in months) for f in fields(cls)}
        sums["legs"] = max((int(month["legs"] or 0) for month in months), default=0)
        return cls(**sums)


def months(context: Context) -> dict[date, Totals]:
    """The totals of every month of the edition, in the currency of the context."""
    found = context.rows(_MONTHS, currency=context.scope.currency)
    return {row["month"]: Totals.of([row]) for row in found}


def together(months: list[Totals]) -> Totals:
    """Several months added up."""
    return Totals.of([vars(month) for month in months])


def over_time(context: Context, by_month: bool) -> list[Row]:
    """What is not matched yet, by day or month: in transit and broken."""
    return context.in_scope(_OVER_TIME, grain="month" if by_month else "day")


def ages(context: Context) -> list[Row]:
    """Open breaks by age, youngest first."""
    return context.in_scope(_AGES)


def break_types(context: Context) -> list[Row]:
    """Open breaks by type, the most value first."""
    return context.in_scope(_BREAK_TYPES)


def files(context: Context) -> Row:
    """What could not be read, and totals that do not agree, in the whole edition."""
    return context.rows(_FILES)[0]


def costs(context: Context) -> list[Row]:
    """Cost per million of volume by month, always in the reporting currency."""
    return context.rows(_COSTS)


def success(context: Context) -> list[Row]:
    """Authorised and valid attempts by month, over all currencies."""
    return context.rows(_SUCCESS)

"""Merchants by what they sell and earn, and one merchant month by month."""

from __future__ import annotations

from dashboards.context import Context
from dashboards.data import Row

# In the reporting currency, or of one currency in its own amounts.
_SUMS = """
    sum(case when $currency is null then gross_volume_reporting_minor
        else gross_volume_minor end) as volume,
    sum(case when $currency is null then gross_revenue_reporting_minor
        else gross_revenue_minor end) as revenue,
    sum(case when $currency is null then network_cost_reporting_minor
        else network_cost_minor end) as cost,
    sum(case when $currency is null then net_revenue_reporting_minor
        else net_revenue_minor end) as net,
    sum(case when $currency is null then refunds_reporting_minor
        else refunds_minor end) as refunds,
    sum(case when $currency is null then disputes_reporting_minor
        else disputes_minor end) as disputes
"""
_PERIOD = """
    month >= $first and month < $after and ($currency is null or currency = $currency)
"""
_SCOPE = f"""
    {_PERIOD}
    and ($segment is null or segment = $segment)
    and ($search is null or merchant_id ilike '%' || $search || '%')
"""

# Who is on the page is found by one sum; the others are added up for those alone, who need not be
# searched for again: a merchant has one segment.
_MERCHANTS = f"""
with
    largest as materialized (
        select
            merchant_id,
            sum(case when $currency is null then gross_volume_reporting_minor
                else gross_volume_minor end) as volume
        from fct_revenue_by_merchant_monthly
        where {_SCOPE}
        group by 1 order by volume desc, merchant_id limit $limit offset $offset
    )
select merchant_id, min(segment) as segment, min(country) as country, {_SUMS}
from fct_revenue_by_merchant_monthly
where merchant_id in (select merchant_id from largest) and {_PERIOD}
group by 1 order by volume desc, merchant_id
"""

_SEGMENTS = f"""
select
    segment,
    count(distinct merchant_id) filter (where merchant_id <> 'none') as merchants,
    {_SUMS}
from fct_revenue_by_merchant_monthly where {_SCOPE}
group by 1 order by volume desc
"""

_MONTHS = f"""
select month, {_SUMS}
from fct_revenue_by_merchant_monthly
where merchant_id = $merchant and ($currency is null or currency = $currency)
group by 1 order by 1
"""

_SEGMENT_NAMES = "select distinct segment from fct_revenue_by_merchant_monthly order by 1"


def merchants(
    context: Context, segment: str | None, search: str | None, *, limit: int, offset: int = 0
) -> list[Row]:
    """Merchants with their volume, revenue, cost, refunds and disputes, the largest first."""
    return context.in_scope(_MERCHANTS, segment=segment, search=search, limit=limit, offset=offset)


def segments(context: Context, segment: str | None = None, search: str | None = None) -> list[Row]:
    """The same by segment, the largest first, with how many merchants there are; each has one."""
    return context.in_scope(_SEGMENTS, segment=segment, search=search)


def months(context: Context, merchant: str) -> list[Row]:
    """One merchant month by month, whatever the period."""
    return context.rows(_MONTHS, merchant=merchant, currency=context.scope.currency)


def segment_names(context: Context) -> list[str]:
    """The segments of the edition."""
    return [row["segment"] for row in context.rows(_SEGMENT_NAMES)]

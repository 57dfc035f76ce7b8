"""Fees: what processors charged against what their contracts say, and what to claim back."""

from __future__ import annotations

from dashboards.context import Context
from dashboards.data import Row

_SCOPE = """
business_date >= $first and business_date < $after and ($currency is null or currency = $currency)
"""
# Own amounts by currency: the two sides of a line are in the currency that was settled.
_COMPARED = f"""
select processor, currency, sum(items) as items,
    coalesce(sum(items) filter (where status like 'matched%'), 0) as items_matched,
    coalesce(sum(left_minor), 0) as charged, coalesce(sum(right_minor), 0) as contract,
    coalesce(sum(left_minor) filter (where status = 'broken'), 0) as charged_wrongly
from rpt_reconciliation_daily
where leg = 'fee_contract' and {_SCOPE}
group by 1, 2 order by items desc, processor, currency
"""
_CLAIMS = f"""
select * from rpt_fee_claims where {_SCOPE} order by place limit $limit
"""
_TOTAL = f"""
select count(*) as claims,
    coalesce(sum(case when $currency is null then claim_reporting_minor else claim_minor end), 0)
        as claimed,
    coalesce(max(age_days), 0) as oldest,
    count(*) filter (where $currency is null and claim_reporting_minor is null) as without_rate
from rpt_fee_claims where {_SCOPE}
"""
_BY_PROCESSOR = f"""
select processor, count(*) as claims,
    coalesce(sum(case when $currency is null then claim_reporting_minor else claim_minor end), 0)
        as claimed
from rpt_fee_claims where {_SCOPE}
group by 1 order by claimed desc, processor
"""


def compared(context: Context) -> list[Row]:
    """What was charged and what was agreed by processor and currency, in own amounts."""
    return context.in_scope(_COMPARED)


def claims(context: Context, limit: int) -> list[Row]:
    """Lines that were charged more than agreed, the most first."""
    return context.in_scope(_CLAIMS, limit=limit)


def total(context: Context) -> Row:
    """How many claims there are, and what they come to."""
    return context.in_scope(_TOTAL)[0]


def by_processor(context: Context) -> list[Row]:
    """The claims against each processor."""
    return context.in_scope(_BY_PROCESSOR)

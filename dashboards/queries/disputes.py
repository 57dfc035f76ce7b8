"""Disputes: by month of receipt, by month of payment, and against the networks' thresholds."""

from __future__ import annotations

from datetime import date

from dashboards.context import Context
from dashboards.data import Row

_MONTHS = """
select month, coalesce(sum(transactions), 0) as transactions,
    coalesce(sum(chargebacks), 0) as chargebacks,
    coalesce(sum(fraud_chargebacks), 0) as fraud, coalesce(sum(reversals), 0) as reversals,
    coalesce(sum(inquiries), 0) as inquiries,
    coalesce(sum(case when $currency is null then chargeback_reporting_minor
        else chargeback_minor end), 0) as amount
from fct_disputes_monthly where $currency is null or currency = $currency
group by 1 order by 1
"""
# The merchants of the newest month of a programme; those that are nearest to its threshold first.
_PROGRAMMES = """
select *, coalesce(ratio_bps, 0) * 1000000 // threshold_bps as nearness
from fct_dispute_programmes_monthly
where month = (
    select max(month) from fct_dispute_programmes_monthly where month >= $first and month < $after
)
order by is_breached desc, merchant_id = '*' desc, days_to_breach nulls last, nearness desc,
    chargebacks desc, programme, merchant_id
limit 200
"""
_COHORTS = """
select payment_month, months_since, sum(transactions) as transactions,
    sum(chargebacks_to_date) as chargebacks, bool_and(is_complete) as is_complete
from fct_dispute_cohorts_monthly
where payment_month >= $first and payment_month < $after
group by 1, 2 order by 1, 2
"""


def months(context: Context) -> dict[date, Row]:
    """What was received each month, whatever the period."""
    found = context.rows(_MONTHS, currency=context.scope.currency)
    return {row["month"]: row for row in found}


def programmes(context: Context) -> list[Row]:
    """Merchants, and `*` for the whole company, against each programme in the newest month."""
    return context.rows(_PROGRAMMES, first=context.scope.first, after=context.scope.after)


def cohorts(context: Context) -> list[Row]:
    """Chargebacks of the payments of a month, by the months since."""
    return context.rows(_COHORTS, first=context.scope.first, after=context.scope.after)

"""Payouts on their way to the bank: what is expected, what has landed, what is late."""

from __future__ import annotations

from dashboards.context import Context
from dashboards.data import Row

# Amounts in the currency of the context.
_MINOR = "case when $currency is null then amount_reporting_minor else amount_minor end"
_IN_SCOPE = """
from fct_payouts
where business_date >= $first and business_date < $after
    and ($currency is null or currency = $currency)
"""

_TOTALS = f"""
select
    standing, count(*) as payouts, coalesce(sum({_MINOR}), 0)::bigint as minor,
    count(*) filter (where {_MINOR} is null) as without_rate
{_IN_SCOPE}
group by 1
"""

_BY_DUE = f"""
select
    cast(date_trunc($grain, coalesce(deadline, business_date)) as date) as due, standing,
    count(*) as payouts, coalesce(sum({_MINOR}), 0)::bigint as minor
{_IN_SCOPE} and standing <> 'given_up'
group by all
order by all
"""

_ARRIVALS = f"""
select deadline as due, count(*) as payouts, coalesce(sum({_MINOR}), 0)::bigint as minor
{_IN_SCOPE} and standing = 'in_transit'
group by 1
order by 1
"""

_OPEN = f"""
select *, {_MINOR} as value_minor
{_IN_SCOPE} and standing in ('late', 'in_transit')
order by standing = 'late' desc, days_late desc, value_minor desc nulls last, item_id
limit $limit
"""

_RULE = """
select deadline_days, missing_days, calendar from rpt_legs where leg = 'payout_bank'
"""

_CASH = """
select
    account, currency,
    coalesce(max(on_day) filter (where line = 'stated_by_bank'), max(on_day)) as on_day,
    max(amount_minor) filter (where line = 'ledger_on_day') as ledger_minor,
    max(amount_minor) filter (where line = 'stated_by_bank') as bank_minor,
    max(amount_minor) filter (where line = 'difference') as difference_minor,
    max(amount_minor) filter (where line = 'closing') as closing_minor
from fct_cash_roll_forward_monthly
where month = (select max(month) from fct_cash_roll_forward_monthly where month < $after)
    and ($currency is null or currency = $currency)
group by all
order by abs(closing_minor) desc, account, currency
"""


def totals(context: Context) -> dict[str, Row]:
    """Payouts of the period by where they stand: landed, in_transit, late, given_up."""
    return {row["standing"]: row for row in context.in_scope(_TOTALS)}


def by_due(context: Context, *, by_month: bool) -> list[Row]:
    """What was due when, by day or month, and where it stands."""
    return context.in_scope(_BY_DUE, grain="month" if by_month else "day")


def arrivals(context: Context) -> list[Row]:
    """What is still to come, by the day on which policy expects it at the latest."""
    return context.in_scope(_ARRIVALS)


def open_payouts(context: Context, limit: int) -> list[Row]:
    """Payouts that have not landed, the late ones first."""
    return context.in_scope(_OPEN, limit=limit)


def rule(context: Context) -> Row | None:
    """The policy of the leg on the as-of day."""
    found = context.rows(_RULE) if "rpt_legs" in context.edition.tables else []
    return found[0] if found else None


def cash(context: Context) -> list[Row]:
    """Cash accounts at the end of the period: the ledger, and what the bank stated last.

    None for somebody who may not see all rows.
    """
    if "fct_cash_roll_forward_monthly" not in context.edition.tables:
        return []
    return context.rows(_CASH, after=context.scope.after, currency=context.scope.currency)

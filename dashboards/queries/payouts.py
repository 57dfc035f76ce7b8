"""Payouts on their way to the bank: what is expected, what has landed, what is late.

A payout is an item of the leg payout_bank with a left side. It is due on the deadline of the
policy of its day, counted in business days where the policy names a calendar.
"""

from __future__ import annotations

from dashboards.context import Context
from dashboards.data import Row

# Amounts in the currency of the context: converted at the rate of the payout's day, as marts do.
_PAYOUTS = """
with
    payouts as (
        select
            i.item_id, i.processor, i.reference, i.status, i.break_type, i.left_minor,
            i.right_minor, i.right_count, i.currency, i.business_date, i.right_date, i.deadline,
            i.as_of,
            case
                when $currency is not null or i.currency = $reporting then i.left_minor
                else cast(sign(i.left_minor) * (
                    (2 * abs(i.left_minor)::hugeint * r.rate_billionths
                        * r.reporting_minor_per_major + r.minor_per_major::hugeint * 1000000000)
                    // (2 * r.minor_per_major::hugeint * 1000000000)) as bigint)
            end as minor,
            case
                when i.right_count > 0 then 'landed'
                when i.status = 'in_transit' then 'in_transit'
                when i.status = 'broken' then 'late'
                else 'given_up'
            end as standing
        from fct_reconciliation_items as i
        left join rpt_reporting_rates as r
            on i.currency = r.currency
            and i.business_date >= r.rate_date and i.business_date < r.next_rate_date
        where i.leg = 'payout_bank' and i.left_count > 0
            and i.business_date >= $first and i.business_date < $after
            and ($currency is null or i.currency = $currency)
    )
"""

_TOTALS = f"""
{_PAYOUTS}
select
    standing, count(*) as payouts, coalesce(sum(minor), 0)::bigint as minor,
    count(*) filter (where minor is null) as without_rate
from payouts
group by 1
"""

_BY_DUE = f"""
{_PAYOUTS}
select
    cast(date_trunc($grain, coalesce(deadline, business_date)) as date) as due, standing,
    count(*) as payouts, coalesce(sum(minor), 0)::bigint as minor
from payouts
where standing <> 'given_up'
group by all
order by all
"""

_ARRIVALS = f"""
{_PAYOUTS}
select deadline as due, count(*) as payouts, coalesce(sum(minor), 0)::bigint as minor
from payouts
where standing = 'in_transit'
group by 1
order by 1
"""

_OPEN = f"""
{_PAYOUTS}
select * exclude (minor, right_count), minor as value_minor,
    greatest(date_diff('day', deadline, as_of), 0) as days_late
from payouts
where standing in ('late', 'in_transit')
order by standing = 'late' desc, days_late desc, minor desc nulls last, item_id
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
    return {
        row["standing"]: row
        for row in context.in_scope(_TOTALS, reporting=context.edition.reporting_currency)
    }


def by_due(context: Context, *, by_month: bool) -> list[Row]:
    """What was due when, by day or month, and where it stands."""
    return context.in_scope(
        _BY_DUE,
        reporting=context.edition.reporting_currency,
        grain="month" if by_month else "day",
    )


def arrivals(context: Context) -> list[Row]:
    """What is still to come, by the day on which policy expects it at the latest."""
    return context.in_scope(_ARRIVALS, reporting=context.edition.reporting_currency)


def open_payouts(context: Context, limit: int) -> list[Row]:
    """Payouts that have not landed, the late ones first."""
    return context.in_scope(_OPEN, reporting=context.edition.reporting_currency, limit=limit)


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

"""Revenue: what merchants paid, what moving their money cost, and what is left."""

from __future__ import annotations

from datetime import date

from dashboards.context import Context
from dashboards.data import Row

# The costs in the order of the bridge: each column's beginning and its name.
COSTS = {
    "interchange": "Interchange",
    "scheme_fee": "Scheme fees",
    "markup": "Processor markup",
    "fixed_fee": "Fixed fees",
    "other_fees": "Fees of their own",
    "network_fee": "Networks' own fees",
}
_AMOUNTS = {
    "volume": "gross_volume",
    "refunds": "refunds",
    "disputes": "disputes",
    "gross": "gross_revenue",
    "cost": "network_cost",
    "net": "net_revenue",
}


def _sums(columns: dict[str, str]) -> str:
    """In the reporting currency, or of one currency in its own amounts."""
    return ", ".join(
        f"coalesce(sum(case when $currency is null then {column}_reporting_minor "
        f"else {column}_minor end), 0) as {name}"
        for name, column in columns.items()
    )


_ALL = _sums(_AMOUNTS | {name: name for name in COSTS})
_MONTHS = f"""
select month, {_ALL}, coalesce(sum(days_without_rate), 0) as days_without_rate
from fct_revenue_monthly
where $currency is null or currency = $currency
group by 1 order by 1
"""
_CURRENCIES = f"""
select currency, {_ALL}
from fct_revenue_monthly
where month >= $first and month < $after and ($currency is null or currency = $currency)
group by 1 order by volume desc, gross desc, currency
"""
_PRODUCTS = f"""
select product, presentation, {_sums({**_AMOUNTS, "presented": "presented_revenue"})}
from fct_revenue_by_merchant_monthly
where month >= $first and month < $after and ($currency is null or currency = $currency)
group by 1, 2 order by gross desc, product
"""
# Each in its own currency: a bill is owed in the currency that it is written in.
_NETWORK_FEES = """
select service_month, network, currency, state, accrued_minor, billed_minor, true_up_minor,
    last_billed_on, due_on
from fct_network_fees_monthly
where service_month >= $first and service_month < $after
    and ($currency is null or currency = $currency)
order by service_month desc, abs(true_up_minor) desc, network, currency
"""
# A booking month has one row of booked and of remaining, and one of recognised for each month.
_BOOKINGS = """
select
    booking_month, currency,
    sum(case when step = 'booked' then amount_minor else 0 end)::bigint as booked,
    sum(case when step = 'recognised' then amount_minor else 0 end)::bigint as recognised,
    sum(case when step = 'remaining' then amount_minor else 0 end)::bigint as remaining,
    sum(case when step = 'booked' then records else 0 end)::bigint as invoices,
    sum(case when step <> 'booked' then 0 when $currency is null then amount_reporting_minor
        else amount_minor end)::bigint as value
from fct_revenue_waterfall_monthly
where booking_month >= $first and booking_month < $after
    and ($currency is null or currency = $currency)
group by 1, 2 order by booking_month desc, booked desc, currency
"""
_RECOGNISED = """
select month, coalesce(sum(case when $currency is null then amount_reporting_minor
    else amount_minor end), 0)::bigint as recognised
from fct_revenue_waterfall_monthly
where booking_month >= $first and booking_month < $after and step = 'recognised'
    and ($currency is null or currency = $currency)
group by 1 order by 1
"""


def months(context: Context) -> dict[date, Row]:
    """Every month's amounts, whatever the period, so that one can be compared with another."""
    found = context.rows(_MONTHS, currency=context.scope.currency)
    return {row["month"]: row for row in found}


def currencies(context: Context) -> list[Row]:
    """The same by currency; amounts in the reporting currency unless one is chosen."""
    return context.in_scope(_CURRENCIES)


def products(context: Context) -> list[Row]:
    """By product, with how its revenue is presented: gross as principal, net as agent."""
    return context.in_scope(_PRODUCTS)


def network_fees(context: Context) -> list[Row]:
    """What was accrued for each network and month of service, and what it billed."""
    return context.in_scope(_NETWORK_FEES)


def bookings(context: Context) -> list[Row]:
    """What was booked by month and currency, recognised of it and what remains.

    `value` is what was booked in the currency of the totals, None without a rate. There is nothing
    of an edition that was published before there was such a waterfall.
    """
    table = context.edition.tables.get("fct_revenue_waterfall_monthly")
    if table is None or "amount_reporting_minor" not in dict(table.columns):
        return []
    return context.in_scope(_BOOKINGS)


def recognised(context: Context) -> dict[date, int]:
    """Of what was booked in the period: recognised by month, in the currency of the totals."""
    return {row["month"]: int(row["recognised"]) for row in context.in_scope(_RECOGNISED)}

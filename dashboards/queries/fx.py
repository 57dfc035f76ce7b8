"""Exchange: what rates did to the company, and the rates that were used."""

from __future__ import annotations

from dashboards.context import Context
from dashboards.data import Row

_EFFECTS = """
select currency, coalesce(sum(amount_reporting_minor) filter (where effect = 'realised'), 0)
        as realised,
    coalesce(sum(amount_reporting_minor) filter (where effect = 'unrealised'), 0) as unrealised,
    coalesce(sum(amount_reporting_minor) filter (where effect = 'processor_markup'), 0) as markup,
    coalesce(sum(amount_reporting_minor), 0) as together, sum(records) as records,
    sum(amounts_without_rate) as without_rate
from fct_fx_effects_monthly
where month >= $first and month < $after and ($currency is null or currency = $currency)
group by 1 order by abs(together) desc, currency
"""
_ACCOUNTS = """
select account, currency, sum(exchange_effect_reporting_minor) as effect
from fct_trial_balance_monthly
where month >= $first and month < $after and ($currency is null or currency = $currency)
    and account_type in ('asset', 'liability') and role <> 'currency_exchange'
group by 1, 2 having sum(exchange_effect_reporting_minor) <> 0
order by abs(sum(exchange_effect_reporting_minor)) desc, account, currency limit 200
"""
# The last rate of each currency until the end of the period.
_RATES = """
select currency, max(rate_date) as rate_date, arg_max(rate_billionths, rate_date) as billionths,
    min(rate_billionths) as low, max(rate_billionths) as high, count(*) as days
from rpt_reporting_rates
where rate_date < $after and rate_date >= $first and ($currency is null or currency = $currency)
    and currency <> reporting_currency and rate_date <= $as_of
group by 1 order by 1
"""
_SOURCES = """
select distinct source from rpt_source_files where format ilike '%ecb%' or source ilike '%rate%'
    or source ilike '%ecb%'
order by 1
"""


def effects(context: Context) -> list[Row]:
    """Gains and losses by currency in the reporting currency, the largest first."""
    return context.in_scope(_EFFECTS)


def accounts(context: Context) -> list[Row]:
    """What rates changed on each balance that is owned or owed."""
    return context.in_scope(_ACCOUNTS)


def rates(context: Context) -> list[Row]:
    """The last rate used of each currency, and its range in the period."""
    return context.in_scope(_RATES, as_of=context.as_of)


def sources(context: Context) -> list[str]:
    """Where the rates are from."""
    return [row["source"] for row in context.rows(_SOURCES)]

-- For each day and currency of payments, settlement lines, disputes and money facts: the fraction
-- that brings minor units to those of the reporting currency. Found once a day, so that millions of
-- records find theirs by equality.
with
    days as (
        select cast(created_at as date) as day, currency
        from {{ ref("stg_payments") }}
        union
        select cast(created_at as date), currency
        from {{ ref("stg_disputes") }}
        union
        select cast(created_at as date), currency
        from {{ ref("stg_settlement_lines") }}
        union
        select cast(created_at as date), presentment_currency
        from {{ ref("stg_settlement_lines") }}
        union
        select business_date, currency
        from {{ ref("int_daily_amounts") }}
    )

select
    d.day,
    d.currency,
    case
        when d.currency = '{{ var("reporting_currency") }}'
        then 1
        else cast(fx.rate_billionths as hugeint) * reporting.minor_per_major
    end as rate_numerator,
    case
        when d.currency = '{{ var("reporting_currency") }}'
        then 1
        else cast(own.minor_per_major as hugeint) * 1000000000
    end as rate_denominator
from days as d {{ reporting_joins("d", "currency", "day") }}

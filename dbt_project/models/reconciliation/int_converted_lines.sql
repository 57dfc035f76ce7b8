{{ config(materialized="view") }}

-- Settlement lines in another currency than the payer's, with the rates of their day.
select
    {{ first_of_month("cast(l.created_at as date)") }} as month,
    l.presentment_currency as currency,
    {{ at_rate("l.gross_minor", "settled") }} as gross_reporting_minor,
    {{ at_rate("l.presentment_minor", "seen") }} as reference_reporting_minor
from {{ ref("stg_settlement_lines") }} as l
left join
    {{ ref("int_daily_rates") }} as settled
    on cast(l.created_at as date) = settled.day
    and l.currency = settled.currency
left join
    {{ ref("int_daily_rates") }} as seen
    on cast(l.created_at as date) = seen.day
    and l.presentment_currency = seen.currency
where l.presentment_currency <> l.currency

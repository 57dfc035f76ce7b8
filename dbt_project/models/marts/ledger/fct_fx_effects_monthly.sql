-- What exchange rates did to the company in a month, in the reporting currency, gains positive:
-- realised, as the ledger posts it; unrealised, on what is owned and owed at the end of the month;
-- and what processors kept by converting at rates other than the reference rate of the day.
with
    realised as (
        select
            {{ first_of_month("business_date") }} as month,
            currency,
            'realised' as effect,
            - net_reporting_minor as amount_reporting_minor,
            entries as records
        from {{ ref("fct_ledger_daily") }}
        where role = 'exchange_difference'
    ),

    -- The account through which one currency is exchanged for another holds the mirror of all the
    -- others, so it would undo the effect.
    unrealised as (
        select month, currency, 'unrealised', exchange_effect_reporting_minor, entries
        from {{ ref("fct_trial_balance_monthly") }}
        where account_type in ('asset', 'liability') and role <> 'currency_exchange'
    ),

    converted as (select * from {{ ref("int_converted_lines") }}),

    effects as (
        select *
        from realised
        union all
        select *
        from unrealised
        union all
        select
            month,
            currency,
            'processor_markup',
            gross_reporting_minor - reference_reporting_minor,
            1
        from converted
    )

select
    month,
    currency,
    effect,
    {{ sum_minor("amount_reporting_minor") }} as amount_reporting_minor,
    cast(sum(records) as bigint) as records,
    cast(
        sum(case when amount_reporting_minor is null then 1 else 0 end) as bigint
    ) as amounts_without_rate,
    '{{ var("reporting_currency") }}' as reporting_currency
from effects
group by 1, 2, 3

-- The balance of each account, month after month from its first posting on: what it opened with,
-- what moved it, what it closed with. An opening balance is the closing one of the month before,
-- so the roll-forward holds for every account, month and currency, also where nothing moved.
with
    monthly as (
        select
            {{ first_of_month("business_date") }} as month,
            account,
            account_type,
            role,
            currency,
            {{ sum_minor("debits_minor") }} as debits_minor,
            {{ sum_minor("credits_minor") }} as credits_minor,
            cast(sum(entries) as bigint) as entries,
            -- A sum that lacks a day would be wrong and look right.
            case
                when count(net_reporting_minor) = count(*)
                then cast(sum(net_reporting_minor) as bigint)
            end as activity_reporting_minor
        from {{ ref("fct_ledger_daily") }}
        group by 1, 2, 3, 4, 5
    ),

    known as (
        select
            account,
            account_type,
            role,
            currency,
            min(month) as first_month,
            max(month) as last_month
        from monthly
        group by 1, 2, 3, 4
    ),

    months as (
        select distinct {{ first_of_month("date_day") }} as month
        from
            (
                select {{ each_day("first_month", "last_day") }} as date_day
                from
                    (
                        select
                            min(k.first_month) as first_month,
                            greatest(max(k.last_month), max(c.as_of)) as last_day
                        from known as k
                        cross join {{ ref("int_as_of") }} as c
                    ) as span
                where first_month is not null
            ) as days
    ),

    rolled as (
        select
            m.month,
            {{ add_days(first_of_month(add_days("m.month", "31")), "-1") }} as last_day,
            k.account,
            k.account_type,
            k.role,
            k.currency,
            coalesce(a.debits_minor, 0) as debits_minor,
            coalesce(a.credits_minor, 0) as credits_minor,
            coalesce(a.entries, 0) as entries,
            case
                when a.month is null then 0 else a.activity_reporting_minor
            end as activity_reporting_minor,
            cast(
                sum(coalesce(a.debits_minor, 0) - coalesce(a.credits_minor, 0)) over (
                    in_order rows between unbounded preceding and current row
                ) as bigint
            ) as closing_minor,
            cast(
                sum(a.activity_reporting_minor) over (
                    in_order rows between unbounded preceding and current row
                ) as bigint
            ) as history_reporting_minor
        from known as k
        inner join months as m on m.month >= k.first_month
        left join
            monthly as a on a.month = m.month and a.account = k.account and a.currency = k.currency
        window in_order as (partition by k.account, k.currency order by m.month)
    ),

    -- What is owned or owed is worth what it is at the last rate of the month; equity, income and
    -- expense stay at the rates of their days.
    valued as (
        select
            r.*,
            r.closing_minor - r.debits_minor + r.credits_minor as opening_minor,
            case
                when r.account_type in ('equity', 'income', 'expense')
                then r.history_reporting_minor
                else {{ in_reporting("r.closing_minor", "r.currency") }}
            end as closing_reporting_minor,
            fx.rate_date
        from rolled as r {{ reporting_joins("r", "currency", "last_day") }}
    ),

    followed as (
        select
            valued.*,
            lag(month) over in_order as previous_month,
            lag(closing_reporting_minor) over in_order as previous_closing_reporting_minor
        from valued
        window in_order as (partition by account, currency order by month)
    ),

    opened as (
        select
            followed.*,
            case
                when previous_month is null then 0 else previous_closing_reporting_minor
            end as opening_reporting_minor
        from followed
    )

select
    month,
    account,
    account_type,
    role,
    currency,
    cast(opening_minor as bigint) as opening_minor,
    debits_minor,
    credits_minor,
    closing_minor,
    entries,
    cast(opening_reporting_minor as bigint) as opening_reporting_minor,
    activity_reporting_minor,
    cast(
        closing_reporting_minor - opening_reporting_minor - activity_reporting_minor as bigint
    ) as exchange_effect_reporting_minor,
    closing_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency,
    rate_date
from opened

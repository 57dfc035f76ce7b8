-- Statements that state how much was on an account before and after, and the days whose entries
-- they hold: from the day after the statement before, or from their own opening if that is later.
with
    stated as (
        select
            account,
            currency,
            statement_id,
            max(case when balance_kind = 'opening' then balance_date end) as opening_day,
            max(case when balance_kind = 'closing' then balance_date end) as closing_day
        from {{ ref("stg_bank_balances") }}
        where balance_kind in ('opening', 'closing')
        group by account, currency, statement_id
    ),

    whole as (select * from stated where opening_day is not null and closing_day is not null),

    following as (
        select
            whole.*,
            lag(closing_day) over (
                partition by account, currency order by closing_day, statement_id
            ) as closed_before
        from whole
    )

select
    account,
    currency,
    statement_id,
    account || '|' || currency || '|' || statement_id as statement_key,
    closing_day,
    case
        when closed_before is null or {{ add_days("closed_before", "1") }} < opening_day
        then opening_day
        else {{ add_days("closed_before", "1") }}
    end as first_day
from following

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
    ),

    begun as (
        select
            following.*,
            coalesce({{ add_days("closed_before", "1") }} >= opening_day, false) as follows
        from following
    )

select
    account,
    currency,
    statement_id,
    account || '|' || currency || '|' || statement_id as statement_key,
    closing_day,
    case when follows then {{ add_days("closed_before", "1") }} else opening_day end as first_day,
    -- An opening balance is dated by some banks on the day that it opens, by others on the day
    -- before, so where nothing comes before it, only the next day is surely covered whole.
    least(
        {{ add_days("case when follows then closed_before else opening_day end", "1") }},
        closing_day
    ) as whole_from
from begun

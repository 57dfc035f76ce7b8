-- Cash from the balance that a month opens with to the one that it closes with, by what moved it;
-- and where the bank stated a balance in the month, what the ledger says on that day beside it.
with
    cash as (
        select b.*, a.bank_account
        from {{ ref("fct_trial_balance_monthly") }} as b
        inner join {{ ref("int_accounts") }} as a on b.account = a.account
        where b.role = 'cash'
    ),

    flows as (
        select
            {{ first_of_month("d.business_date") }} as month,
            d.account,
            d.currency,
            d.event_type,
            cast(sum(d.net_minor) as bigint) as amount_minor,
            cast(sum(d.entries) as bigint) as entries
        from {{ ref("fct_ledger_daily") }} as d
        where d.role = 'cash'
        group by 1, 2, 3, 4
    ),

    -- The last balance that the bank states in a month.
    stated as (
        select
            b.account as bank_account,
            b.currency,
            b.balance_date,
            b.amount_minor,
            {{ first_of_month("b.balance_date") }} as month,
            row_number() over (
                partition by b.account, b.currency, {{ first_of_month("b.balance_date") }}
                order by b.balance_date desc, b.statement_id desc, b.record_id
            ) as place
        from {{ ref("int_stated_balances") }} as b
        inner join
            {{ ref("int_statements") }} as s
            on s.account = b.account
            and s.currency = b.currency
            and s.statement_id = b.statement_id
            and s.closing_day = b.balance_date
        where b.balance_kind = 'closing'
    ),

    -- The ledger's balance on the day of the bank's.
    on_the_day as (
        select
            c.month,
            c.account,
            c.currency,
            s.balance_date,
            s.amount_minor as stated_minor,
            c.opening_minor + coalesce(sum(d.net_minor), 0) as ledger_minor
        from cash as c
        inner join
            stated as s
            on s.bank_account = c.bank_account
            and s.currency = c.currency
            and s.month = c.month
            and s.place = 1
        left join
            {{ ref("fct_ledger_daily") }} as d
            on d.account = c.account
            and d.currency = c.currency
            and d.business_date >= s.month
            and d.business_date <= s.balance_date
        group by c.month, c.account, c.currency, s.balance_date, s.amount_minor, c.opening_minor
    ),

    lines as (
        select
            month,
            account,
            currency,
            'opening' as line,
            1 as position,
            opening_minor as amount_minor,
            null as on_day,
            0 as entries
        from cash
        union all
        select month, account, currency, event_type, 2, amount_minor, null, entries
        from flows
        union all
        select month, account, currency, 'closing', 3, closing_minor, null, 0
        from cash
        union all
        select month, account, currency, 'ledger_on_day', 4, ledger_minor, balance_date, 0
        from on_the_day
        union all
        select month, account, currency, 'stated_by_bank', 5, stated_minor, balance_date, 0
        from on_the_day
        union all
        select
            month, account, currency, 'difference', 6, ledger_minor - stated_minor, balance_date, 0
        from on_the_day
    )

select
    l.month,
    l.account,
    coalesce(a.bank_account, 'none') as bank_account,
    l.currency,
    l.position,
    l.line,
    cast(l.amount_minor as bigint) as amount_minor,
    cast(l.on_day as date) as on_day,
    cast(l.entries as bigint) as entries
from lines as l
left join {{ ref("int_accounts") }} as a on l.account = a.account

-- Every statement comes to what the ledger says, to the minor unit: the day totals and the last
-- trial
-- balance to all postings of an account, the income statement to those of income and expense, a
-- month's opening balance to the closing one before, and cash from opening to closing.
with
    postings as (
        select account, currency, sum(amount_minor) as minor, count(*) as entries
        from {{ ref("stg_ledger_entries") }}
        group by account, currency
    ),

    daily as (
        select account, currency, sum(net_minor) as minor, sum(entries) as entries
        from {{ ref("fct_ledger_daily") }}
        group by account, currency
    ),

    balances as (
        select
            b.*,
            lag(b.closing_minor) over (
                partition by b.account, b.currency order by b.month
            ) as closed_before,
            max(b.month) over (partition by b.account, b.currency) as last_month
        from {{ ref("fct_trial_balance_monthly") }} as b
    ),

    results as (
        select account, currency, - sum(amount_minor) as minor, sum(entries) as entries
        from {{ ref("fct_income_statement_monthly") }}
        group by account, currency
    ),

    cash as (
        select
            month,
            account,
            currency,
            sum(
                case when position < 3 then amount_minor when position = 3 then - amount_minor end
            ) as residual
        from {{ ref("fct_cash_roll_forward_monthly") }}
        group by month, account, currency
    )

select p.account, p.currency, 'daily' as statement
from postings as p
full join daily as d on p.account = d.account and p.currency = d.currency
where
    coalesce(p.minor, 0) <> coalesce(d.minor, 0) or coalesce(p.entries, 0) <> coalesce(d.entries, 0)
union all
select p.account, p.currency, 'trial balance'
from postings as p
left join
    balances as b on p.account = b.account and p.currency = b.currency and b.month = b.last_month
where b.closing_minor is null or b.closing_minor <> p.minor
union all
select account, currency, 'roll-forward'
from balances
where
    opening_minor <> coalesce(closed_before, 0)
    or opening_minor + debits_minor - credits_minor <> closing_minor
union all
select p.account, p.currency, 'income statement'
from postings as p
inner join
    {{ ref("stg_chart_of_accounts") }} as a
    on p.account = a.account
    and a.account_type in ('income', 'expense')
full join results as r on p.account = r.account and p.currency = r.currency
where
    coalesce(p.minor, 0) <> coalesce(r.minor, 0) or coalesce(p.entries, 0) <> coalesce(r.entries, 0)
union all
select account, currency, 'cash'
from cash
where residual <> 0

-- Left: what the ledger posted on a cash account in the days of a statement. Right: by how much
-- the statement says that the account has moved, its closing balance less its opening one. So an
-- error stays in its own statement, where a balance would carry it into all that follow.
with
    begun as (
        select account, currency, min(first_day) as first_day
        from {{ ref("int_statements") }}
        group by account, currency
    ),

    entries as (
        select
            e.*,
            s.statement_key,
            coalesce(e.bank_account, e.account)
            || ' '
            || cast(
                coalesce(s.closing_day, cast(e.effective_at as date)) as varchar
            ) as stated_reference,
            case
                when e.bank_account is null
                then 'no_bank_account'
                when b.first_day is null
                then 'account_without_statements'
                when cast(e.effective_at as date) < b.first_day
                then 'before_first_statement'
            end as reason
        from {{ ref("int_cash_entries") }} as e
        left join begun as b on b.account = e.bank_account and b.currency = e.currency
        left join
            {{ ref("int_statements") }} as s
            on s.account = e.bank_account
            and s.currency = e.currency
            and cast(e.effective_at as date) between s.first_day and s.closing_day
    ),

    -- A bank's account is in the ledger once, or once for each of its currencies.
    known as (
        select distinct bank_account
        from {{ ref("stg_chart_of_accounts") }}
        where role = 'cash' and bank_account is not null
    ),

    balances as (
        select
            b.*,
            s.statement_key,
            b.account
            || ' '
            || cast(coalesce(s.closing_day, b.balance_date) as varchar) as stated_reference,
            case
                balance_kind when 'opening' then - b.amount_minor else b.amount_minor
            end as moved_minor,
            case
                when k.bank_account is null
                then 'account_not_in_ledger'
                when b.balance_kind not in ('opening', 'closing')
                then 'not_a_booked_balance'
                when s.statement_key is null
                then 'statement_without_both_balances'
            end as reason
        from {{ ref("stg_bank_balances") }} as b
        left join known as k on k.bank_account = b.account
        left join
            {{ ref("int_statements") }} as s
            on s.account = b.account
            and s.currency = b.currency
            and s.statement_id = b.statement_id
    )

    {{
        movements(
            "ledger_bank",
            "'left'",
            "entries",
            "'ledger_entries'",
            match_key="coalesce(statement_key, 'not stated|' || bank_account || '|' || currency || '|' || cast(cast(effective_at as date) as varchar))",
            amount="amount_minor",
            business_date="effective_at",
            processor="processor",
            reference="stated_reference",
            excluded="reason",
        )
    }}
union all
{{
    movements(
        "ledger_bank",
        "'right'",
        "balances",
        "'bank_balances'",
        match_key="statement_key",
        amount="moved_minor",
        business_date="balance_date",
        reference="stated_reference",
        excluded="reason",
    )
}}

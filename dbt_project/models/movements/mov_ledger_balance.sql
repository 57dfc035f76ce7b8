-- Left: debits of a journal. Right: its credits. A journal balances in every currency.
with
    entries as (select * from {{ ref("stg_ledger_entries") }}),

    debits as (select * from entries where amount_minor >= 0),

    credits as (select * from entries where amount_minor < 0)

    {% set key = "source || '|' || journal_id || '|' || currency" %}
    {{
        movements(
            "ledger_balance",
            "left",
            "debits",
            "'ledger_entries'",
            match_key=key,
            amount="amount_minor",
            business_date="effective_at",
            reference="journal_id",
        )
    }}
union all
{{
    movements(
        "ledger_balance",
        "right",
        "credits",
        "'ledger_entries'",
        match_key=key,
        amount="-amount_minor",
        business_date="effective_at",
        reference="journal_id",
    )
}}

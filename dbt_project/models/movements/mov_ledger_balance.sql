-- Left: debits of a journal. Right: its credits. A journal balances in every currency.
{{
    movements(
        "ledger_balance",
        "case when amount_minor >= 0 then 'left' else 'right' end",
        ref("stg_ledger_entries"),
        "'ledger_entries'",
        match_key="source || '|' || journal_id || '|' || currency",
        amount="abs(amount_minor)",
        business_date="effective_at",
        reference="journal_id",
    )
}}

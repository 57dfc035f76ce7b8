-- Layer totals: every posting is in the general ledger, every balance of cash in its roll-forward,
-- every effect of exchange rates in its mart. The statements have a proof of their own.
{% set effects = ref("fct_fx_effects_monthly") %}
{% set amounts = ["sum(amount_reporting_minor)", "sum(records)"] %}
{% set cash, balances = ref("fct_cash_roll_forward_monthly"), ref("fct_trial_balance_monthly") %}
{% set lines = ["count(*)", "sum(amount_minor)"] %}
{% set entries = ["count(*)", "sum(abs(amount_minor))"] %}
{{
    unequal_totals(
        [
            [ref("fct_general_ledger"), entries, ref("stg_ledger_entries"), entries],
            [
                effects,
                amounts,
                ref("fct_ledger_daily"),
                ["- sum(net_reporting_minor)", "sum(entries)"],
                "effect = 'realised'",
                "role = 'exchange_difference'",
            ],
            [
                cash,
                lines,
                balances,
                ["count(*)", "sum(opening_minor)"],
                "position = 1",
                "role = 'cash'",
            ],
            [
                cash,
                lines,
                balances,
                ["count(*)", "sum(closing_minor)"],
                "position = 3",
                "role = 'cash'",
            ],
            [
                cash,
                ["sum(amount_minor)", "sum(entries)"],
                ref("fct_ledger_daily"),
                ["sum(net_minor)", "sum(entries)"],
                "position = 2",
                "role = 'cash'",
            ],
            [
                effects,
                amounts,
                balances,
                ["sum(exchange_effect_reporting_minor)", "sum(entries)"],
                "effect = 'unrealised'",
                "account_type in ('asset', 'liability') and role <> 'currency_exchange'",
            ],
            [
                effects,
                amounts,
                ref("int_converted_lines"),
                ["sum(gross_reporting_minor - reference_reporting_minor)", "count(*)"],
                "effect = 'processor_markup'",
            ],
        ]
    )
}}

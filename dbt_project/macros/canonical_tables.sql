{# The canonical business tables, in the order of tieout/contracts.py. #}
{% macro canonical_tables() %}
    {{
        return(
            [
                "payments",
                "refunds",
                "disputes",
                "ledger_entries",
                "settlement_lines",
                "bank_lines",
                "bank_balances",
                "fx_rates",
                "costs",
                "chart_of_accounts",
                "subscriptions",
                "invoices",
                "transfers",
                "advances",
                "tax_lines",
                "fee_contracts",
            ]
        )
    }}
{% endmacro %}

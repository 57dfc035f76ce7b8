{#
  The canonical business tables of tieout/contracts.py, each with the column that tells which of two
  versions of a record is the newer; none where a record has no versions but by arrival.
#}
{% macro canonical_tables() %}
    {{
        return(
            {
                "payments": "updated_at",
                "refunds": "updated_at",
                "disputes": "updated_at",
                "ledger_entries": "updated_at",
                "settlement_lines": none,
                "bank_lines": none,
                "bank_balances": none,
                "fx_rates": none,
                "costs": "updated_at",
                "chart_of_accounts": "updated_at",
                "merchants": "updated_at",
                "subscriptions": "updated_at",
                "invoices": "updated_at",
                "transfers": "updated_at",
                "advances": "updated_at",
                "tax_lines": "updated_at",
                "fee_contracts": "updated_at",
                "network_bills": "updated_at",
                "decisions": none,
            }
        )
    }}
{% endmacro %}

{#
  What a record of a canonical table is called and comes to, for a list of records of all tables:
  its reference, amount and currency. A table that is not named here has no amount.

  Where records have no key of their own, `identity` names the columns by which a line of one
  delivery is found again in the next one: a report that is delivered again numbers its lines anew,
  and so are their ids. `unless` is the column that is the key where a source has one.
#}
{% macro record_content(table) %}
    {% set known = {
        "payments": {"reference": "attempt_id", "amount": "captured_minor"},
        "refunds": {"reference": "refund_id", "amount": "amount_minor"},
        "disputes": {"reference": "dispute_event_id", "amount": "amount_minor"},
        "ledger_entries": {"reference": "entry_id", "amount": "amount_minor"},
        "settlement_lines": {
            "reference": "coalesce(line_id, processor_reference, payout_id)",
            "amount": "net_minor",
            "identity": [
                "processor",
                "account",
                "report_id",
                "line_kind",
                "processor_reference",
                "payout_id",
                "currency",
            ],
            "unless": "line_id",
        },
        "bank_lines": {
            "reference": "coalesce(bank_reference, end_to_end_id, remittance)",
            "amount": "amount_minor",
            "identity": [
                "account",
                "statement_id",
                "booking_date",
                "amount_minor",
                "currency",
                "bank_reference",
                "end_to_end_id",
                "remittance",
            ],
            "unless": "entry_id",
        },
        "bank_balances": {
            "reference": "statement_id",
            "amount": "amount_minor",
            "identity": [
                "account",
                "statement_id",
                "balance_kind",
                "balance_date",
                "currency",
            ],
        },
        "fx_rates": {"reference": "cast(rate_date as varchar)"},
        "costs": {"reference": "cost_id", "amount": "amount_minor"},
        "chart_of_accounts": {"reference": "account"},
        "merchants": {"reference": "merchant_id", "currency": "null"},
        "subscriptions": {"reference": "subscription_id", "amount": "amount_minor"},
        "invoices": {"reference": "invoice_id", "amount": "amount_minor"},
        "transfers": {"reference": "transfer_id", "amount": "amount_minor"},
        "advances": {"reference": "advance_event_id", "amount": "principal_minor"},
        "tax_lines": {"reference": "tax_line_id", "amount": "tax_minor"},
        "network_bills": {"reference": "bill_line_id", "amount": "amount_minor"},
        "fee_contracts": {"reference": "contract_line_id"},
        "decisions": {"reference": "decision_id", "currency": "null"},
    } %}
    {% set content = {"reference": "null", "amount": "null", "currency": "currency"} %}
    {% do content.update(known.get(table, {"currency": "null"})) %}
    {{ return(content) }}
{% endmacro %}

{#
  By what a record `r` of a table is found again in another delivery of its report: its id, or the
  columns that tell it apart and its place among the lines of the file that they do not.
#}
{% macro record_identity(table) %}
    {% set content = record_content(table) %}
    {% if content.identity %}
        {% set columns = ["r.source_file_sha256"] %}
        {% set parts = ["r.source"] %}
        {% for name in content.identity %}
            {% do columns.append("r." ~ name) %}
            {% do parts.append("coalesce(cast(r." ~ name ~ " as varchar), '')") %}
        {% endfor %}
        {% set place = (
            "row_number() over (partition by " ~ columns
            | join(", ") ~ " order by r.source_line, r.record_id)"
        ) %}
        {% do parts.append("cast(" ~ place ~ " as varchar)") %}
        {% if content.unless %}
            case
                when r.{{ content.unless }} is not null then r.record_id else {{ hash_id(parts) }}
            end
        {% else %} {{ hash_id(parts) }}
        {% endif %}
    {% else %} r.record_id
    {% endif %}
{% endmacro %}

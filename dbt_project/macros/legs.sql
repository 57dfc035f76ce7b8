{#
  The legs, in the order of the road. A leg is declared here; what else it takes is its mov_ model,
  its leg_ model of one line and its row in policies.csv.

    left, right      what stands on its sides, in words
    key              what the records of an item have in common, in words
    missing_left     the break of an item that has a right side only; missing_right the reverse.
                     Without them a missing side is a difference like any other, and never late.
    mismatch         the break of two sides that differ; without it the records tell which it is:
                     duplicate, partial or amount_mismatch
    may_be_partial   until its deadline, a smaller right side is the first part of a split
    asks_excluded    a left record that the leg leaves out still tells why a right one is alone
    has_netting      what is left after the merge by key is searched for netted deposits
    grouped_as       the leg whose groups are its own: what that one nets or pairs is one item here
    draws            what comes in, for the proof of conservation: the canonical table, and on its
                     staging model (or another relation, where a side is computed) the amount, the
                     day, and if they are not plain columns the record, currency, source and scope
#}
{% macro legs() %}
    {% set payment_events = [
        {
            "table": "payments",
            "amount": "captured_minor",
            "day": "coalesce(captured_at, created_at)",
        },
        {"table": "refunds", "amount": "amount_minor", "day": "created_at"},
        {"table": "disputes", "amount": "amount_minor", "day": "created_at"},
    ] %}
    {% set ledger_entries = {
        "table": "ledger_entries",
        "amount": "amount_minor",
        "day": "effective_at",
    } %}
    {{
        return(
            [
                {
                    "name": "ledger_balance",
                    "key": "source, journal and currency",
                    "title": "Ledger balance",
                    "left": "Debits",
                    "right": "Credits",
                    "mismatch": "unbalanced_journal",
                    "draws": [ledger_entries],
                },
                {
                    "name": "payment_ledger",
                    "key": "kind of event and its id",
                    "title": "Payments to ledger",
                    "left": "Payments",
                    "right": "Ledger",
                    "missing_left": "missing_in_payments",
                    "missing_right": "missing_in_ledger",
                    "asks_excluded": true,
                    "draws": payment_events + [ledger_entries],
                },
                {
                    "name": "payment_settlement",
                    "key": "processor, kind of event and the processor's reference",
                    "title": "Payments to settlement",
                    "left": "Payments",
                    "right": "Settlement",
                    "missing_left": "missing_in_payments",
                    "missing_right": "missing_in_settlement",
                    "may_be_partial": true,
                    "asks_excluded": true,
                    "draws": payment_events
                    + [
                        {
                            "table": "settlement_lines",
                            "amount": "presentment_minor",
                            "day": "created_at",
                            "currency": "presentment_currency",
                        },
                    ],
                },
                {
                    "name": "batch_payout",
                    "key": "processor, payout and currency",
                    "title": "Settlement to payout",
                    "left": "Settlement lines",
                    "right": "Payout",
                    "missing_left": "control_total_mismatch",
                    "missing_right": "missing_in_settlement",
                    "mismatch": "control_total_mismatch",
                    "draws": [
                        {"table": "settlement_lines", "amount": "net_minor", "day": "created_at"},
                    ],
                },
                {
                    "name": "payout_bank",
                    "key": "processor and payout reference, as the bank's text repeats it",
                    "title": "Payout to bank",
                    "left": "Payout",
                    "right": "Bank",
                    "missing_left": "unknown_reference",
                    "missing_right": "missing_in_bank",
                    "has_netting": true,
                    "draws": [
                        {
                            "table": "settlement_lines",
                            "amount": "net_minor",
                            "day": "coalesce(available_on, cast(created_at as date))",
                        },
                        {"table": "bank_lines", "amount": "amount_minor", "day": "booking_date"},
                    ],
                },
                {
                    "name": "ledger_bank",
                    "key": "account, currency and statement",
                    "title": "Ledger cash to bank balance",
                    "left": "Cash postings",
                    "right": "Statement",
                    "missing_left": "missing_in_ledger",
                    "missing_right": "missing_in_bank",
                    "draws": [
                        {
                            "table": "ledger_entries",
                            "amount": "amount_minor",
                            "day": "effective_at",
                            "relation": "int_cash_entries",
                        },
                        {
                            "table": "bank_balances",
                            "amount": "amount_minor",
                            "day": "balance_date",
                        },
                    ],
                },
                {
                    "name": "clearing",
                    "key": "processor and payout, or what the bank leg tied it to",
                    "title": "Money in transit in the ledger",
                    "left": "Payouts posted",
                    "right": "Arrivals posted",
                    "grouped_as": "payout_bank",
                    "missing_left": "unknown_reference",
                    "missing_right": "missing_in_bank",
                    "draws": [
                        {
                            "table": "ledger_entries",
                            "amount": "amount_minor",
                            "day": "effective_at",
                            "relation": "int_transit_entries",
                        },
                    ],
                },
                {
                    "name": "fee_contract",
                    "key": "settlement line",
                    "title": "Fees to contract",
                    "left": "Fees charged",
                    "right": "Contract",
                    "mismatch": "fee_mismatch",
                    "draws": [
                        {
                            "table": "settlement_lines",
                            "amount": "interchange_minor + scheme_fee_minor + markup_minor + fixed_fee_minor",
                            "day": "created_at",
                        },
                        {
                            "table": "fee_contracts",
                            "relation": "int_contract_fees",
                            "record": hash_id(["record_id", "'contract'"]),
                            "source": "contract_source",
                            "amount": "contract_minor",
                            "day": "business_date",
                            "scope": "excluded_reason is null",
                        },
                    ],
                },
                {
                    "name": "fx_conversion",
                    "key": "settlement line",
                    "title": "Conversion to stated rate",
                    "left": "Settled",
                    "right": "At the stated rate",
                    "mismatch": "fx_mismatch",
                    "draws": [
                        {
                            "table": "settlement_lines",
                            "amount": "gross_minor",
                            "day": "created_at",
                        },
                        {
                            "table": "settlement_lines",
                            "relation": "int_conversions",
                            "record": hash_id(["record_id", "'fx'"]),
                            "amount": "converted_minor",
                            "day": "created_at",
                            "scope": "excluded_reason is null",
                        },
                    ],
                },
            ]
        )
    }}
{% endmacro %}

{# The declaration of a leg by its name. #}
{% macro leg_named(name) %}
    {{ return(legs() | selectattr("name", "equalto", name) | first) }}
{% endmacro %}

{# What the leg of a row declares, null where it declares nothing. #}
{% macro declared(attribute) -%}
    case
        leg
        {%- for leg in legs() if leg[attribute] %}
            when '{{ leg.name }}' then '{{ leg[attribute] }}'
        {%- endfor %}
    end
{%- endmacro %}

{# Whether the leg of a row declares it. #}
{% macro declares(attribute) -%} {{ declared(attribute) }} is not null {%- endmacro %}

{#
  The version of a leg's rules: a hash of its declaration and of the models that say which records
  it compares by which key. How records merge and items are judged is Tieout's own version.
#}
{% macro rule_version(leg) %}
    {% set parts = [tojson(leg)] %}
    {% if execute %}
        {% for node in graph.nodes.values() if node.name in ["mov_" ~ leg.name, "leg_" ~ leg.name] %}
            {% do parts.append(node.name ~ node.raw_code) %}
        {% endfor %}
    {% endif %}
    {{ return(local_md5(parts | sort | join("|"))[:12]) }}
{% endmacro %}

-- What came in, counted in staging and nowhere else: the left-hand side of the proof of
-- conservation. A leg uses tables; each of their current records is counted once a leg.
{% set uses = {
    "ledger_balance": [["ledger_entries", "amount_minor", "effective_at", "currency"]],
    "payment_ledger": [
        ["payments", "captured_minor", "coalesce(captured_at, created_at)", "currency"],
        ["refunds", "amount_minor", "created_at", "currency"],
        ["disputes", "amount_minor", "created_at", "currency"],
        ["ledger_entries", "amount_minor", "effective_at", "currency"],
    ],
    "payment_settlement": [
        ["payments", "captured_minor", "coalesce(captured_at, created_at)", "currency"],
        ["refunds", "amount_minor", "created_at", "currency"],
        ["disputes", "amount_minor", "created_at", "currency"],
        ["settlement_lines", "presentment_minor", "created_at", "presentment_currency"],
    ],
    "batch_payout": [["settlement_lines", "net_minor", "created_at", "currency"]],
    "payout_bank": [
        [
            "settlement_lines",
            "net_minor",
            "coalesce(available_on, cast(created_at as date))",
            "currency",
        ],
        ["bank_lines", "amount_minor", "booking_date", "currency"],
    ],
} %}

{% for leg, tables in uses.items() %}
    {% set outer = loop %}
    {% for table, amount, day, currency in tables %}
        select
            '{{ leg }}' as leg,
            '{{ table }}' as source_table,
            source,
            {{ currency }} as currency,
            cast({{ day }} as date) as business_date,
            count(*) as rows_in,
            {{ sum_minor("abs(" ~ amount ~ ")") }} as minor_in
        from {{ ref("stg_" ~ table) }}
        group by 1, 2, 3, 4, 5 {{ "union all" if not (outer.last and loop.last) }}
    {% endfor %}
{% endfor %}

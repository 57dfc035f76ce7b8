-- Left: payment events. Right: what the ledger posted for them on processors' clearing accounts.
with
    events as (select * from {{ ref("int_payment_events") }}),

    postings as (
        select
            e.*,
            a.processor as clearing_processor,
            case
                when a.account is null
                then 'account_not_in_chart'
                when a.role <> 'processor_clearing'
                then 'not_a_clearing_account'
                when
                    e.event_type not in (
                        'capture', 'refund', 'refund_reversal', 'chargeback', 'chargeback_reversal'
                    )
                then 'not_a_payment_event'
            end as reason
        from {{ ref("stg_ledger_entries") }} as e
        left join {{ ref("stg_chart_of_accounts") }} as a on e.account = a.account
    )

    {% set event_key = "event_kind || '|' || event_id" %}
    {{
        movements(
            "payment_ledger",
            "'left'",
            "events",
            "source_table",
            match_key=event_key,
            amount="amount_minor",
            business_date="occurred_at",
            processor="processor",
            reference="event_id",
            excluded="excluded_reason",
        )
    }}
union all
{{
    movements(
        "payment_ledger",
        "'right'",
        "postings",
        "'ledger_entries'",
        match_key="event_type || '|' || reference",
        amount="amount_minor",
        business_date="effective_at",
        processor="clearing_processor",
        reference="coalesce(reference, payment_id)",
        excluded="reason",
    )
}}

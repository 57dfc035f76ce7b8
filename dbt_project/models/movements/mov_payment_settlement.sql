-- Left: payment events. Right: the lines in which the processor settled them, in the currency
-- that the payer saw. Several lines of one event (a split capture) merge to one item.
with
    events as (select * from {{ ref("int_payment_events") }}),

    lines as (
        select
            l.source,
            l.record_id,
            l.source_file_sha256,
            l.source_line,
            l.processor,
            l.processor_reference,
            l.presentment_minor,
            l.presentment_currency as currency,
            l.created_at,
            -- A refund that could not be paid comes back as a refund the other way round.
            case
                when l.line_kind = 'charge'
                then 'capture'
                when l.line_kind = 'refund' and l.presentment_minor > 0
                then 'refund_reversal'
                else l.line_kind
            end as event_kind,
            case
                when l.line_kind not in ('charge', 'refund', 'chargeback', 'chargeback_reversal')
                then 'not_a_payment_event'
            end as reason
        from {{ ref("stg_settlement_lines") }} as l
    )

    {% set key = "processor || '|' || event_kind || '|' || processor_reference" %}
    {{
        movements(
            "payment_settlement",
            "'left'",
            "events",
            "source_table",
            match_key=key,
            amount="amount_minor",
            business_date="occurred_at",
            processor="processor",
            reference="coalesce(processor_reference, event_id)",
            excluded="excluded_reason",
        )
    }}
union all
{{
    movements(
        "payment_settlement",
        "'right'",
        "lines",
        "'settlement_lines'",
        match_key=key,
        amount="presentment_minor",
        business_date="created_at",
        processor="processor",
        reference="processor_reference",
        excluded="reason",
    )
}}

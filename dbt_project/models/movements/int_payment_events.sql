-- What the company itself says happened to its payments: captures, refunds, chargebacks and
-- their reversals, signed from the company's point of view.
with
    captures as (
        select
            'payments' as source_table,
            'capture' as event_kind,
            attempt_id as event_id,
            payment_id,
            processor,
            processor_reference,
            captured_minor as amount_minor,
            currency,
            coalesce(captured_at, created_at) as occurred_at,
            record_id,
            source,
            source_file_sha256,
            source_line,
            case when captured_minor = 0 then 'nothing_captured' end as excluded_reason
        from {{ ref("stg_payments") }}
    ),

    refunds as (
        select
            'refunds' as source_table,
            case
                refund_stage when 'reversal' then 'refund_reversal' else 'refund'
            end as event_kind,
            refund_id as event_id,
            payment_id,
            processor,
            processor_reference,
            case
                refund_stage when 'reversal' then amount_minor else - amount_minor
            end as amount_minor,
            currency,
            created_at as occurred_at,
            record_id,
            source,
            source_file_sha256,
            source_line,
            cast(null as varchar) as excluded_reason
        from {{ ref("stg_refunds") }}
    ),

    disputes as (
        select
            'disputes' as source_table,
            case
                stage when 'reversal' then 'chargeback_reversal' else 'chargeback'
            end as event_kind,
            dispute_event_id as event_id,
            payment_id,
            processor,
            processor_reference,
            case stage when 'reversal' then amount_minor else - amount_minor end as amount_minor,
            currency,
            created_at as occurred_at,
            record_id,
            source,
            source_file_sha256,
            source_line,
            case
                when stage not in ('chargeback', 'reversal') then 'moves_no_money'
            end as excluded_reason
        from {{ ref("stg_disputes") }}
    )

select *
from captures
union all
select *
from refunds
union all
select *
from disputes

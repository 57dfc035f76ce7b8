-- Events of disputes with the payment that they are about, as far as it is known: the attempt that
-- was captured, else the last one.
with
    disputed as (select distinct payment_id from {{ ref("stg_disputes") }}),

    attempts as (
        select
            a.*,
            row_number() over (
                partition by a.payment_id
                order by a.is_captured desc, a.attempt_no desc, a.created_at desc, a.record_id
            ) as place
        from {{ ref("int_attempts") }} as a
        inner join disputed as d on a.payment_id = d.payment_id
    )

select
    e.record_id,
    e.dispute_event_id,
    e.payment_id,
    e.stage,
    cast(e.created_at as date) as received_date,
    {{ first_of_month("cast(e.created_at as date)") }} as month,
    case when a.is_captured = 1 then {{ first_of_month("a.captured_date") }} end as payment_month,
    coalesce(e.processor, a.processor, 'none') as processor,
    coalesce(a.merchant_id, 'unknown') as merchant_id,
    coalesce(a.card_brand, 'unknown') as card_brand,
    coalesce(a.method, 'unknown') as method,
    e.currency,
    coalesce(lower(trim(e.reason)), 'none') as reason,
    coalesce(d.dispute_category, 'other') as dispute_category,
    case when e.stage = 'chargeback' then 1 else 0 end as is_chargeback,
    case when e.stage = 'chargeback' and d.dispute_category = 'fraud' then 1 else 0 end as is_fraud,
    e.amount_minor,
    {{ at_rate("e.amount_minor", "r") }} as amount_reporting_minor
from {{ ref("stg_disputes") }} as e
left join attempts as a on e.payment_id = a.payment_id and a.place = 1
left join {{ ref("dispute_reasons") }} as d on d.reason = lower(trim(e.reason))
left join
    {{ ref("int_daily_rates") }} as r
    on cast(e.created_at as date) = r.day
    and e.currency = r.currency

{{ config(file_format="parquet") }}

-- Which payment each attempt is of. A source that knows payments says so; one that does not repeats
-- the attempt's id, and then the attempts of one invoice are one payment, else those of one
-- customer, else of one card, for the same amount and in near time. Near ones end with a success:
-- what comes after it is bought, not tried again.
with
    shared as (
        select payment_id from {{ ref("stg_payments") }} group by payment_id having count(*) > 1
    ),

    attempts as (
        select
            p.record_id,
            p.attempt_no,
            p.created_at,
            p.status,
            p.payment_id,
            p.invoice_id,
            p.customer_token,
            p.card_fingerprint,
            p.merchant_id,
            p.amount_minor,
            p.currency,
            case
                when p.payment_id <> p.attempt_id or s.payment_id is not null
                then 'payment'
                when invoice_id is not null
                then 'invoice'
                when customer_token is not null
                then 'customer'
                when card_fingerprint is not null
                then 'card'
                else 'attempt'
            end as grouped_by
        from {{ ref("stg_payments") }} as p
        left join shared as s on p.payment_id = s.payment_id
    ),

    named as (
        select
            record_id,
            attempt_no,
            created_at,
            status,
            grouped_by,
            grouped_by
            || '|'
            || case
                grouped_by
                when 'payment'
                then payment_id
                when 'invoice'
                then invoice_id
                when 'attempt'
                then record_id
                else
                    coalesce(merchant_id, '')
                    || '|'
                    || coalesce(customer_token, card_fingerprint)
                    || '|'
                    || cast(amount_minor as varchar)
                    || '|'
                    || currency
            end as group_key
        from attempts
    ),

    -- Only these are sorted: sources that know payments pay nothing for those that do not.
    near as (
        select
            n.*,
            case
                when lag(n.status) over (in_order) in ('authorised', 'captured')
                then 1
                when
                    {{ seconds_between("lag(n.created_at) over (in_order)", "n.created_at") }}
                    <= 60 * r.near_minutes
                then 0
                else 1
            end as is_new
        from named as n
        inner join
            {{ ref("retry_policies") }} as r
            on cast(n.created_at as date) between r.effective_from and r.effective_to
        where n.grouped_by in ('customer', 'card')
        window
            in_order as (partition by n.group_key order by n.created_at, n.attempt_no, n.record_id)
    )

select n.record_id, n.attempt_no, n.created_at, n.status, n.grouped_by, n.group_key as payment_key
from named as n
where n.grouped_by not in ('customer', 'card')
union all
select
    n.record_id,
    n.attempt_no,
    n.created_at,
    n.status,
    n.grouped_by,
    n.group_key
    || '|'
    || cast(
        sum(n.is_new) over (
            partition by n.group_key
            order by n.created_at, n.attempt_no, n.record_id
            rows between unbounded preceding and current row
        ) as varchar
    ) as payment_key
from near as n

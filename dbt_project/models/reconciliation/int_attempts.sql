{{ config(file_format="parquet") }}

-- Attempts with what the success rates ask of them. An attempt is made once it is more than
-- created,
-- valid unless its request was invalid, and submitted unless it was stopped before the network.
-- Payments are of valid attempts; one that was never more than created has none.
with
    attempts as (
        select
            p.record_id,
            p.attempt_id,
            p.attempt_no,
            g.payment_key,
            g.grouped_by,
            p.payment_id,
            p.created_at,
            cast(p.created_at as date) as created_date,
            {{ first_of_month("cast(p.created_at as date)") }} as month,
            cast(extract(hour from p.created_at) as integer) as created_hour,
            cast(coalesce(p.captured_at, p.created_at) as date) as captured_date,
            coalesce(p.processor, 'none') as processor,
            p.processor_reference,
            coalesce(lower(p.method), 'none') as method,
            {{ card_network("p.card_brand") }} as card_brand,
            coalesce(lower(p.funding), 'none') as funding,
            coalesce(upper(p.issuer_country), 'none') as issuer_country,
            coalesce(p.merchant_id, 'none') as merchant_id,
            p.currency,
            p.amount_minor,
            p.captured_minor,
            p.status,
            case
                when p.status = 'declined' then coalesce(p.decline_code, 'none')
            end as decline_code,
            {{ is_made("p.status") }} as is_made,
            {{ is_valid("p.status") }} as is_valid,
            case
                when p.status in ('created', 'invalid', 'blocked', 'authentication_failed')
                then 0
                else 1
            end as is_submitted,
            {{ is_authorised("p.status") }} as is_authorised,
            case when p.captured_minor > 0 then 1 else 0 end as is_captured
        from {{ ref("stg_payments") }} as p
        inner join {{ ref("int_attempt_payments") }} as g on p.record_id = g.record_id
    ),

    judged as (
        select
            a.*,
            coalesce(c.decline_family, 'unknown') as decline_family,
            c.retry_advice,
            -- What stopped a valid attempt: the issuer, unless something says otherwise.
            case
                when a.is_valid = 0 or a.is_authorised = 1
                then null
                when a.is_submitted = 0
                then 'risk'
                else coalesce(f.cause, 'issuer')
            end as failure_cause,
            {{ at_rate("a.amount_minor", "r") }} as amount_reporting_minor,
            {{ at_rate("a.captured_minor", "r") }} as captured_reporting_minor
        from attempts as a
        left join
            {{ ref("decline_codes") }} as c
            on c.decline_code = replace(lower(trim(a.decline_code)), ' ', '_')
        left join {{ ref("decline_families") }} as f on f.decline_family = c.decline_family
        left join
            {{ ref("int_daily_rates") }} as r on a.created_date = r.day and a.currency = r.currency
    ),

    -- Most payments have one attempt, which is the first and the last: only the others are ranked,
    -- and without the columns that a sort would have to carry.
    repeated as (
        select payment_key
        from {{ ref("int_attempt_payments") }}
        group by payment_key
        having count(*) > 1
    ),

    several as (
        select
            record_id,
            payment_key,
            attempt_no,
            created_at,
            {{ is_made("status") }} as is_made,
            {{ is_valid("status") }} as is_valid,
            {{ is_authorised("status") }} as is_authorised
        from {{ ref("int_attempt_payments") }}
        where payment_key in (select payment_key from repeated)
    ),

    ranks as (
        select
            record_id,
            row_number() over (
                partition by payment_key, is_valid, is_made
                order by attempt_no, created_at, record_id
            ) as attempt_rank,
            first_value(is_authorised) over (
                partition by payment_key, is_valid, is_made
                order by attempt_no desc, created_at desc, record_id desc
            ) as payment_authorised,
            max(is_valid) over (partition by payment_key) as is_confirmed
        from several
    ),

    ranked as (
        select
            j.*,
            coalesce(r.attempt_rank, 1) as attempt_rank,
            coalesce(r.payment_authorised, j.is_authorised) as payment_authorised,
            coalesce(r.is_confirmed, j.is_valid) as is_confirmed
        from judged as j
        left join ranks as r on j.record_id = r.record_id
    )

select
    ranked.*,
    case when is_valid = 1 and attempt_rank = 1 then 1 else 0 end as is_first,
    case
        when attempt_rank = 1 and (is_valid = 1 or (is_made = 0 and is_confirmed = 0)) then 1 else 0
    end as opens_payment,
    case when failure_cause = 'risk' then 1 else 0 end as fails_by_risk,
    case when failure_cause = 'issuer' then 1 else 0 end as fails_by_issuer,
    case when failure_cause = 'processor' then 1 else 0 end as fails_by_processor,
    coalesce(b.amount_band, 'unknown') as amount_band
from ranked
cross join
    (
        select minor_per_major
        from {{ ref("currencies") }}
        where currency = '{{ var("reporting_currency") }}'
    ) as reporting
left join
    {{ ref("amount_bands") }} as b
    on amount_reporting_minor >= b.from_major * reporting.minor_per_major
    and (
        b.below_major is null or amount_reporting_minor < b.below_major * reporting.minor_per_major
    )

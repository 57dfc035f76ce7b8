-- One population, several definitions (docs/metrics.md): numerators and denominators are stored,
-- a rate is divided last. Payments count in the month of their first attempt, attempts in their
-- own.
with
    attempts as (
        select
            p.*,
            {{ first_of_month("cast(created_at as date)") }} as month,
            coalesce(processor, 'none') as processor_name,
            case when status in ('authorised', 'captured') then 1 else 0 end as is_authorised,
            case when status = 'invalid' then 0 else 1 end as is_valid,
            case
                when status in ('invalid', 'blocked', 'authentication_failed') then 0 else 1
            end as is_submitted
        from {{ ref("stg_payments") }} as p
    ),

    ranked as (
        select
            attempts.*,
            row_number() over (
                partition by payment_id order by attempt_no, created_at, attempt_id
            ) as attempt_rank,
            max(is_authorised) over (partition by payment_id) as payment_authorised
        from attempts
    )

select
    month,
    processor_name as processor,
    cast(count(*) as bigint) as attempts,
    cast(sum(is_valid) as bigint) as valid_attempts,
    cast(sum(is_submitted) as bigint) as submitted_attempts,
    cast(sum(is_authorised) as bigint) as authorised_attempts,
    cast(sum(case when captured_minor > 0 then 1 else 0 end) as bigint) as captured_attempts,
    cast(sum(case when attempt_rank = 1 then 1 else 0 end) as bigint) as payments,
    cast(
        sum(case when attempt_rank = 1 then is_authorised else 0 end) as bigint
    ) as payments_authorised_first,
    cast(
        sum(case when attempt_rank = 1 then payment_authorised else 0 end) as bigint
    ) as payments_authorised
from ranked
group by 1, 2

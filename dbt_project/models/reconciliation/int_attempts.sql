{{ config(materialized="view") }}

-- Attempts with what the success rates ask of them. An attempt is valid unless its request was
-- invalid, and submitted unless it was stopped before the network.
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

select *
from ranked

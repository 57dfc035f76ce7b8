-- One population, several definitions (docs/metrics.md): numerators and denominators are stored,
-- a rate is divided last. Payments count in the month of their first attempt, attempts in their
-- own.
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
from {{ ref("int_attempts") }}
group by 1, 2

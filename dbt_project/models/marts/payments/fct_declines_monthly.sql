-- Attempts that did not succeed, by what was said of them, and how many of their payments did in
-- the end.
select
    a.month,
    a.processor,
    a.card_brand,
    a.issuer_country,
    a.status,
    coalesce(a.decline_code, 'none') as decline_code,
    case when a.status = 'declined' then a.decline_family else a.status end as decline_family,
    coalesce(a.failure_cause, 'invalid_request') as failure_cause,
    coalesce(a.retry_advice, 'none') as retry_advice,
    cast(count(*) as bigint) as attempts,
    cast(sum(is_first) as bigint) as payments,
    cast(sum(is_first * payment_authorised) as bigint) as payments_authorised,
    {{ sum_minor("a.amount_reporting_minor") }} as amount_reporting_minor,
    cast(
        sum(case when a.amount_reporting_minor is null then 1 else 0 end) as bigint
    ) as attempts_without_rate
from {{ ref("int_attempts") }} as a
where a.is_made = 1 and a.is_authorised = 0
group by 1, 2, 3, 4, 5, 6, 7, 8, 9

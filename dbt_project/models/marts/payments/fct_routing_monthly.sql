-- What each processor made of the same kind of payment. First attempts only: what another processor
-- has already failed with would count against the one that it is passed on to.
with
    segments as (
        select
            a.month,
            a.currency,
            a.card_brand,
            a.funding,
            a.processor,
            cast(sum(a.is_first * a.is_submitted) as bigint) as submitted_payments,
            cast(sum(a.is_first * a.is_authorised) as bigint) as authorised_payments,
            cast(count(c.record_id) as bigint) as settled_attempts,
            {{ sum_minor("c.gross_reporting_minor") }} as settled_reporting_minor,
            {{ sum_minor("c.cost_reporting_minor") }} as cost_reporting_minor,
            cast(coalesce(sum(c.lines_without_rate), 0) as bigint) as lines_without_rate
        from {{ ref("int_attempts") }} as a
        left join {{ ref("int_charge_costs") }} as c on a.record_id = c.record_id
        where a.is_submitted = 1
        group by 1, 2, 3, 4, 5
    )

select
    segments.*,
    {{ wilson_ppm("authorised_payments", "submitted_payments", "-") }} as rate_lower_ppm,
    {{ wilson_ppm("authorised_payments", "submitted_payments", "+") }} as rate_upper_ppm
from segments

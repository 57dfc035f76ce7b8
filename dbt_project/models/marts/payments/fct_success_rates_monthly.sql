with
    monthly as (
        select month, processor, {{ summed_measures() }}
        from {{ ref("fct_payment_attempts_monthly") }}
        group by 1, 2
    )

select m.*, r.mature_on, r.is_mature
from monthly as m
inner join {{ ref("int_retry_months") }} as r on m.month = r.month

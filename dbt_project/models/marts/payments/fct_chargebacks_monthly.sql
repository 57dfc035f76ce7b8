select
    month,
    processor,
    card_brand,
    reason,
    dispute_category,
    cast(count(*) as bigint) as chargebacks,
    {{ sum_minor("amount_reporting_minor") }} as chargeback_reporting_minor,
    cast(
        sum(case when amount_reporting_minor is null then 1 else 0 end) as bigint
    ) as chargebacks_without_rate
from {{ ref("int_disputes") }}
where is_chargeback = 1
group by 1, 2, 3, 4, 5

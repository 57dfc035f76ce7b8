-- Where the records of a day went, leg by leg and side by side: the sums that the proofs are made
-- of, taken once. Amounts are as the leg sees them; `abs_minor` adds them up without their signs.
select
    m.leg,
    m.side,
    m.source_table,
    m.source,
    coalesce(m.processor, 'none') as processor,
    m.currency,
    m.business_date,
    coalesce(i.status, 'excluded') as standing,
    coalesce(m.excluded_reason, 'none') as excluded_reason,
    cast(count(*) as bigint) as records,
    {{ sum_minor("m.amount_minor") }} as amount_minor,
    {{ sum_minor("abs(m.amount_minor)") }} as abs_minor
from {{ ref("fct_reconciliation_members") }} as m
left join {{ ref("fct_reconciliation_items") }} as i on m.item_id = i.item_id
group by 1, 2, 3, 4, 5, 6, 7, 8, 9

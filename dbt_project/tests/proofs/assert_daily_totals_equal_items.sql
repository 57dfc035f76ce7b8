-- Layer totals: the daily report counts every item once.
with
    items as (
        select leg, count(*) as items, sum(left_count + right_count) as records
        from {{ ref("fct_reconciliation_items") }}
        group by leg
    ),

    daily as (
        select leg, sum(items) as items, sum(left_records + right_records) as records
        from {{ ref("rpt_reconciliation_daily") }}
        group by leg
    )

select *
from items as i
full outer join daily as d on i.leg = d.leg
where i.items is distinct from d.items or i.records is distinct from d.records

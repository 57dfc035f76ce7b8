-- Layer totals: what the members say adds up to what their items say, count by count and side by
-- side.
with
    members as (
        select
            item_id,
            sum(case when side = 'left' then 1 else 0 end) as left_count,
            sum(case when side = 'right' then 1 else 0 end) as right_count,
            sum(case when side = 'left' then amount_minor else 0 end) as left_minor,
            sum(case when side = 'right' then amount_minor else 0 end) as right_minor
        from {{ ref("fct_reconciliation_members") }}
        where item_id is not null
        group by item_id
    )

select *
from {{ ref("fct_reconciliation_items") }} as i
full outer join members as m on i.item_id = m.item_id
where
    i.item_id is null
    or m.item_id is null
    or i.left_count <> m.left_count
    or i.right_count <> m.right_count
    or i.left_minor <> m.left_minor
    or i.right_minor <> m.right_minor

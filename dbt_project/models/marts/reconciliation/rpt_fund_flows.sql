-- How well each flow of funds clears: of the items of a month that are due, how many have both
-- sides (completeness), how many tie out (clearing), and how many of these did so by their
-- deadline (timeliness). An item is due when its deadline has passed, or when it has tied out.
with
    items as (
        select
            i.*,
            coalesce(processor, 'none') as processor_name,
            {{ first_of_month("business_date") }} as month,
            greatest(abs(left_minor), abs(right_minor)) as value_minor,
            case when status in ('matched', 'matched_within_tolerance') then 1 else 0 end as clears,
            case when left_count > 0 and right_count > 0 then 1 else 0 end as is_complete,
            case when coalesce(right_date, business_date) <= deadline then 1 else 0 end as in_time
        from {{ ref("fct_reconciliation_items") }} as i
    ),

    due as (select * from items where clears = 1 or as_of > deadline)

select
    leg,
    processor_name as processor,
    currency,
    month,
    cast(count(*) as bigint) as items_due,
    cast(sum(is_complete) as bigint) as items_complete,
    cast(sum(clears) as bigint) as items_cleared,
    cast(sum(clears * in_time) as bigint) as items_cleared_in_time,
    {{ sum_minor("value_minor") }} as value_due_minor,
    {{ sum_minor("value_minor * is_complete") }} as value_complete_minor,
    {{ sum_minor("value_minor * clears") }} as value_cleared_minor,
    {{ sum_minor("value_minor * clears * in_time") }} as value_cleared_in_time_minor
from due
group by leg, processor_name, currency, month

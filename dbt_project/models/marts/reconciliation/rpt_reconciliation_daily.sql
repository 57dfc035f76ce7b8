with
    items as (select * from {{ ref("fct_reconciliation_items") }}),

    daily as (
        select
            leg,
            coalesce(processor, 'none') as processor,
            currency,
            business_date,
            status,
            coalesce(match_pass, 'none') as match_pass,
            coalesce(break_type, 'none') as break_type,
            cast(count(*) as bigint) as items,
            cast(sum(left_count) as bigint) as left_records,
            cast(sum(right_count) as bigint) as right_records,
            {{ sum_minor("abs(left_minor)") }} as left_minor,
            {{ sum_minor("abs(right_minor)") }} as right_minor,
            {{ sum_minor("abs(difference_minor)") }} as difference_minor,
            -- What is in scope of an item: the side that says more.
            {{ sum_minor("greatest(abs(left_minor), abs(right_minor))") }} as value_minor
        from items
        group by 1, 2, 3, 4, 5, 6, 7
    )

select
    d.*,
    {{ in_reporting("d.value_minor", "d.currency") }} as value_reporting_minor,
    {{ in_reporting("d.difference_minor", "d.currency") }} as difference_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency
from daily as d {{ reporting_joins("d", "currency", "business_date") }}

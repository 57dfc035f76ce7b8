{{ config(materialized="view") }}

-- Costs of a month by driver, with the last day of the month, whose rate converts them.
with
    costs as (select * from {{ ref("stg_costs") }}),

    monthly as (
        select
            {{ first_of_month("period") }} as month,
            cost_driver,
            coalesce(category, 'none') as category,
            currency,
            {{ sum_minor("amount_minor") }} as amount_minor,
            cast(count(*) as bigint) as records,
            -- A month's cost is converted at the last rate of the month.
            {{ add_days(first_of_month("period"), "31") }} as a_day_of_next_month
        from costs
        group by 1, 2, 3, 4, 7
    ),

    dated as (
        select monthly.*, {{ add_days(first_of_month("a_day_of_next_month"), "-1") }} as last_day
        from monthly
    )

select *
from dated

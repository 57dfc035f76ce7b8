-- Cost per volume = cost of the month ÷ its gross volume × 1,000,000, both in the reporting
-- currency. In minor units per million of major units: 1,000,000 (USD) is $10,000 per $1M.
with
    costs as (
        select
            month,
            {{ sum_minor("amount_reporting_minor") }} as cost_minor,
            cast(
                sum(case when amount_reporting_minor is null then 1 else 0 end) as bigint
            ) as costs_without_rate
        from {{ ref("fct_costs_monthly") }}
        group by 1
    ),

    volume as (
        select
            month,
            {{ sum_minor("gross_volume_reporting_minor") }} as volume_minor,
            {{ sum_minor("network_cost_reporting_minor") }} as network_cost_minor,
            cast(sum(days_without_rate) as bigint) as days_without_rate
        from {{ ref("fct_revenue_monthly") }}
        group by 1
    ),

    months as (
        select month
        from costs
        union
        select month
        from volume
    )

select
    m.month,
    coalesce(c.cost_minor, 0) as cost_minor,
    coalesce(v.volume_minor, 0) as volume_minor,
    coalesce(v.network_cost_minor, 0) as network_cost_minor,
    {{
        divide_rounded(
            "cast(c.cost_minor as hugeint) * 1000000 * reporting.minor_per_major",
            "v.volume_minor",
        )
    }} as cost_per_million_minor,
    {{
        divide_rounded(
            "cast(v.network_cost_minor as hugeint) * 1000000 * reporting.minor_per_major",
            "v.volume_minor",
        )
    }} as network_cost_per_million_minor,
    '{{ var("reporting_currency") }}' as reporting_currency,
    coalesce(c.costs_without_rate, 0) as costs_without_rate,
    coalesce(v.days_without_rate, 0) as days_without_rate
from months as m
left join costs as c on m.month = c.month
left join volume as v on m.month = v.month
left join
    {{ ref("currencies") }} as reporting on reporting.currency = '{{ var("reporting_currency") }}'

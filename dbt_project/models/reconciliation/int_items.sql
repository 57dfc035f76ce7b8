{{ config(materialized="view") }}

-- Items of all legs beside the policy that holds for them: the processor's own, else the leg's.
with
    items as (
        {% for leg in legs() %}
            select * from {{ ref("leg_" ~ leg) }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    dated as (select items.*, coalesce(left_date, right_date) as business_date from items)

select
    i.*,
    c.as_of,
    greatest(
        coalesce(own.tolerance_minor, every.tolerance_minor),
        {{
            divide_whole(
                "abs(i.left_minor) * coalesce(own.tolerance_bps, every.tolerance_bps)", "10000"
            )
        }}
    ) as tolerance,
    {{ add_days("i.business_date", "coalesce(own.deadline_days, every.deadline_days)") }}
    as deadline
from dated as i
cross join {{ ref("int_as_of") }} as c
left join
    {{ ref("policies") }} as own
    on own.leg = i.leg
    and own.processor = i.processor
    and i.business_date between own.effective_from and own.effective_to
left join
    {{ ref("policies") }} as every
    on every.leg = i.leg
    and every.processor = '*'
    and i.business_date between every.effective_from and every.effective_to

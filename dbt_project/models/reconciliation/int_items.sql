{{ config(materialized="view") }}

-- Items of all legs after all passes, the manual one last, beside the policy that holds for them
-- on their day.
with
    untouched as (
        select
            i.*,
            cast(null as varchar) as match_decision_id,
            cast(null as varchar) as write_off_decision_id,
            cast(null as varchar) as explain_decision_id
        from {{ ref("int_grouped") }} as i
        left join {{ ref("res_manual") }} as m on i.leg = m.leg and i.match_key = m.match_key
        where m.match_key is null
    ),

    items as (
        select *
        from untouched
        union all
        {{ merge_manual() }}
    ),

    dated as (select items.*, coalesce(left_date, right_date) as business_date from items)

select
    i.*,
    c.as_of,
    greatest(
        p.tolerance_minor, {{ divide_whole("abs(i.left_minor) * p.tolerance_bps", "10000") }}
    ) as tolerance,
    p.deadline,
    p.late_until
from dated as i
cross join {{ ref("int_as_of") }} as c
left join
    {{ ref("int_policy_days") }} as p
    on i.leg = p.leg
    and coalesce(i.processor, '*') = p.processor
    and i.business_date = p.day

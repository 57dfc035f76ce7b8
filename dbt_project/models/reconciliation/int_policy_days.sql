-- The policy that holds on each leg for each processor on each day, worked out once, so that items
-- find theirs by equality. A deadline in business days is the first of them whose number is so much
-- higher than that of the day.
with
    ruled as (
        select
            d.leg,
            d.processor,
            d.day,
            {{ policy("tolerance_minor") }} as tolerance_minor,
            {{ policy("tolerance_bps") }} as tolerance_bps,
            {{ policy("deadline_days") }} as deadline_days,
            {{ policy("missing_days") }} as missing_days,
            -- Of the policy that holds: the processor's own may count every day.
            case when own.leg is null then every.calendar else own.calendar end as calendar
        from {{ ref("int_leg_days") }} as d {{ policy_joins("d", "day") }}
    ),

    business_days as (
        select calendar, number, day from {{ ref("int_calendar_days") }} where is_business_day = 1
    )

select
    r.leg,
    r.processor,
    r.day,
    r.calendar,
    r.tolerance_minor,
    r.tolerance_bps,
    {{ day_after("r.day", "r.deadline_days", "r.calendar", "due.day") }} as deadline,
    {{ day_after("r.day", "r.missing_days", "r.calendar", "gone.day") }} as late_until
from ruled as r
left join
    {{ ref("int_calendar_days") }} as today on r.calendar = today.calendar and r.day = today.day
left join
    business_days as due
    on r.calendar = due.calendar
    and today.number + r.deadline_days = due.number
left join
    business_days as gone
    on r.calendar = gone.calendar
    and today.number + r.missing_days = gone.number

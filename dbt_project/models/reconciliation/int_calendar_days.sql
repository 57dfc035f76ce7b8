-- The days of the calendars that policies name, over all days on which something happened and on
-- until the last deadline. Business days are numbered; another day has the number of the one
-- before.
with
    waits as (
        select calendar, max(missing_days) as longest
        from {{ ref("policies") }}
        where calendar is not null
        group by calendar
    ),

    happened as (select min(day) as first_day, max(day) as last_day from {{ ref("int_leg_days") }}),

    -- Three days and a month of holidays for each business day are more than any calendar asks.
    spans as (
        select
            w.calendar, h.first_day, {{ add_days("h.last_day", "3 * w.longest + 31") }} as last_day
        from waits as w
        cross join happened as h
        where h.first_day is not null
    ),

    days as (select calendar, {{ each_day("first_day", "last_day") }} as day from spans),

    opened as (
        select
            d.calendar,
            d.day,
            case
                when {{ is_weekend("d.day") }} or h.holiday is not null then 0 else 1
            end as is_business_day
        from days as d
        left join {{ ref("holidays") }} as h on d.calendar = h.calendar and d.day = h.holiday
    )

select
    calendar,
    day,
    is_business_day,
    cast(
        sum(is_business_day) over (
            partition by calendar order by day rows between unbounded preceding and current row
        ) as integer
    ) as number
from opened

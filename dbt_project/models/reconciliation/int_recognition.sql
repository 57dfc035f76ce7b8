{{ config(materialized="view") }}

-- What bookings are recognised month by month: in equal parts for each day of their period, as far
-- as it has come to pass by the as-of day. What is recognised up to the end of a month is rounded,
-- and a month is the difference of two such sums, so the months of a booking add up to it exactly.
with
    bookings as (select * from {{ ref("int_bookings") }}),

    bounds as (select min(first_day) as first_day, max(after_day) as after_day from bookings),

    days as (
        select {{ each_day("first_day", "after_day") }} as day
        from bounds
        where first_day is not null
    ),

    months as (select distinct {{ first_of_month("day") }} as month from days),

    elapsed as (
        select
            b.*,
            m.month,
            {{ days_between("b.first_day", "b.after_day") }} as days_in_all,
            greatest({{ days_between("b.first_day", "m.month") }}, 0) as days_before,
            {{
                days_between(
                    "b.first_day",
                    "least("
                    ~ add_months("m.month", 1)
                    ~ ", b.after_day, "
                    ~ add_days("c.as_of", 1)
                    ~ ")",
                )
            }} as days_until
        from bookings as b
        inner join
            months as m on b.first_day < {{ add_months("m.month", 1) }} and b.after_day > m.month
        cross join {{ ref("int_as_of") }} as c
    )

select
    record_id,
    booking_month,
    currency,
    month,
    {{ divide_rounded("cast(booked_minor as hugeint) * days_until", "days_in_all") }}
    - {{ divide_rounded("cast(booked_minor as hugeint) * days_before", "days_in_all") }}
    as recognised_minor
from elapsed
where days_until > days_before

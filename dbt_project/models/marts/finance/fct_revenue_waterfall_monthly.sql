-- What was booked in a month, in which months it was recognised, and what remains: the booked less
-- the recognised, both counted on their own. What is booked is owed as work and not as money, so it
-- keeps the rate of its month, and the steps add up in the reporting currency, too.
with
    booked as (
        select
            booking_month,
            currency,
            'booked' as step,
            booking_month as month,
            {{ sum_minor("booked_minor") }} as amount_minor,
            cast(count(*) as bigint) as records
        from {{ ref("int_bookings") }}
        group by booking_month, currency
    ),

    recognised as (
        select
            booking_month,
            currency,
            'recognised' as step,
            month,
            {{ sum_minor("recognised_minor") }} as amount_minor,
            cast(count(*) as bigint) as records
        from {{ ref("int_recognition") }}
        group by booking_month, currency, month
    ),

    counted as (
        select *
        from booked
        union all
        select *
        from recognised
    ),

    dated as (
        select
            counted.*, {{ add_days(add_months("counted.booking_month", 1), -1) }} as last_of_month
        from counted
    ),

    converted as (
        select d.*, {{ in_reporting("d.amount_minor", "d.currency") }} as amount_reporting_minor
        from dated as d {{ reporting_joins("d", "currency", "last_of_month") }}
    )

select booking_month, currency, step, month, amount_minor, amount_reporting_minor, records
from converted
union all
select
    booking_month,
    currency,
    'remaining',
    booking_month,
    {{ sum_minor("case when step = 'booked' then amount_minor else -amount_minor end") }},
    cast(
        sum(
            case when step = 'booked' then amount_reporting_minor else - amount_reporting_minor end
        ) as bigint
    ),
    cast(sum(case when step = 'booked' then records else 0 end) as bigint)
from converted
group by booking_month, currency

-- What was booked in a month, in which months it was recognised, and what remains: the booked less
-- the recognised, both counted on their own.
with
    booked as (
        select
            booking_month,
            currency,
            {{ sum_minor("booked_minor") }} as amount_minor,
            count(*) as records
        from {{ ref("int_bookings") }}
        group by booking_month, currency
    ),

    recognised as (
        select
            booking_month,
            currency,
            month,
            {{ sum_minor("recognised_minor") }} as amount_minor,
            count(*) as records
        from {{ ref("int_recognition") }}
        group by booking_month, currency, month
    ),

    to_date as (
        select booking_month, currency, {{ sum_minor("amount_minor") }} as amount_minor
        from recognised
        group by booking_month, currency
    )

select
    booking_month,
    currency,
    'booked' as step,
    booking_month as month,
    amount_minor,
    cast(records as bigint) as records
from booked
union all
select booking_month, currency, 'recognised', month, amount_minor, cast(records as bigint)
from recognised
union all
select
    b.booking_month,
    b.currency,
    'remaining',
    b.booking_month,
    b.amount_minor - coalesce(t.amount_minor, 0),
    b.records
from booked as b
left join to_date as t on b.booking_month = t.booking_month and b.currency = t.currency

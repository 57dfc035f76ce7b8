-- Guards int_recognition: of a booking whose days have all come to pass nothing remains, and of one
-- whose days are to come nothing is recognised.
with
    recognised as (
        select record_id, sum(recognised_minor) as recognised_minor
        from {{ ref("int_recognition") }}
        group by record_id
    )

select b.record_id, b.booked_minor, r.recognised_minor
from {{ ref("int_bookings") }} as b
cross join {{ ref("int_as_of") }} as c
left join recognised as r on b.record_id = r.record_id
where
    (
        b.after_day <= {{ add_days("c.as_of", 1) }}
        and coalesce(r.recognised_minor, 0) <> b.booked_minor
    )
    or (b.first_day > c.as_of and r.record_id is not null)
    or abs(coalesce(r.recognised_minor, 0)) > abs(b.booked_minor)

-- Every day from the first on which money moved until the day of the edition: what metrics over
-- time are held against.
with
    bounds as (
        select min(d.business_date) as first_day, max(c.as_of) as last_day
        from {{ ref("int_as_of") }} as c
        left join {{ ref("int_daily_amounts") }} as d on d.business_date <= c.as_of
    )

select {{ each_day("first_day", "last_day") }} as date_day
from bounds
where first_day is not null

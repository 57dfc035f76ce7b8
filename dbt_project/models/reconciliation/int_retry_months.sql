-- Whether the retries of a month's payments are over on the as-of day: until then its rates rise.
with
    months as (select distinct month from {{ ref("int_attempts") }}),

    dated as (
        select month, {{ add_days(first_of_month(add_days("month", "31")), "-1") }} as last_day
        from months
    )

select
    d.month,
    {{ add_days("d.last_day", "r.retries_over_days") }} as mature_on,
    {{ add_days("d.last_day", "r.retries_over_days") }} <= c.as_of as is_mature
from dated as d
inner join
    {{ ref("retry_policies") }} as r on d.last_day between r.effective_from and r.effective_to
cross join {{ ref("int_as_of") }} as c

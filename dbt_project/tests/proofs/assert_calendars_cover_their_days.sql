{{ config(severity="warn") }}

-- Guards int_policy_days: where a calendar's holidays are not known, deadlines fall too early.
select p.*
from {{ ref("int_policy_days") }} as p
inner join {{ ref("calendars") }} as c on p.calendar = c.calendar
where p.day < c.first_day or p.late_until > c.last_day

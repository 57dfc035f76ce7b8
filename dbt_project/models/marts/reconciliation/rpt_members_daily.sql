-- Where the records of a day went, leg by leg and side by side. Amounts are as the leg sees them;
-- `abs_minor` adds them up without their signs.
select
    leg,
    side,
    source_table,
    source,
    processor,
    currency,
    business_date,
    standing,
    excluded_reason,
    records,
    amount_minor,
    abs_minor
from {{ ref("int_members_daily") }}

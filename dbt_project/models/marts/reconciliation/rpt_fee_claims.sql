-- What processors charged beyond their contracts, largest first: the list to claim back. A line
-- that
-- was charged less than agreed is no claim; it stays among the breaks.
select
    row_number() over (
        order by value_reporting_minor desc nulls last, value_minor desc, break_id
    ) as place,
    break_id,
    processor,
    reference,
    business_date,
    currency,
    left_minor as charged_minor,
    right_minor as contract_minor,
    difference_minor as claim_minor,
    value_reporting_minor as claim_reporting_minor,
    reporting_currency,
    age_days
from {{ ref("fct_breaks") }}
where leg = 'fee_contract' and difference_minor > 0

-- Fees of card networks, accrued month by month at the contract's price and trued up when billed.
-- A bill is due by the end of the second month after the one that it is for.
with
    dated as (
        select
            n.*,
            c.as_of,
            {{ add_days(first_of_month(add_days("service_month", "93")), "-1") }} as due_on
        from {{ ref("int_network_fees") }} as n
        cross join {{ ref("int_as_of") }} as c
    )

select
    service_month,
    network,
    currency,
    case
        when bill_lines > 0 then 'trued_up' when as_of <= due_on then 'accrued' else 'overdue'
    end as state,
    lines,
    accrued_minor,
    bill_lines,
    billed_minor,
    case when bill_lines > 0 then billed_minor - accrued_minor end as true_up_minor,
    first_billed_on,
    last_billed_on,
    due_on
from dated

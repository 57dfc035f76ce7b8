-- What lies between the ledger and the bank is all explained, for each processor and currency: the
-- residual is nothing, and the steps that are published lead from each total to the next.
select
    processor,
    currency,
    section,
    sum(case row_kind when 'residual' then amount_minor end) as residual_minor
from {{ ref("rpt_money_flow") }}
group by processor, currency, section
having
    sum(case when row_kind = 'residual' then abs(amount_minor) else 0 end) <> 0
    or sum(case row_kind when 'to' then - amount_minor when 'residual' then 0 else amount_minor end)
    <> 0

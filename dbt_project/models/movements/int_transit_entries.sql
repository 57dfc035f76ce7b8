-- Postings on the ledger's accounts of money on its way from a processor to the bank.
select e.*, a.processor
from {{ ref("stg_ledger_entries") }} as e
inner join
    {{ ref("stg_chart_of_accounts") }} as a
    on e.account = a.account
    and a.role = 'payout_in_transit'

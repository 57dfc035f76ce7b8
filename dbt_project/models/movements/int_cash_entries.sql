-- Postings on the ledger's cash accounts, with the bank's name of each account.
select e.*, a.processor, a.bank_account
from {{ ref("stg_ledger_entries") }} as e
inner join {{ ref("stg_chart_of_accounts") }} as a on e.account = a.account and a.role = 'cash'

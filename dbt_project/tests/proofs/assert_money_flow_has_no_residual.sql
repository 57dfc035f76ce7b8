-- What lies between the ledger and the bank is all explained, for each processor and currency.
select * from {{ ref("rpt_money_flow") }} where row_kind = 'residual' and amount_minor <> 0

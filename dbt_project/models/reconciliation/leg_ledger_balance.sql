{{ merge_movements("ledger_balance") }}

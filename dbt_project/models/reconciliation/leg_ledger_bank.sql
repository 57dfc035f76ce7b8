{{ merge_movements("ledger_bank") }}

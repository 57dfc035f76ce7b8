{{ merge_movements("payment_ledger") }}

{{ merge_movements("fee_contract") }}

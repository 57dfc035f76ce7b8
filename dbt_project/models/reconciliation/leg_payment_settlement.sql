{{ merge_movements("payment_settlement") }}

{{ merge_movements("payout_bank") }}

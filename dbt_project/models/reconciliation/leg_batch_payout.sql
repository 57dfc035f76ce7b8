{{ merge_movements("batch_payout") }}

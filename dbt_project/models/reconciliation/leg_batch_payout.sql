{{ config(file_format="parquet") }} {{ merge_movements("batch_payout") }}

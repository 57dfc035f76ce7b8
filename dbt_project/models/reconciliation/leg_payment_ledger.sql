{{ config(file_format="parquet") }} {{ merge_movements("payment_ledger") }}

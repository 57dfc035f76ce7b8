{{ config(file_format="parquet") }} {{ merge_movements("ledger_balance") }}

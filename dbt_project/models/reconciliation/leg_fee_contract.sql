{{ config(file_format="parquet") }}

{{
    pair_movements(
        "fee_contract",
        ref("int_contract_fees"),
        left="charged_minor",
        right="contract_minor",
        business_date="business_date",
    )
}}

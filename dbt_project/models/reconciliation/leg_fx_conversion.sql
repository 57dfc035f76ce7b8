{{ config(file_format="parquet") }}

{{
    pair_movements(
        "fx_conversion",
        ref("int_conversions"),
        left="gross_minor",
        right="converted_minor",
        business_date="created_at",
    )
}}

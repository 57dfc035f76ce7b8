-- Left: what a line in another currency came to when it was settled. Right: the same, re-computed.
with
    recomputed as (
        select
            {{ hash_id(["record_id", "'fx'"]) }} as record_id,
            record_id as line_record_id,
            source,
            source_file_sha256,
            source_line,
            processor,
            processor_reference,
            currency,
            created_at,
            converted_minor
        from {{ ref("int_conversions") }}
        where excluded_reason is null
    )

    {{
        movements(
            "fx_conversion",
            "'left'",
            ref("int_conversions"),
            "'settlement_lines'",
            match_key="record_id",
            amount="gross_minor",
            business_date="created_at",
            processor="processor",
            reference="processor_reference",
            excluded="excluded_reason",
        )
    }}
union all
{{
    movements(
        "fx_conversion",
        "'right'",
        "recomputed",
        "'settlement_lines'",
        match_key="line_record_id",
        amount="converted_minor",
        business_date="created_at",
        processor="processor",
        reference="processor_reference",
    )
}}

-- Left: the fees that a settlement line was charged. Right: the fees that the contract says.
with
    agreed as (
        select
            {{ hash_id(["record_id", "'contract'"]) }} as record_id,
            record_id as line_record_id,
            contract_source as source,
            contract_file_sha256 as source_file_sha256,
            contract_line as source_line,
            processor,
            processor_reference,
            currency,
            business_date,
            contract_minor
        from {{ ref("int_contract_fees") }}
        where excluded_reason is null
    )

    {{
        movements(
            "fee_contract",
            "'left'",
            ref("int_contract_fees"),
            "'settlement_lines'",
            match_key="record_id",
            amount="charged_minor",
            business_date="business_date",
            processor="processor",
            reference="processor_reference",
            excluded="excluded_reason",
        )
    }}
union all
{{
    movements(
        "fee_contract",
        "'right'",
        "agreed",
        "'fee_contracts'",
        match_key="line_record_id",
        amount="contract_minor",
        business_date="business_date",
        processor="processor",
        reference="processor_reference",
    )
}}

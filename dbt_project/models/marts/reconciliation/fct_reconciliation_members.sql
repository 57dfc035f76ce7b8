{{ config(materialized="view") }}

select
    record_id,
    leg,
    side,
    case when excluded_reason is null then {{ hash_id(["leg", "item_key"]) }} end as item_id,
    excluded_reason,
    source_table,
    source,
    source_file_sha256,
    source_line,
    processor,
    reference,
    amount_minor,
    currency,
    business_date
from {{ ref("int_members") }}

select
    source_table,
    record_id,
    source,
    reference,
    amount_minor,
    currency,
    source_file_sha256,
    source_line,
    gone_from_sha256,
    because,
    item_ids
from {{ ref("int_deleted_records") }}

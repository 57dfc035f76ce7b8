select
    source_file_sha256,
    source,
    format,
    status,
    reason,
    bytes,
    records,
    canonical_records,
    canonical_rows,
    quarantined_records,
    structural_records,
    report_id,
    report_version,
    superseded_by,
    superseded_because
from {{ ref("int_files") }}

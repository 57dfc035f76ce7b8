select
    source_file_sha256,
    source,
    source_line,
    name,
    scope,
    currency,
    stated,
    computed,
    stated - computed as difference
from {{ ref("int_control_totals") }}

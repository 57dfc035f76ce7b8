select
    t.source_file_sha256,
    f.source,
    t.source_line,
    t.name,
    t.scope,
    t.currency,
    t.stated,
    t.computed,
    t.stated - t.computed as difference
from {{ source("canonical", "control_totals") }} as t
inner join {{ ref("stg_source_files") }} as f on t.source_file_sha256 = f.source_file_sha256

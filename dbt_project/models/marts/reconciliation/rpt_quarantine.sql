select t.source_file_sha256, f.source, f.format, t.source_line, t.raw_text, t.reason
from {{ source("canonical", "quarantine") }} as t
inner join {{ ref("stg_source_files") }} as f on t.source_file_sha256 = f.source_file_sha256

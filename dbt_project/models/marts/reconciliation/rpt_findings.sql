select t.source_file_sha256, f.source, t.source_line, t.code, t.message
from {{ source("canonical", "findings") }} as t
inner join {{ ref("stg_source_files") }} as f on t.source_file_sha256 = f.source_file_sha256

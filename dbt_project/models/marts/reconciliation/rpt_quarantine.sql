select source_file_sha256, source, format, source_line, raw_text, reason
from {{ ref("int_quarantine") }}

select source_file_sha256, source, source_line, code, message from {{ ref("int_findings") }}

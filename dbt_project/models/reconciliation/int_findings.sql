{{ config(materialized="view") }}

with
    found as (
        select source_file_sha256, source_line, code, message
        from {{ ref("stg_findings") }}
        union all
        select source_file_sha256, null, code, message
        from {{ ref("stg_export_findings") }}
    )

select t.*, f.source, f.format
from found as t
inner join {{ ref("stg_source_files") }} as f on t.source_file_sha256 = f.source_file_sha256

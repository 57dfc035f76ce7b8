{{ config(materialized="view") }}

select t.*, f.source, f.format
from {{ ref("stg_findings") }} as t
inner join {{ ref("stg_source_files") }} as f on t.source_file_sha256 = f.source_file_sha256

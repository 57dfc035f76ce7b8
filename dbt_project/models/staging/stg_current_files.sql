{{ config(materialized="table") }}

-- The files in force, for each table, and whether a later file has replaced any of their rows.
with
    tables as (
        {% for table in canonical_tables() %}
            select '{{ table }}' as source_table {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    replaced as (
        select distinct source_table, source_file_sha256 from {{ ref("stg_superseded_rows") }}
    )

select
    t.source_table,
    f.source_file_sha256,
    case when r.source_file_sha256 is null then 0 else 1 end as has_superseded_rows
from tables as t
cross join {{ ref("stg_source_files") }} as f
left join
    replaced as r on t.source_table = r.source_table and f.source_file_sha256 = r.source_file_sha256
where f.superseded_by is null

-- Guards rpt_file_conservation: rows that are not in use are versions of records that are, or
-- belong to a superseded file. A row that staging dropped for another reason shows here.
{% for table in canonical_tables() %}
    select '{{ table }}' as table_name, c.record_id
    from {{ source("canonical", table) }} as c
    inner join
        {{ ref("stg_source_files") }} as f
        on c.source_file_sha256 = f.source_file_sha256
        and f.superseded_by is null
    left join {{ ref("stg_" ~ table) }} as s on c.record_id = s.record_id
    group by c.record_id
    having
        count(distinct s.source_file_sha256 || s.source_line) <> 1
        {{ "union all" if not loop.last }}
{% endfor %}

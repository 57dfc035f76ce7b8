{#
  The current version of every record of a canonical table.

  Records with a key may arrive many times (a correction, an overlapping extract): the highest
  version wins, then the latest arrival. Rows of a file that a restated report supersedes are out.
  What is left out here is counted in rpt_file_conservation.

  Few files hold a row that a later one has replaced, and only in these is it looked for: staging is
  read by nearly every model, and the key of every row costs three times what a sum of them does.
#}
{% macro current_versions(table) %}
    select r.*
    from {{ source("canonical", table) }} as r
    inner join
        {{ ref("stg_current_files") }} as f
        on r.source_file_sha256 = f.source_file_sha256
        and f.source_table = '{{ table }}'
        and f.has_superseded_rows = 0
    union all
    select r.*
    from {{ source("canonical", table) }} as r
    inner join
        {{ ref("stg_current_files") }} as f
        on r.source_file_sha256 = f.source_file_sha256
        and f.source_table = '{{ table }}'
        and f.has_superseded_rows = 1
    left join
        {{ ref("stg_superseded_rows") }} as s
        on s.source_table = '{{ table }}'
        and r.record_id = s.record_id
        and r.source_file_sha256 = s.source_file_sha256
        and r.source_line = s.source_line
    where s.record_id is null
{% endmacro %}

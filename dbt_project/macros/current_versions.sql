{#
  The current version of every record of a canonical table.

  Records with a key may arrive many times (a correction, an overlapping extract): the highest
  version wins, then the latest arrival. Rows of a file that a restated report supersedes are out.
  What is left out here is counted in rpt_file_conservation.
#}
{% macro current_versions(table, version=none) %}
    select *
    from
        (
            select
                r.*,
                row_number() over (
                    partition by r.record_id
                    order by
                        {% if version %} r.{{ version }} desc nulls last,{% endif %}
                        r.arrival_day desc,
                        r.source_file_sha256 desc,
                        r.source_line desc
                ) as version_rank
            from {{ source("canonical", table) }} as r
            where
                r.source_file_sha256 in (
                    select f.source_file_sha256
                    from {{ ref("stg_source_files") }} as f
                    where f.superseded_by is null
                )
        ) as ranked
    where version_rank = 1
{% endmacro %}

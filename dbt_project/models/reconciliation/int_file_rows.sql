-- The rows of each file: stored as the reader wrote them, in use after versions and restatements,
-- and quarantined. Counted in the tables themselves, not taken from what the reader said.
with
    stored as (
        {% for table in canonical_tables() %}
            select source_file_sha256, count(*) as n
            from {{ source("canonical", table) }}
            group by 1 {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    in_use as (
        {% for table in canonical_tables() %}
            select source_file_sha256, count(*) as n
            from {{ ref("stg_" ~ table) }}
            group by 1 {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    stored_by_file as (select source_file_sha256, sum(n) as n from stored group by 1),

    in_use_by_file as (select source_file_sha256, sum(n) as n from in_use group by 1),

    quarantined_by_file as (
        select source_file_sha256, count(*) as n
        from {{ source("canonical", "quarantine") }}
        group by 1
    )

select
    f.source_file_sha256,
    cast(coalesce(s.n, 0) as bigint) as rows_stored,
    cast(coalesce(u.n, 0) as bigint) as rows_in_use,
    cast(coalesce(q.n, 0) as bigint) as rows_quarantined
from {{ ref("stg_source_files") }} as f
left join stored_by_file as s on f.source_file_sha256 = s.source_file_sha256
left join in_use_by_file as u on f.source_file_sha256 = u.source_file_sha256
left join quarantined_by_file as q on f.source_file_sha256 = q.source_file_sha256

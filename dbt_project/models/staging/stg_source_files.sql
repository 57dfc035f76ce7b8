{{ config(materialized="table") }}

-- A report that was delivered again with other content supersedes its earlier deliveries.
with
    files as (select * from {{ source("canonical", "source_files") }}),

    ranked as (
        select
            *,
            first_value(source_file_sha256) over (
                partition by source, format, coalesce(report_id, source_file_sha256)
                order by
                    case when status = 'unreadable' then 1 else 0 end,
                    report_version desc nulls last,
                    arrival_day desc,
                    source_file_sha256 desc
            ) as current_sha256
        from files
    )

select
    source_file_sha256,
    source,
    format,
    reader_version,
    status,
    reason,
    bytes,
    records,
    canonical_records,
    canonical_rows,
    quarantined_records,
    structural_records,
    report_id,
    report_version,
    arrival_day,
    case when current_sha256 <> source_file_sha256 then current_sha256 end as superseded_by
from ranked

{{ config(materialized="table") }}

-- A report that was delivered again with other content supersedes its earlier deliveries. Which is
-- the later one is said by the report's own version, else by when the file was last changed, else
-- by
-- the day of arrival: what a file says of itself is the same in whatever order files arrive. Where
-- nothing does, one is taken by its hash, so that every run takes the same, and that is said.
with
    files as (select * from {{ source("canonical", "source_files") }}),

    ranked as (
        select
            files.*,
            row_number() over (
                partition by source, format, coalesce(report_id, source_file_sha256)
                order by
                    case when status = 'unreadable' then 1 else 0 end,
                    report_version desc nulls last,
                    modified_at desc nulls last,
                    arrival_day desc,
                    source_file_sha256 desc
            ) as delivery_rank
        from files
    ),

    winners as (select * from ranked where delivery_rank = 1)

select
    r.source_file_sha256,
    r.source,
    r.format,
    r.reader_version,
    r.status,
    r.reason,
    r.bytes,
    r.records,
    r.canonical_records,
    r.canonical_rows,
    r.quarantined_records,
    r.structural_records,
    r.modified_at,
    r.report_id,
    r.report_version,
    r.arrival_day,
    w.source_file_sha256 as superseded_by,
    case
        when w.source_file_sha256 is null
        then null
        when coalesce(w.report_version, '') <> coalesce(r.report_version, '')
        then 'newer_version'
        when w.modified_at <> r.modified_at
        then 'later_change'
        when w.arrival_day <> r.arrival_day
        then 'later_arrival'
        else 'order_unknown'
    end as superseded_because
from ranked as r
left join
    winners as w
    on r.delivery_rank > 1
    and w.source = r.source
    and w.format = r.format
    and w.report_id = r.report_id

{{ config(materialized="table") }}

-- A report that was delivered again with other content supersedes its earlier deliveries. Which is
-- the later one is said by the report's own version, else by when the file was last changed, else
-- by the day of arrival: what a file says of itself is the same in whatever order files arrive.
-- Where nothing does, one is taken by its hash, so that every run takes the same, and that is said.
--
-- Full exports of one table are deliveries of one report. What one lacks is deleted, so only one
-- that was read whole supersedes: of one that was cut off, or has records that cannot be read,
-- nobody can say what it would have had. Its rows are used beside those of the newest whole one.
with
    files as (
        select
            f.*,
            coalesce(f.report_id, f.source_file_sha256) as report,
            coalesce(f.report_id = 'full_export', false) as is_full_export
        from {{ source("canonical", "source_files") }} as f
    ),

    ranked as (
        select
            files.*,
            not is_full_export or (status = 'read' and canonical_records > 0) as may_supersede,
            row_number() over (
                partition by source, format, report
                order by
                    case when status = 'unreadable' then 1 else 0 end,
                    report_version desc nulls last,
                    modified_at desc nulls last,
                    arrival_day desc,
                    source_file_sha256 desc
            ) as delivery_rank
        from files
    ),

    placed as (
        select
            ranked.*,
            min(case when may_supersede then delivery_rank end) over (
                partition by source, format, report
            ) as winner_rank,
            max(case when may_supersede then delivery_rank end) over (
                partition by source, format, report
                order by delivery_rank
                rows between unbounded preceding and 1 preceding
            ) as next_rank
        from ranked
    )

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
    r.is_full_export,
    r.may_supersede,
    r.delivery_rank,
    w.source_file_sha256 as superseded_by,
    case
        when w.source_file_sha256 is null
        then null
        when coalesce(w.report_version, '') <> coalesce(r.report_version, '')
        then 'newer_version'
        when r.is_full_export and (w.modified_at <> r.modified_at or w.arrival_day <> r.arrival_day)
        then 'newer_full_export'
        when w.modified_at <> r.modified_at
        then 'later_change'
        when w.arrival_day <> r.arrival_day
        then 'later_arrival'
        else 'order_unknown'
    end as superseded_because,
    -- The first of the later deliveries: what is not in it was withdrawn by it, whatever the
    -- deliveries after it say.
    n.source_file_sha256 as restated_by
from placed as r
left join
    placed as w
    on r.delivery_rank > r.winner_rank
    and w.delivery_rank = r.winner_rank
    and w.source = r.source
    and w.format = r.format
    and w.report_id = r.report_id
left join
    placed as n
    on n.delivery_rank = r.next_rank
    and n.source = r.source
    and n.format = r.format
    and n.report_id = r.report_id

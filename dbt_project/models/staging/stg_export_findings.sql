-- What a person should know of full exports before what they lack is taken for deleted.
with
    exports as (
        select
            f.*,
            min(case when may_supersede then delivery_rank end) over (
                partition by source, format
                order by delivery_rank
                rows between 1 following and unbounded following
            ) as rank_before
        from {{ ref("stg_source_files") }} as f
        where is_full_export
    ),

    followed as (
        select
            e.source_file_sha256,
            e.may_supersede,
            e.records,
            e.canonical_records,
            e.quarantined_records,
            b.source_file_sha256 as before_sha256,
            b.canonical_records as records_before,
            b.canonical_rows as rows_before
        from exports as e
        left join
            exports as b
            on e.source = b.source
            and e.format = b.format
            and e.rank_before = b.delivery_rank
    ),

    left_behind as (
        select source_file_sha256, count(*) as records
        from {{ ref("stg_deleted_records") }}
        where because = 'deleted'
        group by source_file_sha256
    )

select
    source_file_sha256,
    'full_export_incomplete' as code,
    case
        when quarantined_records > 0
        then cast(quarantined_records as varchar) || ' of its records could not be read'
        else 'it has no records'
    end
    || ', so nothing that it lacks is taken for deleted: what it has is used beside the full export'
    || ' before it' as message
from followed
where not may_supersede
union all
select
    source_file_sha256,
    'full_export_shrank',
    'it has '
    || cast(canonical_records as varchar)
    || ' records where the full export before it ('
    || substr(before_sha256, 1, 12)
    || ') has '
    || cast(records_before as varchar)
    || ': less than half. If it was cut off, deliver it anew'
from followed
where canonical_records * 2 < records_before
union all
select
    f.source_file_sha256,
    'full_export_in_parts',
    'it shares no record with the full export before it ('
    || substr(f.before_sha256, 1, 12)
    || '): if the two are parts of one export, join them into one file'
from followed as f
inner join left_behind as l on f.before_sha256 = l.source_file_sha256
where f.may_supersede and l.records = f.rows_before

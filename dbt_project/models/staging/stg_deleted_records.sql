{{ config(materialized="table") }}

-- Records that a full export or a report delivered again does not have any more, and that no other
-- file in force has either: each in the last line that had it. They are few, so all is found in
-- the files of reports that were delivered more than once.
with
    deliveries as (
        select
            f.source_file_sha256,
            f.superseded_by,
            f.restated_by,
            f.is_full_export,
            f.delivery_rank,
            max(case when f.superseded_by is not null then 1 else 0 end) over (
                partition by f.source, f.format, f.report_id
            ) as is_restated
        from {{ ref("stg_source_files") }} as f
        where f.report_id is not null
    ),

    restated as (select * from deliveries where is_restated = 1),

    {% for table in canonical_tables() %}
        {% set content = record_content(table) %}
        {{ table }}_stated as (
            select
                '{{ table }}' as source_table,
                r.record_id,
                {{ record_identity(table) }} as identity,
                r.source,
                r.source_file_sha256,
                r.source_line,
                cast({{ content.reference }} as varchar) as reference,
                cast({{ content.amount }} as bigint) as amount_minor,
                cast({{ content.currency }} as varchar) as currency,
                f.superseded_by,
                f.restated_by,
                f.is_full_export,
                f.delivery_rank
            from {{ source("canonical", table) }} as r
            inner join restated as f on r.source_file_sha256 = f.source_file_sha256
        ),

        {{ table }}_gone as (
            select s.*
            from {{ table }}_stated as s
            where
                s.superseded_by is not null
                and s.identity not in (
                    select k.identity from {{ table }}_stated as k where k.superseded_by is null
                )
        ),

        {{ table }}_elsewhere as (
            select distinct c.record_id
            from {{ ref("stg_" ~ table) }} as c
            inner join {{ table }}_gone as g on c.record_id = g.record_id
        ),
    {% endfor %}

    gone as (
        {% for table in canonical_tables() %}
            select g.*
            from {{ table }}_gone as g
            left join {{ table }}_elsewhere as e on g.record_id = e.record_id
            where e.record_id is null {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    lasting as (
        select
            gone.*,
            row_number() over (
                partition by source_table, identity
                order by delivery_rank, source_file_sha256, source_line desc, record_id
            ) as place
        from gone
    )

select
    source_table,
    record_id,
    source,
    source_file_sha256,
    source_line,
    reference,
    amount_minor,
    currency,
    restated_by as gone_from_sha256,
    case when is_full_export then 'deleted' else 'withdrawn' end as because
from lasting
where place = 1

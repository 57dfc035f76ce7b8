{{ config(materialized="table") }}

-- Rows of current files that a later version of their record has replaced. They are few, so they
-- are found once and left out by an anti-join, where ranking every row at every reading was the
-- dearest thing a run did.
{% for table, version in canonical_tables().items() %}
    select source_table, record_id, source_file_sha256, source_line
    from
        (
            select
                '{{ table }}' as source_table,
                r.record_id,
                r.source_file_sha256,
                r.source_line,
                row_number() over (
                    partition by r.record_id
                    order by
                        {% if table == "settlement_lines" %}
                            -- Not every report of a processor says what was paid in what.
                            case when r.payout_id is null then 1 else 0 end,
                        {% endif %}
                        {% if version %} r.{{ version }} desc nulls last, {% endif %}
                        f.modified_at desc nulls last,
                        r.arrival_day desc,
                        r.source_file_sha256 desc,
                        r.source_line desc
                ) as version_rank
            from {{ source("canonical", table) }} as r
            inner join
                {{ ref("stg_source_files") }} as f
                on r.source_file_sha256 = f.source_file_sha256
                and f.superseded_by is null
            where
                r.record_id in (
                    select c.record_id
                    from {{ source("canonical", table) }} as c
                    inner join
                        {{ ref("stg_source_files") }} as f
                        on c.source_file_sha256 = f.source_file_sha256
                        and f.superseded_by is null
                    group by c.record_id
                    having count(*) > 1
                )
        ) as ranked
    where version_rank > 1 {{ "union all" if not loop.last }}
{% endfor %}

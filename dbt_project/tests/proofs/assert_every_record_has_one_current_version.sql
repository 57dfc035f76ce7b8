-- Guards rpt_file_conservation: rows that are not in use are versions of records that are, or
-- belong to a superseded file. The records of the files in force, each once, are the rows of
-- staging: as many, and the same ones by their fingerprints. A row that staging dropped for
-- another reason, or kept in two versions, shows here.
with
    {% for table in canonical_tables() %}
        {{ table }}_known as (
            select distinct c.record_id
            from {{ source("canonical", table) }} as c
            inner join
                {{ ref("stg_source_files") }} as f
                on c.source_file_sha256 = f.source_file_sha256
                and f.superseded_by is null
        ),
    {% endfor %}

    counted as (
        {% for table in canonical_tables() %}
            select
                '{{ table }}' as table_name,
                count(*) as records,
                coalesce(sum({{ fingerprint("record_id") }}), 0) as records_print
            from {{ table }}_known
            union all
            select '{{ table }}', - count(*), - coalesce(sum({{ fingerprint("record_id") }}), 0)
            from {{ ref("stg_" ~ table) }} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select table_name, sum(records) as records, sum(records_print) as records_print
from counted
group by table_name
having sum(records) <> 0 or sum(records_print) <> 0

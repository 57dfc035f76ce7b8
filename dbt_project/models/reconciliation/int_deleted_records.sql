{{ config(materialized="view") }}

-- Deleted records with the items that they were matched in, as those are called now.
with
    grouped as (
        select k.*, coalesce(g.item_key, k.match_key) as grouped_key
        from {{ ref("stg_deleted_keys") }} as k
        left join {{ ref("res_groups") }} as g on k.leg = g.leg and k.match_key = g.match_key
    ),

    items as (
        select
            k.source_table,
            k.record_id,
            k.leg,
            {{ hash_id(["k.leg", "coalesce(m.item_key, k.grouped_key)"]) }} as item_id
        from grouped as k
        left join {{ ref("res_manual") }} as m on k.leg = m.leg and k.grouped_key = m.match_key
    ),

    listed as (
        select
            source_table,
            record_id,
            {{ dbt.listagg("item_id", "', '", "order by leg, item_id") }} as item_ids
        from items
        group by source_table, record_id
    )

select d.*, l.item_ids
from {{ ref("stg_deleted_records") }} as d
left join listed as l on d.source_table = l.source_table and d.record_id = l.record_id

{{ config(materialized="view") }}

-- Into which item the passes after the first three merge an item, and which pass it was. The
-- netting pass comes first; what it took or found ambiguous never reaches the fuzzy pass.
with
    fuzzy as (
        select leg, left_id as match_key, right_id as item_key, candidate_count_left as candidates
        from {{ ref("res_fuzzy") }}
        where status = 'matched'
        union all
        select leg, right_id, right_id, candidate_count_right
        from {{ ref("res_fuzzy") }}
        where status = 'matched'
    ),

    groups as (
        select
            n.leg,
            n.match_key,
            n.netted_key as item_key,
            case when n.netted_key is not null then 'netting' end as pass,
            n.candidate_count,
            n.is_ambiguous
        from {{ ref("res_netting") }} as n
        left join fuzzy as f on n.leg = f.leg and n.match_key = f.match_key
        where f.match_key is null
        union all
        select leg, match_key, item_key, 'fuzzy', cast(candidates as integer), false
        from fuzzy
    )

select *
from groups
{% for leg in legs() if leg.grouped_as %}
    union all
    select '{{ leg.name }}', match_key, item_key, pass, candidate_count, false
    from groups
    where leg = '{{ leg.grouped_as }}' and item_key is not null
{% endfor %}

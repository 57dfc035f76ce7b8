{{ config(materialized="view") }}

with
    movements as (
        {% for leg in legs() %}
            {% if leg.has_netting %}
                select m.*, coalesce(n.item_key, m.match_key) as item_key
                from {{ ref("mov_" ~ leg.name) }} as m
                left join
                    {{ ref("res_groups") }} as n on m.leg = n.leg and m.match_key = n.match_key
            {% else %}
                select m.*, m.match_key as item_key
                from {{ ref("mov_" ~ leg.name) }} as m
                {% endif %} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select
    record_id,
    leg,
    side,
    case when excluded_reason is null then {{ hash_id(["leg", "item_key"]) }} end as item_id,
    excluded_reason,
    source_table,
    source,
    source_file_sha256,
    source_line,
    processor,
    reference,
    amount_minor,
    currency,
    business_date
from movements

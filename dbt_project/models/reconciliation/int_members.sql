{{ config(materialized="view") }}

-- The records of every leg, each with the key of the item that it ends up in after all passes.
with
    records as (
        {% for leg in legs() %}
            {% if leg.has_netting or leg.grouped_as %}
                select m.*, coalesce(n.item_key, m.match_key) as grouped_key
                from {{ ref("mov_" ~ leg.name) }} as m
                left join
                    {{ ref("res_groups") }} as n on m.leg = n.leg and m.match_key = n.match_key
            {% else %}
                select m.*, m.match_key as grouped_key
                from {{ ref("mov_" ~ leg.name) }} as m
                {% endif %} {{ "union all" if not loop.last }}
        {% endfor %}
    )

select r.*, coalesce(m.item_key, r.grouped_key) as item_key
from records as r
left join {{ ref("res_manual") }} as m on r.leg = m.leg and r.grouped_key = m.match_key

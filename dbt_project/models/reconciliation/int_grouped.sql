{{ config(materialized="view") }}

-- Items of all legs after the passes of the machine: by key, by sum, by netting, by likeness.
{% for leg in legs() %}
    {% if leg.has_netting or leg.grouped_as %} {{ merge_netted(leg.name) }}
    {% else %}
        select
            i.*,
            cast(null as varchar) as regrouped_by,
            false as is_ambiguous,
            cast(null as integer) as candidate_count
        from {{ ref("leg_" ~ leg.name) }} as i
        {% endif %} {{ "union all" if not loop.last }}
{% endfor %}

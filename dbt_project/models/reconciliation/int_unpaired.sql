{{ config(materialized="view") }}

-- What is left of a leg after the passes by key and by sum: items with one side only, that the
-- netting pass neither took nor found ambiguous, with the words by which a partner is sought.
{% for leg in legs() if leg.has_netting %}
    select
        i.leg,
        case when i.left_count > 0 then 'left' else 'right' end as side,
        i.match_key as line_id,
        case when i.left_count > 0 then i.left_minor else i.right_minor end as amount_minor,
        i.lowest_currency as currency,
        coalesce(i.left_date, i.right_date) as day,
        coalesce(i.processor, 'none') as processor,
        i.reference as text
    from {{ ref("leg_" ~ leg.name) }} as i
    left join {{ ref("res_netting") }} as n on i.leg = n.leg and i.match_key = n.match_key
    where
        (i.left_count = 0 or i.right_count = 0)
        and i.left_minor <> i.right_minor
        and i.lowest_currency = i.highest_currency
        and n.netted_key is null
        and coalesce(n.is_ambiguous, false) = false {{ "union all" if not loop.last }}
{% endfor %}

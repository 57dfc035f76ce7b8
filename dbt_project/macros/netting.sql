{# The measures of items that merge: the same ones by which their records did. #}
{% macro merged_measures() %}
    min(processor) as processor,
    coalesce(min(case when left_count > 0 then reference end), min(reference)) as reference,
    cast(sum(left_count) as integer) as left_count,
    cast(sum(right_count) as integer) as right_count,
    cast(sum(left_out_count) as integer) as left_out_count,
    {{ sum_minor("left_minor") }} as left_minor,
    {{ sum_minor("right_minor") }} as right_minor,
    min(left_lowest_minor) as left_lowest_minor,
    max(left_highest_minor) as left_highest_minor,
    min(right_lowest_minor) as right_lowest_minor,
    max(right_highest_minor) as right_highest_minor,
    min(lowest_currency) as lowest_currency,
    max(highest_currency) as highest_currency,
    min(left_currency) as left_currency,
    min(left_date) as left_date,
    max(right_date) as right_date
{% endmacro %}

{#
  Items of a leg after the netting and the fuzzy pass. The items of one group merge again, by the
  same measures as their records did, into the item of the entry that took them.
#}
{% macro merge_netted(leg) %}
    select
        {{ hash_id(["leg", "netted_key"]) }} as item_id,
        leg,
        netted_key as match_key,
        {{ merged_measures() }},
        max(regrouped_by) as regrouped_by,
        max(is_ambiguous) as is_ambiguous,
        max(candidate_count) as candidate_count
    from
        (
            select
                i.*,
                coalesce(n.item_key, i.match_key) as netted_key,
                n.pass as regrouped_by,
                coalesce(n.is_ambiguous, false) as is_ambiguous,
                n.candidate_count
            from {{ ref("leg_" ~ leg) }} as i
            left join {{ ref("res_groups") }} as n on i.leg = n.leg and i.match_key = n.match_key
        ) as items
    group by leg, netted_key
{% endmacro %}

{#
  The named items that decisions are in force on. Those of a match merge into one; a match says
  which of several choices is the right one, so what it merges is not ambiguous any more.
#}
{% macro merge_manual() %}
    select
        {{ hash_id(["leg", "manual_key"]) }} as item_id,
        leg,
        manual_key as match_key,
        {{ merged_measures() }},
        case
            when max(match_decision_id) is not null then 'manual' else max(regrouped_by)
        end as regrouped_by,
        case
            when max(match_decision_id) is not null then false else max(is_ambiguous)
        end as is_ambiguous,
        max(candidate_count) as candidate_count,
        max(match_decision_id) as match_decision_id,
        max(write_off_decision_id) as write_off_decision_id,
        max(explain_decision_id) as explain_decision_id
    from
        (
            select
                i.*,
                m.item_key as manual_key,
                m.match_decision_id,
                m.write_off_decision_id,
                m.explain_decision_id
            from {{ ref("int_named_items") }} as i
            inner join {{ ref("res_manual") }} as m on i.leg = m.leg and i.match_key = m.match_key
        ) as decided
    group by leg, manual_key
{% endmacro %}

{#
  What the records of a relation say about money, on one side of a leg or, as the expression for the
  side tells, on both. All arguments but the leg are SQL expressions on the relation.

  A relation that is read twice is named twice, by ref(): of an expression that two queries read,
  DuckDB keeps all rows with all their columns.

  Every record of the relation is a movement. One that the leg does not reconcile carries the
  reason in excluded_reason, so that nothing leaves the picture without a word. A record without
  a key to match by stands alone, under its own record id.
#}
{% macro movements(
    leg,
    side,
    relation,
    source_table,
    match_key,
    amount,
    business_date,
    processor="null",
    reference="null",
    excluded="null"
) %}
    select
        '{{ leg }}' as leg,
        {{ side }} as side,
        {{ source_table }} as source_table,
        coalesce({{ match_key }}, 'record|' || record_id) as match_key,
        record_id,
        source,
        source_file_sha256,
        source_line,
        cast({{ processor }} as varchar) as processor,
        cast({{ reference }} as varchar) as reference,
        cast({{ amount }} as bigint) as amount_minor,
        currency,
        cast({{ business_date }} as date) as business_date,
        cast({{ excluded }} as varchar) as excluded_reason
    from {{ relation }}
{% endmacro %}

{#
  Items of a leg: every movement is an item of one record, and an item is the merge of its
  records by sum, min and max only. So neither the order of arrival nor a split into runs can
  change it.

  Where the leg asks for it, left records that it leaves out are counted beside those it takes:
  their amounts, currencies and dates enter nothing, and alone they are no item.
#}
{% macro merge_movements(leg) %}
    {% set asks_excluded = leg_named(leg).asks_excluded %}
    {% set left = (
        "side = 'left' and excluded_reason is null" if asks_excluded else "side = 'left'"
    ) %}
    {% set taken = "excluded_reason is null" if asks_excluded else "true" %}
    select
        {{ hash_id(["'" ~ leg ~ "'", "match_key"]) }} as item_id,
        '{{ leg }}' as leg,
        match_key,
        min(processor) as processor,
        -- The left side's, else the right side's: one text to compare where two would be dearer.
        substr(min(case when {{ left }} then '0' else '1' end || reference), 2) as reference,
        cast(count(case when {{ left }} then 1 end) as integer) as left_count,
        cast(count(case when side = 'right' then 1 end) as integer) as right_count,
        {% if asks_excluded %} cast(count(excluded_reason) as integer) as left_out_count,
        {% else %} 0 as left_out_count,
        {% endif %}
        {{ sum_minor("case when " ~ left ~ " then amount_minor end") }} as left_minor,
        {{ sum_minor("case when side = 'right' then amount_minor end") }} as right_minor,
        min(case when {{ left }} then amount_minor end) as left_lowest_minor,
        max(case when {{ left }} then amount_minor end) as left_highest_minor,
        min(case when side = 'right' then amount_minor end) as right_lowest_minor,
        max(case when side = 'right' then amount_minor end) as right_highest_minor,
        min(case when {{ taken }} then currency end) as lowest_currency,
        max(case when {{ taken }} then currency end) as highest_currency,
        min(case when {{ left }} then currency end) as left_currency,
        min(case when {{ left }} then business_date end) as left_date,
        max(case when side = 'right' then business_date end) as right_date
    from {{ ref("mov_" ~ leg) }}
    where excluded_reason is null {% if asks_excluded %} or side = 'left' {% endif %}
    group by match_key
    {% if asks_excluded %} having count(*) > count(excluded_reason) {% endif %}
{% endmacro %}

{#
  Items of a leg that computes its right side from its left: both are one record, so there is
  nothing to merge. `relation` has a row a record; the other arguments are expressions on it.
#}
{% macro pair_movements(leg, relation, left, right, business_date) %}
    select
        {{ hash_id(["'" ~ leg ~ "'", "record_id"]) }} as item_id,
        '{{ leg }}' as leg,
        record_id as match_key,
        processor,
        processor_reference as reference,
        1 as left_count,
        1 as right_count,
        0 as left_out_count,
        {{ left }} as left_minor,
        {{ right }} as right_minor,
        {{ left }} as left_lowest_minor,
        {{ left }} as left_highest_minor,
        {{ right }} as right_lowest_minor,
        {{ right }} as right_highest_minor,
        currency as lowest_currency,
        currency as highest_currency,
        currency as left_currency,
        cast({{ business_date }} as date) as left_date,
        cast({{ business_date }} as date) as right_date
    from {{ relation }}
    where excluded_reason is null
{% endmacro %}

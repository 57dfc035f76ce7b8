{#
  One side of a leg: which records of a relation say what about money. All arguments but the leg
  and the side are SQL expressions on the relation.

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
        '{{ side }}' as side,
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
    with
        records as (
            select m.*, case when excluded_reason is null then side else 'left out' end as standing
            from {{ ref("mov_" ~ leg) }} as m
            where
                excluded_reason is null
                {% if leg_named(leg).asks_excluded %} or side = 'left' {% endif %}
        )

    select
        {{ hash_id(["'" ~ leg ~ "'", "match_key"]) }} as item_id,
        '{{ leg }}' as leg,
        match_key,
        min(processor) as processor,
        coalesce(min(case when standing = 'left' then reference end), min(reference)) as reference,
        cast(sum(case when standing = 'left' then 1 else 0 end) as integer) as left_count,
        cast(sum(case when standing = 'right' then 1 else 0 end) as integer) as right_count,
        cast(sum(case when standing = 'left out' then 1 else 0 end) as integer) as left_out_count,
        {{ sum_minor("case when standing = 'left' then amount_minor else 0 end") }} as left_minor,
        {{ sum_minor("case when standing = 'right' then amount_minor else 0 end") }} as right_minor,
        min(case when standing = 'left' then amount_minor end) as left_lowest_minor,
        max(case when standing = 'left' then amount_minor end) as left_highest_minor,
        min(case when standing = 'right' then amount_minor end) as right_lowest_minor,
        max(case when standing = 'right' then amount_minor end) as right_highest_minor,
        min(case when standing <> 'left out' then currency end) as lowest_currency,
        max(case when standing <> 'left out' then currency end) as highest_currency,
        min(case when standing = 'left' then currency end) as left_currency,
        min(case when standing = 'left' then business_date end) as left_date,
        max(case when standing = 'right' then business_date end) as right_date
    from records
    group by match_key
    having sum(case when standing <> 'left out' then 1 else 0 end) > 0
{% endmacro %}

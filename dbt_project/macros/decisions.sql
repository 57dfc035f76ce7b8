{# The items of decisions as their persons saw them, a row an item; from the JSON in `before`. #}
{% macro seen_items(relation) %}
    {{ return(adapter.dispatch("seen_items")(relation)) }}
{% endmacro %}

{% macro duckdb__seen_items(relation) %}
    select
        decision_id,
        kind,
        leg,
        sequence,
        seen.item_id,
        seen.left_minor,
        seen.right_minor,
        seen.currency
    from
        (
            select
                decision_id,
                kind,
                leg,
                sequence,
                unnest(
                    from_json(
                        json_extract(before, '$.items'),
                        '[{"item_id": "varchar", "left_minor": "bigint", "right_minor": "bigint", "currency": "varchar"}]'
                    )
                ) as seen
            from {{ relation }}
        ) as unnested
{% endmacro %}

{# A value of a JSON object in text, null where the object has none. #}
{% macro json_value(object, key) -%}
    {{ return(adapter.dispatch("json_value")(object, key)) }}
{%- endmacro %}

{% macro duckdb__json_value(object, key) -%}
    json_extract_string({{ object }}, '$.{{ key }}')
{%- endmacro %}

{# Whether two names are one person's, however they are written. #}
{% macro same_person(one, other) -%}
    lower(trim({{ one }})) = lower(trim({{ other }}))
{%- endmacro %}

{# In a list for SQL. #}
{% macro proposals() -%}
    ('match', 'write_off', 'adjust', 'explain', 'dismiss', 'assign', 'comment', 'attach', 'link')
{%- endmacro %}
{# Work on an item, which says nothing of its amounts and so outlives their change. #}
{% macro work_decisions() -%}('assign', 'comment', 'attach', 'link') {%- endmacro %}
{# Of these, several on one item hold beside each other. #}
{% macro decisions_side_by_side() -%}('dismiss', 'comment', 'attach') {%- endmacro %}
{% macro limited_decisions() -%}('match', 'write_off', 'adjust') {%- endmacro %}

{# Why a decision on an item cannot hold any more; null where the item is as it was seen. #}
{% macro fault_of_item(asked, item) -%}
    case
        when {{ item }}.match_key is null or {{ item }}.leg <> {{ asked }}.leg
        then 'item_is_gone'
        when {{ asked }}.kind in {{ work_decisions() }}
        then null
        when
            {{ item }}.left_minor <> {{ asked }}.left_minor
            or {{ item }}.right_minor <> {{ asked }}.right_minor
            or {{ item }}.currency <> {{ asked }}.currency
        then 'amounts_have_changed'
        when
            {{ asked }}.kind in {{ limited_decisions() }}
            and {{ item }}.lowest_currency <> {{ item }}.highest_currency
        then 'amounts_have_changed'
    end
{%- endmacro %}

{#
  The verdict on each decision of a relation with one row a decision and item: the state that it has
  by the rows, or lapsed. Where two in force share an item the later holds, but for dismissals,
  which are of pairs, and for comments and files.
#}
{% macro judge_decisions(relation) %}
    select
        r.*,
        case
            when r.state not in ('in_force', 'waiting')
            then r.state
            when f.fault is not null or s.decision_id is not null
            then 'lapsed'
            else r.state
        end as verdict,
        case
            when r.state not in ('in_force', 'waiting')
            then null
            when f.fault is not null
            then f.fault
            when s.decision_id is not null
            then 'decided_anew'
        end as because
    from {{ relation }} as r
    left join
        (select decision_id, max(fault) as fault from {{ relation }} group by decision_id) as f
        on r.decision_id = f.decision_id
    left join
        (
            select distinct earlier.decision_id
            from {{ relation }} as earlier
            inner join
                {{ relation }} as later
                on earlier.item_id = later.item_id
                and earlier.kind = later.kind
                and earlier.sequence < later.sequence
            where
                later.kind not in {{ decisions_side_by_side() }}
                and later.state = 'in_force'
                and later.decision_id
                not in (select decision_id from {{ relation }} where fault is not null)
        ) as s
        on r.decision_id = s.decision_id
{% endmacro %}

{#
  What an item is, from its state, its policy and the as-of date. Nothing of this is stored with
  the item, so a change of policy or of the day needs no new matching.

  Expects the columns of merge_movements, and: tolerance (minor units), deadline and late_until
  (dates), as_of, write_off_decision_id.
#}
{% macro item_status() %}
    case
        when lowest_currency <> highest_currency
        then 'broken'
        when left_minor = right_minor
        then 'matched'
        when left_count > 0 and right_count > 0 and abs(left_minor - right_minor) <= tolerance
        then 'matched_within_tolerance'
        when (left_count = 0 or right_count = 0) and as_of <= deadline
        then 'in_transit'
        when write_off_decision_id is not null
        then 'written_off'
        else 'broken'
    end
{% endmacro %}

{#
  The pass that matched an item: one record a side, several that agree in their sum, an entry that
  took the only payouts that come to its amount, the likeness of two that share no key, or a person.
#}
{% macro item_pass() %}
    case
        when regrouped_by is not null
        then regrouped_by
        when status = 'matched_within_tolerance'
        then 'tolerance'
        when status = 'matched' and left_count = 1 and right_count = 1
        then 'exact'
        when status = 'matched'
        then 'grouped'
    end
{% endmacro %}

{#
  Why a broken item is broken. The first that applies, from the plainest to the vaguest; what
  differs from leg to leg is declared in legs().
#}
{% macro break_type() %}
    case
        when status <> 'broken'
        then null
        -- The left side knows the event and says that it moved no money.
        when left_count = 0 and left_out_count > 0
        then 'status_mismatch'
        when {{ missing_side() }} is not null and as_of <= late_until
        then 'late'
        when {{ missing_side() }} is not null
        then {{ missing_side() }}
        when lowest_currency <> highest_currency
        then 'currency_mismatch'
        when {{ declared("mismatch") }} is not null
        then {{ declared("mismatch") }}
        when
            right_count > left_count
            and right_lowest_minor = right_highest_minor
            and right_lowest_minor = left_lowest_minor
            and left_lowest_minor = left_highest_minor
        then 'duplicate'
        when
            left_count > right_count
            and left_lowest_minor = left_highest_minor
            and left_lowest_minor = right_lowest_minor
            and right_lowest_minor = right_highest_minor
        then 'duplicate'
        when
            abs(right_minor) < abs(left_minor)
            and sign(right_minor) = sign(left_minor)
            and {{ declares("may_be_partial") }}
            and as_of <= deadline
        then 'partial'
        else 'amount_mismatch'
    end
{% endmacro %}

{# The break of an item that lacks a side; null where both are there. #}
{% macro missing_side() %}
    case
        when right_count = 0
        then {{ declared("missing_right") }}
        when left_count = 0
        then {{ declared("missing_left") }}
    end
{% endmacro %}

{# The age bucket of an open item, from its business date. #}
{% macro age_bucket(age_days) %}
    case
        when {{ age_days }} <= 1
        then '0-1'
        when {{ age_days }} <= 3
        then '2-3'
        when {{ age_days }} <= 7
        then '4-7'
        when {{ age_days }} <= 30
        then '8-30'
        when {{ age_days }} <= 60
        then '31-60'
        when {{ age_days }} <= 90
        then '61-90'
        else '>90'
    end
{% endmacro %}

{# Days from one date to another. #}
{% macro days_between(first, last) -%}
    cast({{ dbt.datediff(first, last, "day") }} as integer)
{%- endmacro %}

{% macro add_days(day, days) %} {{ return(adapter.dispatch("add_days")(day, days)) }}{% endmacro %}
{% macro duckdb__add_days(day, days) -%} cast({{ day }} + {{ days }} as date) {%- endmacro %}

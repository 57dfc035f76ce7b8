{# Whole-number division rounded half away from zero; null where the divisor is zero. No float. #}
{% macro divide_rounded(numerator, denominator) %}
    {{ return(adapter.dispatch("divide_rounded")(numerator, denominator)) }}
{% endmacro %}

{% macro duckdb__divide_rounded(numerator, denominator) -%}
    {# Wide numbers take twenty times as long, so what fits into 64 bits is divided there; four
       million million million, and half as much again, do. #}
    {%- set most = "4000000000000000000" -%}
    cast(
        case
            when
                ({{ numerator }}) between - {{ most }} and {{ most }}
                and ({{ denominator }}) between 1 and {{ most }}
            then {{ half_added_and_cut(numerator, denominator, "bigint") }}
            when ({{ denominator }}) = 0
            then null
            else {{ half_added_and_cut(numerator, denominator, "hugeint") }}
        end as bigint
    )
{%- endmacro %}

{# Half of the divisor away from zero, and the rest cut off. #}
{% macro half_added_and_cut(numerator, denominator, type) -%}
    divide(
        cast({{ numerator }} as {{ type }})
        + sign({{ numerator }}) * divide(abs(cast({{ denominator }} as {{ type }})), 2),
        cast({{ denominator }} as {{ type }})
    )
{%- endmacro %}

{# Whole-number division, the rest cut off. (The formatter would take the engine's operator,
   two slashes, for a comment.) #}
{% macro divide_whole(numerator, denominator) %}
    {{ return(adapter.dispatch("divide_whole")(numerator, denominator)) }}
{% endmacro %}

{% macro duckdb__divide_whole(numerator, denominator) -%}
    divide({{ numerator }}, {{ denominator }})
{%- endmacro %}

{# A sum of minor units, cast back from the engine's wider type. #}
{% macro sum_minor(expression) -%}
    cast(coalesce(sum({{ expression }}), 0) as bigint)
{%- endmacro %}

{# An id that is the same on every engine: the MD5 of the parts in text. #}
{% macro hash_id(parts) -%} md5({{ parts | join(" || '|' || ") }}) {%- endmacro %}

{#
  A number below two to the power of 32 that two different texts hardly ever share. It differs from
  engine to engine: for sums that are compared within a run, never for an id.
#}
{% macro fingerprint(text) %} {{ return(adapter.dispatch("fingerprint")(text)) }} {% endmacro %}
{% macro duckdb__fingerprint(text) -%} cast(hash({{ text }}) >> 32 as bigint) {%- endmacro %}

{% macro first_of_month(day) -%} cast(date_trunc('month', {{ day }}) as date) {%- endmacro %}

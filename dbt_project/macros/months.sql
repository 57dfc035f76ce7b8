{# Calendar months from the first day of one month to that of another. #}
{% macro months_between(earlier, later) -%}
    cast(
        (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
        + extract(month from {{ later }})
        - extract(month from {{ earlier }}) as integer
    )
{%- endmacro %}

{# The first day of the month so many months after that of a first day. #}
{% macro add_months(day, months) %}
    {{ return(adapter.dispatch("add_months")(day, months)) }}
{% endmacro %}
{% macro duckdb__add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}
{% macro spark__add_months(day, months) -%} add_months({{ day }}, {{ months }}) {%- endmacro %}

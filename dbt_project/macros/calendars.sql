{# A row for each day from one to another, both included; for the select list. #}
{% macro each_day(first, last) %}
    {{ return(adapter.dispatch("each_day")(first, last)) }}
{% endmacro %}
{% macro duckdb__each_day(first, last) -%}
    cast(
        unnest(
            generate_series(cast({{ first }} as timestamp), {{ last }}, interval '1' day)
        ) as date
    )
{%- endmacro %}
{% macro spark__each_day(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval '1' day))
{%- endmacro %}

{# Whether a day is a Saturday or a Sunday. #}
{% macro is_weekend(day) %} {{ return(adapter.dispatch("is_weekend")(day)) }} {% endmacro %}
{% macro duckdb__is_weekend(day) -%} isodow({{ day }}) >= 6 {%- endmacro %}
{% macro spark__is_weekend(day) -%} weekday({{ day }}) >= 5 {%- endmacro %}

{#
  The day so many days after that of a row: in the days of its calendar, if it has one, read from
  a join of its numbered days. No days after a holiday is the holiday itself.
#}
{% macro day_after(day, days, calendar, numbered_day) -%}
    case
        when {{ calendar }} is null or {{ days }} = 0
        then {{ add_days(day, days) }}
        else {{ numbered_day }}
    end
{%- endmacro %}

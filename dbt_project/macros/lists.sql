{# The rows of a list of records that a row holds, their columns beside `columns` of the row. #}
{% macro spread(relation, list, columns) %}
    {{ return(adapter.dispatch("spread")(relation, list, columns)) }}
{% endmacro %}
{% macro duckdb__spread(relation, list, columns) -%}
    select {{ columns | join(", ") }}, unnest({{ list }}, recursive := true) from {{ relation }}
{%- endmacro %}

{#
  Stands before the query of a common table expression that others read more than once. DuckDB keeps
  the rows of such a one in memory, with every column that any of them reads; where that is more than
  the query costs, it is to be asked again.
#}
{% macro inlined() %} {{ return(adapter.dispatch("inlined")()) }} {% endmacro %}

{% macro default__inlined() -%} {%- endmacro %}

{% macro duckdb__inlined() -%} not materialized {%- endmacro %}

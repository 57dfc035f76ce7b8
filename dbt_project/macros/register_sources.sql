{# Gives every canonical source a view over its Parquet files, so that models name tables and never paths. #}
{% macro register_sources() %}
    {% if execute %}
        {% for node in graph.sources.values() if node.source_name == 'canonical' %}
            {% do run_query("create schema if not exists " ~ node.schema) %}
            {% do run_query(canonical_view(node)) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro canonical_view(node) %}
    {{ return(adapter.dispatch("canonical_view")(node)) }}
{% endmacro %}

{% macro duckdb__canonical_view(node) %}
    {%- set root = env_var("TIEOUT_CANONICAL") | replace("'", "''") -%}
    {%- set files = root ~ "/" ~ node.identifier ~ "/*/*.parquet" -%}
    create or replace view {{ node.schema }}.{{ node.identifier }} as
    select *
    from
        read_parquet(
            '{{ files }}',
            hive_partitioning = true,
            hive_types = {'arrival_day': date},
            -- A file of an older version lacks the columns that have come since.
            union_by_name = true
        )
{% endmacro %}

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

{#
  Instants are in UTC, and lose their zone here: with one, the engine asks a calendar of all zones
  for the day of each, which costs six times as much as the day itself.
#}
{% macro duckdb__canonical_view(node) %}
    {%- set root = env_var("TIEOUT_CANONICAL") | replace("'", "''") -%}
    {%- set files = root ~ "/" ~ node.identifier ~ "/*/*.parquet" -%}
    {%- set relation -%}
        read_parquet(
            '{{ files }}',
            hive_partitioning = true,
            hive_types = {'arrival_day': date},
            -- A file of an older version lacks the columns that have come since.
            union_by_name = true
        )
    {%- endset -%}
    {%- set instants = [] -%}
    {%- for column in run_query("describe from " ~ relation) -%}
        {%- if column[1] == "TIMESTAMP WITH TIME ZONE" -%}
            {%- do instants.append(
                "make_timestamp(epoch_us(" ~ column[0] ~ ")) as " ~ column[0]
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    create or replace view {{ node.schema }}.{{ node.identifier }} as
    select *{% if instants %} replace ({{ instants | join(", ") }}){% endif %}
    from {{ relation }}
{% endmacro %}

{# Gives every canonical source a view over its Parquet files, so that models name tables and never paths. #}
{% macro register_sources() %}
    {% if execute %}
        {% for node in graph.sources.values() if node.source_name == 'canonical' %}
            {% do run_query("create schema if not exists " ~ node.schema) %}
            {% do canonical_view(node) %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{% macro canonical_view(node) %}
    {{ return(adapter.dispatch("canonical_view")(node)) }}
{% endmacro %}

{#
  Instants are in UTC, and lose their zone here: with one, the engine asks a calendar of all zones
  for the day of each, which costs six times as much as the day itself.

  Of many small files, as banks send them, the rows are copied into one table: every model that
  names the view would open each of the files anew, once to know its columns and once to read it.
#}
{% macro duckdb__canonical_view(node) %}
    {% set root = env_var("TIEOUT_CANONICAL") | replace("'", "''") %}
    {% set files = "'" ~ root ~ "/" ~ node.identifier ~ "/*/*.parquet'" %}
    {% set relation %}
        read_parquet(
            {{ files }},
            hive_partitioning = true,
            hive_types = {'arrival_day': date},
            -- A file of an older version lacks the columns that have come since.
            union_by_name = true
        )
    {% endset %}
    {% set view = node.schema ~ "." ~ node.identifier %}
    {% set copied = view ~ "_copied" %}
    {% do run_query("drop table if exists " ~ copied) %}
    {% set number, bytes = run_query("select count(*), sum(size) from read_blob(" ~ files ~ ")")[
        0
    ] %}
    {% if number > 50 and bytes / number < 256 * 1024 %}
        {% do run_query("create table " ~ copied ~ " as from " ~ relation) %}
        {% set relation = copied %}
    {% endif %}
    {% set instants = [] %}
    {% for column in run_query("describe from " ~ relation) %}
        {% if column[1] == "TIMESTAMP WITH TIME ZONE" %}
            {% do instants.append("make_timestamp(epoch_us(" ~ column[0] ~ ")) as " ~ column[0]) %}
        {% endif %}
    {% endfor %}
    {% set replaced = "replace (" ~ instants | join(", ") ~ ")" if instants else "" %}
    {% do run_query(
        "create or replace view " ~ view ~ " as select * " ~ replaced ~ " from " ~ relation
    ) %}
{% endmacro %}

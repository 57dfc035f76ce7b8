{#
  Tables are dropped and made again in one transaction. The adapter's own way builds beside the old
  table and renames, for readers who look on; nobody does: editions are what is read, and a run
  holds the warehouse alone. So five statements are saved a model, which were half of what a small
  run cost.

  With `file_format: parquet` the rows are in a file beside the warehouse, and the table is a view
  of it. The engine's own format tries every way of packing every column, which costs twice what a
  Parquet file does; a small table would pay more for its file than it saves.
#}
{% materialization table, adapter = "duckdb", supported_languages = ["sql", "python"] %}
    {% set in_file = config.get("file_format") == "parquet" %}
    {% set target_relation = this.incorporate(type="view" if in_file else "table") %}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement("main", language=model["language"]) -%}
        {%- if in_file -%} {{ create_parquet_table_as(target_relation, sql) }}
        {%- else -%} {{ create_table_as(False, target_relation, compiled_code, model["language"]) }}
        {%- endif -%}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% macro create_parquet_table_as(relation, sql) %}
    {% if config.get("contract").enforced %} {{ get_assert_columns_equivalent(sql) }} {% endif %}
    {% set columns = run_query("describe " ~ sql) %}
    {% for column in columns if column[1] in ("HUGEINT", "UHUGEINT") %}
        {# Parquet has no such type, and the engine would write a float without a word. #}
        {% do exceptions.raise_compiler_error(
            relation.identifier
            ~ "."
            ~ column[0]
            ~ " is a "
            ~ column[1]
            ~ ", which no file can hold"
        ) %}
    {% endfor %}
    {% set file = env_var("TIEOUT_WAREHOUSE") ~ "." ~ relation.identifier ~ ".parquet" %}
    {% set file = "'" ~ file | replace("'", "''") ~ "'" %}
    copy ({{ sql }}) to {{ file }} (format parquet, compression zstd, compression_level 1);
    create view {{ relation }} as from read_parquet({{ file }})
{% endmacro %}

{# Views are replaced where they stand; see the materialization of tables. #}
{% materialization view, adapter = "duckdb" %}
    {% set target_relation = this.incorporate(type="view") %}
    {% set existing = load_cached_relation(this) %}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if existing is not none and existing.type != "view" %}
        {{ drop_relation_if_exists(existing) }}
    {% endif %}
    {% call statement("main") -%} {{ replace_view_as(target_relation, sql) }} {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% macro replace_view_as(relation, sql) %}
    {% set contract_config = config.get("contract") %}
    {% if contract_config.enforced %} {{ get_assert_columns_equivalent(sql) }} {% endif %}
    create or replace view {{ relation }}
    as ({{ sql }})
{% endmacro %}

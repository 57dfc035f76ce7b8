{# How many threads the engine may use, where TIEOUT_THREADS says so; else as many as it finds cores. #}
{% macro set_threads() %}
    {% set threads = env_var("TIEOUT_THREADS", "") %}
    {% if execute and threads %} {% do run_query(limit_threads(threads | int)) %} {% endif %}
{% endmacro %}

{% macro limit_threads(threads) %}
    {{ return(adapter.dispatch("limit_threads")(threads)) }}
{% endmacro %}

{% macro duckdb__limit_threads(threads) -%} set global threads = {{ threads }} {%- endmacro %}

{#
  The policy that holds for the leg, processor and day of a row: the processor's own, else the
  leg's. policy() reads a column of it.
#}
{% macro policy_joins(relation, day) %}
    left join
        {{ ref("policies") }} as own
        on own.leg = {{ relation }}.leg
        and own.processor = {{ relation }}.processor
        and {{ relation }}.{{ day }} between own.effective_from and own.effective_to
    left join
        {{ ref("policies") }} as every
        on every.leg = {{ relation }}.leg
        and every.processor = '*'
        and {{ relation }}.{{ day }} between every.effective_from and every.effective_to
{% endmacro %}

{% macro policy(column) -%} coalesce(own.{{ column }}, every.{{ column }}) {%- endmacro %}

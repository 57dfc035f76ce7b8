{#
  The totals that a mart does not share with the layer below it: no row where all are equal. A join
  that doubles rows or loses them shows here. `pairs` are lists of a mart, its totals, what it is
  held against, the totals of that, and the conditions on the first and on the second, if any.
#}
{% macro unequal_totals(pairs) %}
    {% for pair in pairs %}
        {% set mart, totals, below, totals_below, where, where_below = (pair + ["true", "true"])[
            :6
        ] %}
        select '{{ mart.identifier }}' as mart, a.totals as of_mart, b.totals as of_layer_below
        from (select {{ told(totals) }} as totals from {{ mart }} where {{ where }}) as a
        cross join
            (
                select {{ told(totals_below) }} as totals
                from {{ below }} as below
                where {{ where_below }}
            ) as b
        where a.totals <> b.totals {{ "union all" if not loop.last }}
    {% endfor %}
{% endmacro %}

{# Totals in words, so that a row of a proof says them whatever they are; nothing adds up to 0. #}
{% macro told(totals) %}
    {% for total in totals %}
        cast(coalesce({{ total }}, 0) as varchar) {{ "|| ' ' ||" if not loop.last }}
    {% endfor %}
{% endmacro %}

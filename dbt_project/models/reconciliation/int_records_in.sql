-- What came in, counted in staging and not in movements: the left-hand side of the proof of
-- conservation. A leg draws on relations; each of their records is counted once a leg. What several
-- legs draw alike is counted once for all of them.
{% set draws = {} %}
{% for leg in legs() %}
    {% for draw in leg.draws %}
        {% set legs_of_draw = draws.setdefault(tojson(draw, sort_keys=true), []) %}
        {% do legs_of_draw.append(leg.name) %}
    {% endfor %}
{% endfor %}
with
    drawn as (
        {% for text, names in draws.items() %}
            {% set draw = fromjson(text) %}
            select drawers.leg, counted.*
            from
                (
                    select
                        '{{ draw.table }}' as source_table,
                        {{ draw.source or "source" }} as source,
                        {{ draw.currency or "currency" }} as currency,
                        cast({{ draw.day }} as date) as business_date,
                        count(*) as rows_in,
                        {{ sum_minor("abs(" ~ draw.amount ~ ")") }} as minor_in,
                        sum({{ fingerprint(draw.record or "record_id") }}) as records_print
                    from {{ ref(draw.relation or "stg_" ~ draw.table) }}
                    where {{ draw.scope or "true" }}
                    group by 1, 2, 3, 4
                ) as counted
            cross join
                (
                    {% for name in names %}
                        select '{{ name }}' as leg {{ "union all" if not loop.last }}
                    {% endfor %}
                ) as drawers
                {{ "union all" if not loop.last }}
        {% endfor %}
    )

select
    leg,
    source_table,
    source,
    currency,
    business_date,
    cast(sum(rows_in) as bigint) as rows_in,
    {{ sum_minor("minor_in") }} as minor_in,
    sum(records_print) as records_print
from drawn
group by 1, 2, 3, 4, 5

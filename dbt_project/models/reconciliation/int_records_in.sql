-- What came in, counted in staging and not in movements: the left-hand side of the proof of
-- conservation. A leg draws on relations; each of their records is counted once a leg.
with
    drawn as (
        {% for leg in legs() %}
            {% set last_leg = loop.last %}
            {% for draw in leg.draws %}
                select
                    '{{ leg.name }}' as leg,
                    '{{ draw.table }}' as source_table,
                    {{ draw.source or "source" }} as source,
                    {{ draw.currency or "currency" }} as currency,
                    cast({{ draw.day }} as date) as business_date,
                    count(*) as rows_in,
                    {{ sum_minor("abs(" ~ draw.amount ~ ")") }} as minor_in,
                    sum({{ fingerprint(draw.record or "record_id") }}) as records_print
                from {{ ref(draw.relation or "stg_" ~ draw.table) }}
                where {{ draw.scope or "true" }}
                group by 1, 2, 3, 4, 5 {{ "union all" if not (last_leg and loop.last) }}
            {% endfor %}
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

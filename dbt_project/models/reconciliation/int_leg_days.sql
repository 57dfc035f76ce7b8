-- Which processors a leg has, and on which days something happened on it: what policies are asked
-- for. Days are those of all its processors, since passes may merge items of several.
with
    seen as (
        {% for leg in legs() %}
            select distinct
                '{{ leg.name }}' as leg,
                coalesce(processor, '*') as processor,
                left_date,
                right_date
            from {{ ref("leg_" ~ leg.name) }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    processors as (
        select leg, processor
        from seen
        union
        select leg, '*'
        from seen
    ),

    days as (
        select leg, left_date as day
        from seen
        where left_date is not null
        union
        select leg, right_date
        from seen
        where right_date is not null
    )

select p.leg, p.processor, d.day
from processors as p
inner join days as d on p.leg = d.leg

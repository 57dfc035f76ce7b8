-- The day from which this run judges open items: the given date, or the newest business date.
-- The legs are named in either case, so that what a model reads does not depend on the run.
{% set newest %}
    (
        select coalesce(max(day), date '1970-01-01')
        from
            (
                {% for leg in legs() %}
                    select max(left_date) as day
                    from {{ ref("leg_" ~ leg.name) }}
                    union all
                    select max(right_date)
                    from {{ ref("leg_" ~ leg.name) }} {{ "union all" if not loop.last }}
                {% endfor %}
            ) as days
    )
{% endset %}
select
    {{ newest if var("as_of") == "latest" else "date '" ~ var("as_of") ~ "'" }} as as_of,
    '{{ var("reporting_currency") }}' as reporting_currency

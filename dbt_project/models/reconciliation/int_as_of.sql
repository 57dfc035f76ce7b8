-- The day from which this run judges open items: the given date, or the newest business date.
{% if var("as_of") == "latest" %}
    with
        days as (
            {% for leg in legs() %}
                select max(left_date) as day
                from {{ ref("leg_" ~ leg.name) }}
                union all
                select max(right_date) as day
                from {{ ref("leg_" ~ leg.name) }} {{ "union all" if not loop.last }}
            {% endfor %}
        )

    select
        coalesce(max(day), date '1970-01-01') as as_of,
        '{{ var("reporting_currency") }}' as reporting_currency
    from days
{% else %}
    select
        date '{{ var("as_of") }}' as as_of, '{{ var("reporting_currency") }}' as reporting_currency
{% endif %}

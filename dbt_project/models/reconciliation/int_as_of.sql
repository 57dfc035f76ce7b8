-- The day from which this run judges open items: the given date, or the newest business date. Where
-- nothing is reconciled yet, that is the newest day of the bank.
-- The models are named in either case, so that what this one reads does not depend on the run.
{% set newest %}
    (
        select coalesce(max(reconciled), max(booked), date '1970-01-01')
        from
            (
                {% for leg in legs() %}
                    select max(left_date) as reconciled, cast(null as date) as booked
                    from {{ ref("leg_" ~ leg.name) }}
                    union all
                    select max(right_date), null
                    from {{ ref("leg_" ~ leg.name) }}
                    union all
                {% endfor %}
                select null, max(booking_date)
                from {{ ref("stg_bank_lines") }}
                union all
                select null, max(balance_date)
                from {{ ref("stg_bank_balances") }}
            ) as days
    )
{% endset %}
select
    {{ newest if var("as_of") == "latest" else "date '" ~ var("as_of") ~ "'" }} as as_of,
    '{{ var("reporting_currency") }}' as reporting_currency

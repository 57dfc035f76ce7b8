-- Layer totals: each mart of success rates, and each cut by day, has every attempt and payment
-- once.
-- A join that fans out would show here.
{% set measures = [
    "attempts",
    "valid_attempts",
    "authorised_attempts",
    "payments",
    "payments_authorised",
] %}
with
    counted as (
        select
            'int_attempts' as of_what,
            sum(is_made) as attempts,
            sum(is_valid) as valid_attempts,
            sum(is_authorised) as authorised_attempts,
            count(distinct case when is_valid = 1 then payment_key end) as payments,
            sum(is_first * payment_authorised) as payments_authorised
        from {{ ref("int_attempts") }}
    ),

    others as (
        {% for mart in ["fct_payment_attempts_monthly", "fct_success_rates_monthly"] %}
            select
                '{{ mart }}' as of_what
                {% for measure in measures %}, sum({{ measure }}) as {{ measure }} {% endfor %}
            from {{ ref(mart) }}
            union all
        {% endfor %}
        select cut {% for measure in measures %}, sum({{ measure }}) {% endfor %}
        from {{ ref("fct_payment_attempts_daily") }}
        group by cut
    )

select o.*
from others as o
cross join counted as c
where
    {% for measure in measures %}
        coalesce(o.{{ measure }}, 0) <> coalesce(c.{{ measure }}, 0) {{ "or" if not loop.last }}
    {% endfor %}

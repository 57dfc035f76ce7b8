-- Cohorts: chargebacks of the payments captured in a month, by how many months later they came. A
-- month of payments goes on being disputed; its curve says how far it has come.
{% set last_month = 18 %}
with
    payments as (
        select
            {{ first_of_month("captured_date") }} as payment_month,
            card_brand,
            cast(sum(is_captured) as bigint) as transactions,
            {{ sum_minor("captured_reporting_minor") }} as captured_reporting_minor
        from {{ ref("int_attempts") }}
        where is_captured = 1
        group by 1, 2
    ),

    received as (
        select
            payment_month,
            card_brand,
            -- Networks take a dispute for 18 months at the longest; what comes later, or before
            -- its month, as when the clocks of two systems differ, counts at the end of the curve.
            least(
                {{ last_month }}, greatest(0, {{ months_between("payment_month", "month") }})
            ) as months_since,
            sum(is_chargeback) as chargebacks,
            sum(is_fraud) as fraud_chargebacks,
            sum(is_chargeback * amount_reporting_minor) as chargeback_reporting_minor
        from {{ ref("int_disputes") }}
        where is_chargeback = 1 and payment_month is not null
        group by 1, 2, 3
    ),

    ages as (
        {% for age in range(last_month + 1) %}
            select {{ age }} as months_since {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    -- A month that has not begun on the as-of day is no part of the curve yet, unless something
    -- has come in it.
    curve as (
        select
            p.*,
            a.months_since,
            coalesce(r.chargebacks, 0) as chargebacks,
            coalesce(r.fraud_chargebacks, 0) as fraud_chargebacks,
            coalesce(r.chargeback_reporting_minor, 0) as chargeback_reporting_minor,
            {{ months_between("p.payment_month", first_of_month("c.as_of")) }} as months_until_now
        from payments as p
        cross join ages as a
        cross join {{ ref("int_as_of") }} as c
        left join
            received as r
            on p.payment_month = r.payment_month
            and p.card_brand = r.card_brand
            and a.months_since = r.months_since
    )

select
    payment_month,
    card_brand,
    months_since,
    transactions,
    captured_reporting_minor,
    cast(chargebacks as bigint) as chargebacks,
    cast(fraud_chargebacks as bigint) as fraud_chargebacks,
    cast(chargeback_reporting_minor as bigint) as chargeback_reporting_minor,
    {% for measure, name in [
        ("chargebacks", "chargebacks_to_date"),
        ("fraud_chargebacks", "fraud_chargebacks_to_date"),
        ("chargeback_reporting_minor", "chargeback_to_date_reporting_minor"),
    ] %}
        cast(
            sum({{ measure }}) over (
                partition by payment_month, card_brand
                order by months_since
                rows between unbounded preceding and current row
            ) as bigint
        ) as {{ name }},
    {% endfor %}
    months_since < months_until_now as is_complete,
    '{{ var("reporting_currency") }}' as reporting_currency
from curve
where months_since <= months_until_now or chargebacks > 0

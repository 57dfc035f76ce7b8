-- Activity: what was captured in a month beside what was disputed in it, whenever it was paid.
with
    activity as (
        select
            {{ first_of_month("captured_date") }} as month,
            processor,
            card_brand,
            currency,
            is_captured as transactions,
            captured_minor,
            captured_reporting_minor,
            0 as inquiries,
            0 as chargebacks,
            0 as fraud_chargebacks,
            0 as reversals,
            0 as chargeback_minor,
            0 as chargeback_reporting_minor,
            0 as fraud_chargeback_reporting_minor,
            0 as reversal_minor,
            0 as reversal_reporting_minor,
            case when captured_reporting_minor is null then 1 else 0 end as records_without_rate
        from {{ ref("int_attempts") }}
        where is_captured = 1
        union all
        select
            month,
            processor,
            card_brand,
            currency,
            0,
            0,
            0,
            case when stage = 'inquiry' then 1 else 0 end,
            is_chargeback,
            is_fraud,
            case when stage = 'reversal' then 1 else 0 end,
            is_chargeback * amount_minor,
            is_chargeback * amount_reporting_minor,
            is_fraud * amount_reporting_minor,
            case when stage = 'reversal' then amount_minor else 0 end,
            case when stage = 'reversal' then amount_reporting_minor else 0 end,
            case when amount_reporting_minor is null then 1 else 0 end
        from {{ ref("int_disputes") }}
    )

select
    month,
    processor,
    card_brand,
    currency,
    {% for count in [
        "transactions",
        "inquiries",
        "chargebacks",
        "fraud_chargebacks",
        "reversals",
        "records_without_rate",
    ] %}
        cast(sum({{ count }}) as bigint) as {{ count }},
    {% endfor %}
    {{ sum_minor("captured_minor") }} as captured_minor,
    {{ sum_minor("captured_reporting_minor") }} as captured_reporting_minor,
    {{ sum_minor("chargeback_minor") }} as chargeback_minor,
    {{ sum_minor("chargeback_reporting_minor") }} as chargeback_reporting_minor,
    {{ sum_minor("fraud_chargeback_reporting_minor") }} as fraud_chargeback_reporting_minor,
    {{ sum_minor("reversal_minor") }} as reversal_minor,
    {{ sum_minor("reversal_reporting_minor") }} as reversal_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency
from activity
group by 1, 2, 3, 4

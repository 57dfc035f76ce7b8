{% set measures = revenue_measures() %}
with
    monthly as (
        select
            {{ first_of_month("business_date") }} as month,
            currency,
            {% for suffix in ["", "_reporting"] %}
                {% for measure in measures %}
                    {{
                        sum_minor(
                            "case when measure = '"
                            ~ measure
                            ~ "' then amount"
                            ~ suffix
                            ~ "_minor end"
                        )
                    }} as {{ measure }}{{ suffix }}_minor,
                {% endfor %}
            {% endfor %}
            {% for measure in measures %}
                cast(
                    sum(case when measure = '{{ measure }}' then records else 0 end) as bigint
                ) as {{ measure }}_records,
            {% endfor %}
            max(rate_date) as last_rate_date,
            cast(
                sum(case when amount_reporting_minor is null then 1 else 0 end) as bigint
            ) as days_without_rate
        from {{ ref("int_daily_amounts") }}
        group by 1, 2
    )

select
    month,
    currency,
    {% for suffix in ["", "_reporting"] %}
        gross_volume{{ suffix }}_minor,
        refunds{{ suffix }}_minor,
        disputes{{ suffix }}_minor,
        gross_volume{{ suffix }}_minor
        - refunds{{ suffix }}_minor
        - disputes{{ suffix }}_minor as net_volume{{ suffix }}_minor,
        gross_revenue{{ suffix }}_minor,
        interchange{{ suffix }}_minor,
        scheme_fee{{ suffix }}_minor,
        markup{{ suffix }}_minor,
        fixed_fee{{ suffix }}_minor,
        other_fees{{ suffix }}_minor,
        network_fee{{ suffix }}_minor,
        interchange{{ suffix }}_minor
        + scheme_fee{{ suffix }}_minor
        + markup{{ suffix }}_minor
        + fixed_fee{{ suffix }}_minor
        + other_fees{{ suffix }}_minor
        + network_fee{{ suffix }}_minor as network_cost{{ suffix }}_minor,
        gross_revenue{{ suffix }}_minor
        - interchange{{ suffix }}_minor
        - scheme_fee{{ suffix }}_minor
        - markup{{ suffix }}_minor
        - fixed_fee{{ suffix }}_minor
        - other_fees{{ suffix }}_minor
        - network_fee{{ suffix }}_minor as net_revenue{{ suffix }}_minor,
        settled_gross{{ suffix }}_minor,
        fee_refunds{{ suffix }}_minor,
    {% endfor %}
    {% for measure in measures %} {{ measure }}_records, {% endfor %}
    '{{ var("reporting_currency") }}' as reporting_currency,
    last_rate_date,
    days_without_rate
from monthly

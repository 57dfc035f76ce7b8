{{ config(file_format="parquet") }}

-- Revenue of a month by merchant and product. A product that the company sells as an agent is
-- presented net of what moving its money costs; one that it sells as the principal, gross.
{% set measures = ["gross_volume", "refunds", "disputes", "gross_revenue", "network_cost"] %}
with
    converted as (
        select d.*, {{ at_rate("d.amount_minor", "r") }} as amount_reporting_minor
        from {{ ref("int_merchant_amounts") }} as d
        left join
            {{ ref("int_daily_rates") }} as r on d.business_date = r.day and d.currency = r.currency
    ),

    monthly as (
        select
            month,
            merchant_id,
            product,
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
            cast(sum(records) as bigint) as records,
            cast(
                sum(case when amount_reporting_minor is null then 1 else 0 end) as bigint
            ) as amounts_without_rate
        from converted
        group by month, merchant_id, product, currency
    )

select
    m.month,
    m.merchant_id,
    coalesce(s.segment, 'none') as segment,
    coalesce(s.country, 'none') as country,
    m.product,
    coalesce(p.presentation, 'principal') as presentation,
    m.currency,
    {% for suffix in ["", "_reporting"] %}
        {% for measure in measures %} m.{{ measure }}{{ suffix }}_minor, {% endfor %}
        m.gross_revenue{{ suffix }}_minor - case
            when p.presentation = 'agent' then m.network_cost{{ suffix }}_minor else 0
        end as presented_revenue{{ suffix }}_minor,
        m.gross_revenue{{ suffix }}_minor
        - m.network_cost{{ suffix }}_minor as net_revenue{{ suffix }}_minor,
    {% endfor %}
    '{{ var("reporting_currency") }}' as reporting_currency,
    m.records,
    m.amounts_without_rate
from monthly as m
left join {{ ref("int_merchants") }} as s on m.merchant_id = s.merchant_id
left join
    {{ ref("products") }} as p
    on m.product = p.product
    and m.month >= p.effective_from
    and m.month <= p.effective_to

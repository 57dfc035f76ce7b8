-- What merchants add up to is what the month says, measure by measure: a join that doubled or
-- lost a
-- line would show here.
{% set measures = ["gross_volume", "refunds", "disputes", "gross_revenue", "network_cost"] %}
with
    by_merchant as (
        select
            month,
            currency,
            {% for measure in measures %}
                {{ sum_minor(measure ~ "_minor") }} as {{ measure }}_minor
                {{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("fct_revenue_by_merchant_monthly") }}
        group by 1, 2
    )

select coalesce(m.month, r.month) as month, coalesce(m.currency, r.currency) as currency
from by_merchant as m
full outer join
    {{ ref("fct_revenue_monthly") }} as r on m.month = r.month and m.currency = r.currency
where
    {% for measure in measures %}
        coalesce(m.{{ measure }}_minor, 0) <> coalesce(r.{{ measure }}_minor, 0)
        {{ "or" if not loop.last }}
    {% endfor %}

select
    m.month,
    m.cost_driver,
    m.category,
    m.currency,
    m.amount_minor,
    m.records,
    {{ in_reporting("m.amount_minor", "m.currency") }} as amount_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency,
    fx.rate_date
from {{ ref("int_costs_monthly") }} as m {{ reporting_joins("m", "currency", "last_day") }}

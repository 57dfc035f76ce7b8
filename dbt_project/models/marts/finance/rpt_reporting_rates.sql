-- The rates by which every amount in the reporting currency was converted.
select
    r.currency,
    r.rate_date,
    r.next_rate_date,
    r.rate_billionths,
    r.rate_source,
    '{{ var("reporting_currency") }}' as reporting_currency,
    own.minor_per_major,
    reporting.minor_per_major as reporting_minor_per_major
from {{ ref("int_reporting_rates") }} as r
inner join {{ ref("currencies") }} as own on r.currency = own.currency
inner join
    {{ ref("currencies") }} as reporting on reporting.currency = '{{ var("reporting_currency") }}'

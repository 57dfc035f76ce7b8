-- One population, several definitions (docs/metrics.md): numerators and denominators are stored, a
-- rate is divided last. Payments count in the month of their first attempt, attempts in their own.
select
    month,
    processor,
    method,
    card_brand,
    funding,
    issuer_country,
    currency,
    amount_band,
    {{ attempt_measures() }},
    {{ sum_minor("is_authorised * amount_minor") }} as authorised_minor,
    {{ sum_minor("is_authorised * captured_minor") }} as captured_minor
from {{ ref("int_attempts") }}
group by 1, 2, 3, 4, 5, 6, 7, 8

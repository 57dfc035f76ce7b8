-- For each currency and day on which a rate was published: units of the reporting currency for
-- one unit, and the day before which it holds. Rates are crossed over the base of their source.
-- A currency that no longer exists has no minor units, so no amount can be in it: a history of
-- rates may well have it, and it is left out.
with
    rates as (
        select rate_date, base_currency, currency, rate, min(source) as rate_source
        from {{ ref("stg_fx_rates") }}
        group by rate_date, base_currency, currency, rate
    ),

    with_base as (
        select rate_date, base_currency, currency, rate, rate_source
        from rates
        union all
        select rate_date, base_currency, base_currency, cast(1 as decimal(18, 8)), min(rate_source)
        from rates
        group by rate_date, base_currency
    ),

    crossed as (
        select
            f.rate_date,
            f.currency,
            -- Reporting units for one unit of the currency, in billionths: exact enough for 18
            -- digits.
            {{
                divide_rounded(
                    "cast(cast(t.rate as decimal(38, 8)) * 100000000 as bigint) * cast(1000000000 as hugeint)",
                    "cast(cast(f.rate as decimal(38, 8)) * 100000000 as bigint)",
                )
            }}
            as rate_billionths,
            case
                when f.rate_source = t.rate_source
                then f.rate_source
                else f.rate_source || ' and ' || t.rate_source
            end as rate_source
        from with_base as f
        inner join with_base as t on f.rate_date = t.rate_date and f.base_currency = t.base_currency
        inner join {{ ref("currencies") }} as known on f.currency = known.currency
        where t.currency = '{{ var("reporting_currency") }}' and f.rate > 0
    )

select
    rate_date,
    currency,
    rate_billionths,
    rate_source,
    lead(rate_date, 1, date '9999-12-31') over (
        partition by currency order by rate_date
    ) as next_rate_date
from crossed

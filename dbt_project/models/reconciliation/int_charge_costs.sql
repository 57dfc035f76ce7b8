-- What processors charged for the charges that they settled, by the attempt they are of. Lines of a
-- reference that no attempt has, are of no segment and left out here; the legs report them.
with
    attempts as (
        -- Two attempts under one reference are one to the processor.
        select processor, processor_reference, min(record_id) as record_id
        from {{ ref("int_attempts") }}
        where is_authorised = 1 and processor_reference is not null
        group by 1, 2
    ),

    lines as (
        select
            a.record_id,
            {{ at_rate("l.gross_minor", "r") }} as gross_reporting_minor,
            {{
                at_rate(
                    "(l.interchange_minor + l.scheme_fee_minor + l.markup_minor + l.fixed_fee_minor)",
                    "r",
                )
            }}
            as cost_reporting_minor
        from {{ ref("stg_settlement_lines") }} as l
        inner join
            attempts as a
            on l.processor = a.processor
            and l.processor_reference = a.processor_reference
        left join
            {{ ref("int_daily_rates") }} as r
            on cast(l.created_at as date) = r.day
            and l.currency = r.currency
        where l.line_kind = 'charge'
    )

select
    record_id,
    {{ sum_minor("gross_reporting_minor") }} as gross_reporting_minor,
    {{ sum_minor("case when gross_reporting_minor is not null then cost_reporting_minor end") }}
    as cost_reporting_minor,
    cast(
        sum(case when gross_reporting_minor is null then 1 else 0 end) as bigint
    ) as lines_without_rate
from lines
group by 1

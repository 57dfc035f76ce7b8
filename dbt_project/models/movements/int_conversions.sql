{{ config(materialized="view") }}

-- Settlement lines, and what the payer's amount comes to at the rate that the processor states:
-- units of the settlement currency for one unit of the payer's. Only converted lines are computed.
with
    lines as (
        select
            l.*,
            case
                when l.presentment_currency = l.currency
                then 'not_converted'
                when l.fx_rate is null
                then 'no_rate_stated'
            end as excluded_reason
        from {{ ref("stg_settlement_lines") }} as l
    )

select
    l.record_id,
    l.source,
    l.source_file_sha256,
    l.source_line,
    l.processor,
    l.processor_reference,
    l.currency,
    l.created_at,
    l.gross_minor,
    case
        when l.excluded_reason is null
        then
            {{
                divide_rounded(
                    "cast(l.presentment_minor as hugeint)"
                    ~ " * cast(cast(l.fx_rate as decimal(38, 8)) * 100000000 as bigint)"
                    ~ " * settled.minor_per_major",
                    "cast(seen.minor_per_major as hugeint) * 100000000",
                )
            }}
    end as converted_minor,
    l.excluded_reason
from lines as l
inner join {{ ref("currencies") }} as settled on l.currency = settled.currency
inner join {{ ref("currencies") }} as seen on l.presentment_currency = seen.currency

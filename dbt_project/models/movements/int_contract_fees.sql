{{ config(materialized="table", file_format="parquet") }}

-- What each settlement line was charged, and what the contract says it should have been: a share
-- of the gross, rounded for each component as processors do, and a fixed amount. A table, since
-- it is read for the items, their members and the proof of conservation.
select
    l.record_id,
    l.source,
    l.source_file_sha256,
    l.source_line,
    l.processor,
    l.processor_reference,
    l.currency,
    l.business_date,
    l.card_brand,
    l.charged_minor,
    {% for component in fee_components() %}
        {{
            divide_rounded(
                "cast(abs(l.gross_minor) as hugeint) * p." ~ component ~ "_ppm", "1000000"
            )
        }} +
    {% endfor %} p.fixed_minor as contract_minor,
    -- What the card network itself will bill for the line; nothing where it is not known.
    case
        when l.lacks_payment = 1 and p.reason = 'payment_unknown'
        then 0
        else
            coalesce(
                {{
                    divide_rounded(
                        "cast(abs(l.gross_minor) as hugeint) * p.network_fee_ppm", "1000000"
                    )
                }} + p.network_fee_fixed_minor, 0
            )
    end as network_fee_minor,
    p.contract_source,
    p.contract_file_sha256,
    p.contract_line,
    case
        when l.reason is not null
        then l.reason
        when p.processor is null
        then 'not_priced'
        else p.reason
    end as excluded_reason
from {{ ref("int_fee_lines") }} as l
left join
    {{ ref("int_fee_prices") }} as p
    on {% for attribute in price_attributes() %}
        l.{{ attribute }} = p.{{ attribute }} {{ "and" if not loop.last }}
    {% endfor %}

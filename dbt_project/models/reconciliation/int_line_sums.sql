{{ config(materialized="view") }}

-- What settlement lines come to between what the payer saw and what is paid out, summed in
-- staging: the part of the money flow that no leg compares, because the processor alone knows it.
with
    lines as (
        select
            l.*,
            coalesce(processor, 'none') as processor_name,
            case
                when line_kind in ('charge', 'refund', 'chargeback', 'chargeback_reversal')
                then 1
                else 0
            end as is_event,
            case when presentment_currency <> currency then 1 else 0 end as is_converted
        from {{ ref("stg_settlement_lines") }} as l
        where line_kind <> 'payout'
    )

select
    processor_name as processor,
    presentment_currency as currency,
    'converted_out' as step,
    - presentment_minor as amount_minor
from lines
where is_event = 1 and is_converted = 1
union all
select processor_name, currency, 'converted_in', gross_minor
from lines
where is_event = 1 and is_converted = 1
union all
select processor_name, currency, 'settled_otherwise', gross_minor - presentment_minor
from lines
where is_event = 1 and is_converted = 0
{% for fee in ["interchange", "scheme_fee", "markup", "fixed_fee", "tax"] %}
    union all
    select processor_name, currency, '{{ fee }}', - {{ fee }}_minor
    from lines
    where is_event = 1
{% endfor %}
union all
select
    processor_name,
    currency,
    case
        when line_kind = 'fee'
        then 'fee_lines'
        when line_kind in ('reserve_hold', 'reserve_release')
        then 'reserves'
        else 'other_lines'
    end,
    net_minor
from lines
where is_event = 0

{{ config(materialized="view") }}

-- What card networks will bill for a month by contract, and what they have billed for it: a bill
-- comes up to two months after the month that it is for.
with
    both_sides as (
        select
            card_brand as network,
            currency,
            {{ first_of_month("business_date") }} as service_month,
            network_fee_minor as accrued_minor,
            0 as billed_minor,
            1 as lines,
            0 as bill_lines,
            cast(null as date) as billed_on
        from {{ ref("int_contract_fees") }}
        where network_fee_minor <> 0
        union all
        select
            lower(network),
            currency,
            {{ first_of_month("service_month") }},
            0,
            amount_minor,
            0,
            1,
            billed_on
        from {{ ref("stg_network_bills") }}
    )

select
    lower(network) as network,
    currency,
    service_month,
    {{ sum_minor("accrued_minor") }} as accrued_minor,
    {{ sum_minor("billed_minor") }} as billed_minor,
    cast(sum(lines) as bigint) as lines,
    cast(sum(bill_lines) as bigint) as bill_lines,
    min(billed_on) as first_billed_on,
    max(billed_on) as last_billed_on
from both_sides
group by 1, 2, 3

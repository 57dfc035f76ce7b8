{{ config(materialized="table") }}

-- The agreed price of every combination of attributes that lines have: they are few, so contracts
-- are never joined to lines. Within a component the contract line that says most goes before those
-- that leave more open; of two that say as much, the one on the issuer country, then the funding,
-- the brand, the currency, then the newer.
{% set combination = price_attributes() | join(", ") %}
with
    combinations as (
        select distinct {{ combination }} from {{ ref("int_fee_lines") }} where reason is null
    ),

    fitting as (
        select
            b.*,
            c.fee_component,
            c.rate_ppm,
            c.fixed_minor,
            c.contract_line_id,
            c.effective_from,
            c.record_id as contract_record_id,
            c.source as contract_source,
            c.source_file_sha256 as contract_file_sha256,
            c.source_line as contract_line,
            {% for column in ["currency", "card_brand", "funding", "issuer_country"] %}
                case when c.{{ column }} is null then 0 else 1 end as on_{{ column }},
            {% endfor %}
            -- Without the payment nobody can say whether this line of the contract applies.
            case
                when b.lacks_payment = 1 and (c.funding is not null or c.issuer_country is not null)
                then 1
                else 0
            end as is_unknown
        from combinations as b
        inner join
            {{ ref("stg_fee_contracts") }} as c
            on b.processor = c.processor
            and b.line_kind = c.line_kind
            and b.priced_from >= c.effective_from
            and b.priced_from <= coalesce(c.effective_to, date '9999-12-31')
            and b.currency = coalesce(c.currency, b.currency)
            and lower(b.card_brand) = lower(coalesce(c.card_brand, b.card_brand))
            and (
                b.lacks_payment = 1
                or (
                    lower(b.funding) = lower(coalesce(c.funding, b.funding))
                    and lower(b.issuer_country)
                    = lower(coalesce(c.issuer_country, b.issuer_country))
                )
            )
    ),

    ranked as (
        select
            fitting.*,
            row_number() over (
                partition by {{ combination }}, fee_component
                order by
                    on_currency + on_card_brand + on_funding + on_issuer_country desc,
                    on_issuer_country desc,
                    on_funding desc,
                    on_card_brand desc,
                    effective_from desc,
                    contract_line_id,
                    contract_record_id
            ) as choice
        from fitting
    ),

    -- A price made of several contract lines is shown with the first of them.
    chosen as (
        select
            ranked.*,
            row_number() over (
                partition by {{ combination }}
                order by
                    case when fee_component = 'network_fee' then 1 else 0 end,
                    contract_line_id,
                    contract_record_id
            ) as place
        from ranked
        where choice = 1
    )

select
    {{ combination }},
    case
        when max(is_unknown) = 1
        then 'payment_unknown'
        -- The network's own fee is billed later, so it alone prices no line.
        when max(case when fee_component <> 'network_fee' then 1 else 0 end) = 0
        then 'not_priced'
    end as reason,
    {% for component in fee_components() %}
        cast(
            sum(case when fee_component = '{{ component }}' then rate_ppm else 0 end) as bigint
        ) as {{ component }}_ppm,
    {% endfor %}
    cast(
        sum(case when fee_component = 'network_fee' then rate_ppm else 0 end) as bigint
    ) as network_fee_ppm,
    {{ sum_minor("case when fee_component <> 'network_fee' then fixed_minor else 0 end") }}
    as fixed_minor,
    {{ sum_minor("case when fee_component = 'network_fee' then fixed_minor else 0 end") }}
    as network_fee_fixed_minor,
    max(case when place = 1 then contract_source end) as contract_source,
    max(case when place = 1 then contract_file_sha256 end) as contract_file_sha256,
    max(case when place = 1 then contract_line end) as contract_line
from chosen
group by {{ combination }}

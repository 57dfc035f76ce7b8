{{ config(materialized="view") }}

-- Settlement lines with what their contract price depends on. The brand is the line's own; funding
-- and issuer country are known of the payment, which is looked up only where a contract asks.
with
    contracts as (select * from {{ ref("stg_fee_contracts") }}),

    processors as (select distinct processor from contracts),

    kinds as (
        select
            processor,
            line_kind,
            max(
                case when funding is not null or issuer_country is not null then 1 else 0 end
            ) as asks_payment
        from contracts
        group by 1, 2
    ),

    -- A price can change when one of the contract's lines begins, and after one has ended.
    changes as (
        select processor, effective_from as first_day
        from contracts
        union
        select processor, {{ add_days("effective_to", 1) }}
        from contracts
        where effective_to < date '9999-12-31'
    ),

    periods as (
        select
            processor,
            first_day,
            lead(first_day, 1, date '9999-12-31') over (
                partition by processor order by first_day
            ) as next_first_day
        from changes
    ),

    -- A reference that two attempts share has one row, or their lines would double.
    payments as (
        select
            processor,
            processor_reference,
            min(funding) as funding,
            min(issuer_country) as issuer_country
        from {{ ref("stg_payments") }}
        where processor in (select processor from kinds where asks_payment = 1)
        group by 1, 2
    )

select
    l.record_id,
    l.source,
    l.source_file_sha256,
    l.source_line,
    l.processor,
    l.processor_reference,
    l.line_kind,
    l.currency,
    cast(l.created_at as date) as business_date,
    l.gross_minor,
    l.interchange_minor + l.scheme_fee_minor + l.markup_minor + l.fixed_fee_minor as charged_minor,
    coalesce(l.card_brand, 'none') as card_brand,
    coalesce(p.funding, 'none') as funding,
    coalesce(p.issuer_country, 'none') as issuer_country,
    case when k.asks_payment = 1 and p.processor is null then 1 else 0 end as lacks_payment,
    d.first_day as priced_from,
    case
        when c.processor is null
        then 'no_contract'
        when d.first_day is null or k.line_kind is null
        then 'not_priced'
    end as reason
from {{ ref("stg_settlement_lines") }} as l
left join processors as c on l.processor = c.processor
left join kinds as k on l.processor = k.processor and l.line_kind = k.line_kind
left join
    periods as d
    on l.processor = d.processor
    and cast(l.created_at as date) >= d.first_day
    and cast(l.created_at as date) < d.next_first_day
left join
    payments as p
    on l.processor = p.processor
    and p.processor_reference = case
        when k.asks_payment = 1 and l.line_kind = 'charge'
        then l.processor_reference
        when k.asks_payment = 1
        then l.payment_reference
    end

{{ config(materialized="view") }}

-- The money facts of a month by merchant and product: the same as int_daily_amounts adds up, each
-- with the merchant that it is of; 'none' where no record says. A settlement line is of the
-- merchant of its payment.
with
    payments as (
        select payment_id, min(merchant_id) as merchant_id
        from {{ ref("stg_payments") }}
        group by payment_id
    ),

    events as (
        select e.*, p.merchant_id
        from {{ ref("int_payment_events") }} as e
        left join payments as p on e.payment_id = p.payment_id
    ),

    -- A reference that two payments share is of one of them, or its lines would double.
    of_references as (
        select processor, processor_reference, min(merchant_id) as merchant_id
        from events
        where processor_reference is not null
        group by processor, processor_reference
    ),

    costs as (
        select
            r.merchant_id,
            l.currency,
            cast(l.created_at as date) as business_date,
            l.interchange_minor
            + l.scheme_fee_minor
            + l.markup_minor
            + l.fixed_fee_minor
            + case
                when
                    l.line_kind = 'fee'
                    and l.markup_minor = 0
                    and l.interchange_minor = 0
                    and l.scheme_fee_minor = 0
                    and l.fixed_fee_minor = 0
                then - l.net_minor
                else 0
            end as cost_minor
        from {{ ref("stg_settlement_lines") }} as l
        left join
            of_references as r
            on l.processor = r.processor
            and l.processor_reference = r.processor_reference
    ),

    measures as (
        select
            merchant_id,
            'payments' as product,
            currency,
            cast(occurred_at as date) as business_date,
            case
                when event_kind = 'capture'
                then 'gross_volume'
                when event_kind in ('refund', 'refund_reversal')
                then 'refunds'
                else 'disputes'
            end as measure,
            case
                when event_kind = 'capture' then amount_minor else - amount_minor
            end as amount_minor
        from events
        where excluded_reason is null
        union all
        select
            e.merchant_id,
            coalesce(a.product, 'none'),
            e.currency,
            cast(e.effective_at as date),
            'gross_revenue',
            - e.amount_minor
        from {{ ref("stg_ledger_entries") }} as e
        inner join
            {{ ref("stg_chart_of_accounts") }} as a
            on e.account = a.account
            and a.role = 'fee_revenue'
        union all
        select merchant_id, 'payments', currency, business_date, 'network_cost', cost_minor
        from costs
        where cost_minor <> 0
        union all
        -- Networks bill by month and not by merchant, so their fees follow the lines they are for,
        -- and a true-up is nobody's.
        select
            r.merchant_id,
            'payments',
            f.currency,
            f.business_date,
            'network_cost',
            f.network_fee_minor
        from {{ ref("int_contract_fees") }} as f
        left join
            of_references as r
            on f.processor = r.processor
            and f.processor_reference = r.processor_reference
        where f.network_fee_minor <> 0
        union all
        select
            null, 'payments', currency, last_billed_on, 'network_cost', billed_minor - accrued_minor
        from {{ ref("int_network_fees") }}
        where bill_lines > 0
    )

select
    {{ first_of_month("business_date") }} as month,
    coalesce(merchant_id, 'none') as merchant_id,
    product,
    currency,
    measure,
    business_date,
    {{ sum_minor("amount_minor") }} as amount_minor,
    cast(count(*) as bigint) as records
from measures
group by 1, 2, 3, 4, 5, 6

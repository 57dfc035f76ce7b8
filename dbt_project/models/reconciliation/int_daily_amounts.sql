-- The money facts of a day by currency, one row a measure: the ground of every monthly figure.
-- Volume follows the capture date, revenue the ledger's effective date, network cost the date of
-- the settlement line.
with
    measures as (
        select
            cast(occurred_at as date) as business_date,
            currency,
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
        from {{ ref("int_payment_events") }}
        where excluded_reason is null

        union all

        select cast(e.effective_at as date), e.currency, 'gross_revenue', - e.amount_minor
        from {{ ref("stg_ledger_entries") }} as e
        inner join {{ ref("stg_chart_of_accounts") }} as a on e.account = a.account
        where a.role = 'fee_revenue'

        {% for column in ["interchange", "scheme_fee", "markup", "fixed_fee"] %}
            union all

            select cast(created_at as date), currency, '{{ column }}', {{ column }}_minor
            from {{ ref("stg_settlement_lines") }}
            where {{ column }}_minor <> 0
        {% endfor %}

        union all

        -- What fees are held against: charges as they were settled, before anything is taken off.
        select cast(created_at as date), currency, 'settled_gross', gross_minor
        from {{ ref("stg_settlement_lines") }}
        where line_kind = 'charge'

        union all

        -- Fees that the processor gave back, as with a refund: they have reduced the fees above.
        select
            cast(created_at as date),
            currency,
            'fee_refunds',
            - (
                least(interchange_minor, 0)
                + least(scheme_fee_minor, 0)
                + least(markup_minor, 0)
                + least(fixed_fee_minor, 0)
            )
        from {{ ref("stg_settlement_lines") }}
        where
            interchange_minor < 0 or scheme_fee_minor < 0 or markup_minor < 0 or fixed_fee_minor < 0

        union all

        -- A fee that the processor charges as a line of its own: its net is the cost.
        select cast(created_at as date), currency, 'other_fees', - net_minor
        from {{ ref("stg_settlement_lines") }}
        where
            line_kind = 'fee'
            and markup_minor = 0
            and interchange_minor = 0
            and scheme_fee_minor = 0
            and fixed_fee_minor = 0

        union all

        -- What card networks will bill counts on the day of the line; what they bill otherwise, on
        -- the day of the bill.
        select business_date, currency, 'network_fee', network_fee_minor
        from {{ ref("int_contract_fees") }}
        where network_fee_minor <> 0

        union all

        select last_billed_on, currency, 'network_fee', billed_minor - accrued_minor
        from {{ ref("int_network_fees") }}
        where bill_lines > 0
    ),

    daily as (
        select
            business_date,
            currency,
            measure,
            {{ sum_minor("amount_minor") }} as amount_minor,
            cast(count(*) as bigint) as records
        from measures
        group by 1, 2, 3
    )

select
    d.business_date,
    d.currency,
    d.measure,
    d.amount_minor,
    d.records,
    {{ in_reporting("d.amount_minor", "d.currency") }} as amount_reporting_minor,
    fx.rate_date
from daily as d {{ reporting_joins("d", "currency", "business_date") }}

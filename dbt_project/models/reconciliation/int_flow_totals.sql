{{ config(materialized="view") }}

-- The totals of the money flow, summed in staging and nowhere else: what the ledger posted for
-- payment events, what the payments say, what processors settled, the net of that, and what they
-- paid out. They share no join and no filter with the items that explain what lies between them.
with
    amounts as (
        select a.processor, e.currency, 'ledger' as total, e.amount_minor
        from {{ ref("stg_ledger_entries") }} as e
        inner join
            {{ ref("stg_chart_of_accounts") }} as a
            on e.account = a.account
            and a.role = 'processor_clearing'
        where
            e.event_type
            in ('capture', 'refund', 'refund_reversal', 'chargeback', 'chargeback_reversal')

        union all

        select processor, currency, 'payments', captured_minor
        from {{ ref("stg_payments") }}

        union all

        select
            processor,
            currency,
            'payments',
            case refund_stage when 'reversal' then amount_minor else - amount_minor end
        from {{ ref("stg_refunds") }}

        union all

        select
            processor,
            currency,
            'payments',
            case
                stage when 'chargeback' then - amount_minor when 'reversal' then amount_minor else 0
            end
        from {{ ref("stg_disputes") }}

        union all

        select processor, presentment_currency, 'settled', presentment_minor
        from {{ ref("stg_settlement_lines") }}
        where line_kind in ('charge', 'refund', 'chargeback', 'chargeback_reversal')

        union all

        select processor, currency, 'settlement_net', net_minor
        from {{ ref("stg_settlement_lines") }}
        where line_kind <> 'payout'

        union all

        select processor, currency, 'payouts', - net_minor
        from {{ ref("stg_settlement_lines") }}
        where line_kind = 'payout'
    )

select
    coalesce(processor, 'none') as processor,
    currency,
    total,
    {{ sum_minor("amount_minor") }} as amount_minor
from amounts
group by 1, 2, 3

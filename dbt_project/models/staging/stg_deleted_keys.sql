-- By which keys deleted records were matched, where the key stands in the record itself, as their
-- movements say it. (A bank entry finds its payout by its words, a statement its postings by their
-- days; the fees and the conversion of a line are compared with the line itself, so nothing of
-- them is left.)
{% set line = "r.record_id = d.record_id and r.source_file_sha256 = d.source_file_sha256 and r.source_line = d.source_line" %}
with
    deleted as (select * from {{ ref("stg_deleted_records") }}),

    clearing as (
        select account from {{ ref("stg_chart_of_accounts") }} where role = 'processor_clearing'
    ),

    events as (
        select
            d.source_table,
            r.record_id,
            'capture' as event_kind,
            r.attempt_id as event_id,
            r.processor,
            r.processor_reference
        from {{ source("canonical", "payments") }} as r
        inner join deleted as d on d.source_table = 'payments' and {{ line }}
        where r.captured_minor <> 0
        union all
        select
            d.source_table,
            r.record_id,
            case r.refund_stage when 'reversal' then 'refund_reversal' else 'refund' end,
            r.refund_id,
            r.processor,
            r.processor_reference
        from {{ source("canonical", "refunds") }} as r
        inner join deleted as d on d.source_table = 'refunds' and {{ line }}
        union all
        select
            d.source_table,
            r.record_id,
            case r.stage when 'reversal' then 'chargeback_reversal' else 'chargeback' end,
            r.dispute_event_id,
            r.processor,
            r.processor_reference
        from {{ source("canonical", "disputes") }} as r
        inner join deleted as d on d.source_table = 'disputes' and {{ line }}
        where r.stage in ('chargeback', 'reversal')
    ),

    entries as (
        select d.source_table, r.*
        from {{ source("canonical", "ledger_entries") }} as r
        inner join deleted as d on d.source_table = 'ledger_entries' and {{ line }}
    ),

    reports as (
        select
            source_file_sha256,
            max(case when line_kind in ('payout', 'transfer') then 1 else 0 end) as states_payouts
        from {{ source("canonical", "settlement_lines") }}
        where source_file_sha256 in (select source_file_sha256 from deleted)
        group by source_file_sha256
    ),

    lines as (
        select
            d.source_table,
            r.*,
            p.states_payouts,
            upper(
                regexp_replace(coalesce(r.payout_reference, r.payout_id), '[^A-Za-z0-9]', '', 'g')
            ) as payout_key,
            case
                when r.line_kind = 'charge'
                then 'capture'
                when r.line_kind = 'refund' and r.presentment_minor > 0
                then 'refund_reversal'
                else r.line_kind
            end as event_kind
        from {{ source("canonical", "settlement_lines") }} as r
        inner join deleted as d on d.source_table = 'settlement_lines' and {{ line }}
        inner join reports as p on r.source_file_sha256 = p.source_file_sha256
    ),

    keys as (
        select
            source_table,
            record_id,
            'payment_ledger' as leg,
            event_kind || '|' || event_id as match_key
        from events
        union all
        select
            source_table,
            record_id,
            'payment_settlement',
            processor || '|' || event_kind || '|' || processor_reference
        from events
        union all
        select
            source_table,
            record_id,
            'ledger_balance',
            source || '|' || journal_id || '|' || currency
        from entries
        union all
        select e.source_table, e.record_id, 'payment_ledger', e.event_type || '|' || e.reference
        from entries as e
        inner join clearing as c on e.account = c.account
        where
            e.event_type
            in ('capture', 'refund', 'refund_reversal', 'chargeback', 'chargeback_reversal')
        union all
        select
            source_table,
            record_id,
            'payment_settlement',
            processor || '|' || event_kind || '|' || processor_reference
        from lines
        where line_kind in ('charge', 'refund', 'chargeback', 'chargeback_reversal')
        union all
        select
            source_table,
            record_id,
            'batch_payout',
            processor || '|' || payout_id || '|' || currency
        from lines
        where payout_id is not null and states_payouts = 1
        union all
        select source_table, record_id, 'payout_bank', processor || '|' || payout_key
        from lines
        where payout_id is not null and (line_kind = 'payout' or states_payouts = 0)
    )

select source_table, record_id, leg, coalesce(match_key, 'record|' || record_id) as match_key
from keys

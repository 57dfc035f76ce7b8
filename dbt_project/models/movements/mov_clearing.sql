-- Left: payouts that the ledger has sent on their way. Right: what it has booked as arrived. The
-- account is a clearing account: payout by payout it comes back to zero, or money is missing.
-- A bank entry is posted under the bank's own reference, so its payout is the one that the leg of
-- payouts and bank found for that entry, and what that leg groups is grouped here too. An entry of
-- which no bank line is known is taken by its own words.
with
    booked as (
        select
            b.bank_reference,
            b.currency,
            m.processor,
            min(m.match_key) as payout_key,
            min(m.reference) as payout_reference
        from {{ ref("stg_bank_lines") }} as b
        inner join
            {{ ref("mov_payout_bank") }} as m
            on b.record_id = m.record_id
            and m.side = 'right'
            and m.excluded_reason is null
        where b.bank_reference is not null
        group by 1, 2, 3
    ),

    own as (
        select
            e.*,
            processor
            || '|'
            || upper(regexp_replace(reference, '[^A-Za-z0-9]', '', 'g')) as own_key,
            case when event_type not in ('payout', 'bank_entry') then 'not_a_transfer' end as reason
        from {{ ref("int_transit_entries") }} as e
    ),

    entries as (
        select
            o.*,
            coalesce(b.payout_key, o.own_key) as payout_key,
            coalesce(b.payout_reference, o.reference) as payout_reference
        from own as o
        left join
            booked as b
            on o.processor = b.processor
            and o.currency = b.currency
            and case when o.event_type = 'bank_entry' then o.reference end = b.bank_reference
    )

    {{
        movements(
            "clearing",
            "case when event_type = 'payout' then 'left' else 'right' end",
            "entries",
            "'ledger_entries'",
            match_key="payout_key",
            amount="case when event_type = 'payout' then amount_minor else - amount_minor end",
            business_date="effective_at",
            processor="processor",
            reference="payout_reference",
            excluded="reason",
        )
    }}

-- Left: payouts as processors state them (or, where a report states none, the lines that were
-- paid out). Right: bank entries, by the payout's reference in their text. The reference is read
-- from the entry alone, so what an entry matches does not depend on what arrived before it.
with
    lines as (
        select
            l.*,
            upper(
                regexp_replace(coalesce(l.payout_reference, l.payout_id), '[^A-Za-z0-9]', '', 'g')
            ) as payout_key,
            case
                when l.payout_id is null
                then 'not_in_a_payout'
                when l.line_kind <> 'payout' and p.payout_basis = 'lines_apart'
                then 'payout_is_stated'
                when l.line_kind <> 'payout' and s.source_file_sha256 is not null
                then 'payout_is_stated'
            end as reason
        from {{ ref("stg_settlement_lines") }} as l
        left join {{ ref("processors") }} as p on l.processor = p.processor
        left join
            {{ ref("int_files_with_payouts") }} as s on l.source_file_sha256 = s.source_file_sha256
    ),

    payouts as (
        select
            lines.*,
            case when line_kind = 'payout' then - net_minor else net_minor end as paid_minor
        from lines
    ),

    bank_text as (
        select
            b.*,
            concat_ws(
                ' ',
                coalesce(b.end_to_end_id, ''),
                coalesce(b.remittance, ''),
                coalesce(b.bank_reference, '')
            ) as entry_text,
            upper(
                concat_ws(' ', coalesce(b.counterparty, ''), coalesce(b.remittance, ''))
            ) as counterparty_text
        from {{ ref("stg_bank_lines") }} as b
    ),

    found as (
        select
            t.record_id,
            p.processor,
            -- As the bank writes it, whose capitals may be other ones.
            nullif(
                regexp_extract(t.entry_text, '(?i)' || p.payout_reference_pattern), ''
            ) as reference,
            regexp_matches(t.counterparty_text, p.bank_counterparty_pattern) as is_counterparty
        from bank_text as t
        cross join {{ ref("processors") }} as p
    ),

    recognised as (
        select
            record_id,
            min(case when reference is not null then processor end) as reference_processor,
            min(reference) as payout_reference,
            min(case when is_counterparty then processor end) as counterparty_processor
        from found
        group by record_id
    ),

    entries as (
        select
            b.*,
            coalesce(r.reference_processor, r.counterparty_processor) as processor,
            upper(regexp_replace(r.payout_reference, '[^A-Za-z0-9]', '', 'g')) as payout_key,
            coalesce(
                r.payout_reference, b.end_to_end_id, b.remittance, b.bank_reference
            ) as entry_reference,
            case
                when e.reason is not null
                then e.reason
                when r.reference_processor is null and r.counterparty_processor is null
                then 'not_from_a_processor'
            end as reason
        from {{ ref("stg_bank_lines") }} as b
        inner join recognised as r on b.record_id = r.record_id
        left join {{ ref("int_repeated_entries") }} as e on b.record_id = e.record_id
    )

    {% set key = "processor || '|' || payout_key" %}
    {{
        movements(
            "payout_bank",
            "'left'",
            "payouts",
            "'settlement_lines'",
            match_key=key,
            amount="paid_minor",
            business_date="coalesce(available_on, cast(created_at as date))",
            processor="processor",
            reference="coalesce(payout_reference, payout_id)",
            excluded="reason",
        )
    }}
union all
{{
    movements(
        "payout_bank",
        "'right'",
        "entries",
        "'bank_lines'",
        match_key=key,
        amount="amount_minor",
        business_date="booking_date",
        processor="processor",
        reference="entry_reference",
        excluded="reason",
    )
}}

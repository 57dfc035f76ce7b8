-- Left: the net of every settlement line that was paid out. Right: the payout that the report
-- states. A report that states no payout at all (Stripe's itemised one, without its payout rows)
-- has nothing to compare with: its lines are compared with the bank directly. Where a processor
-- keeps a balance (processors.csv), no line says which payout it is in, nor a payout of what it is;
-- where it states payouts and lines in files of their own, they are compared across files.
with
    lines as (
        select
            l.*,
            case
                when l.payout_id is null
                then 'not_in_a_payout'
                when l.line_kind = 'payout' and p.payout_basis = 'balance'
                then 'paid_from_a_balance'
                when p.payout_basis = 'lines_apart'
                then null
                when s.source_file_sha256 is null
                then 'report_states_no_payout'
            end as reason
        from {{ ref("stg_settlement_lines") }} as l
        left join {{ ref("processors") }} as p on l.processor = p.processor
        left join
            {{ ref("int_files_with_payouts") }} as s on l.source_file_sha256 = s.source_file_sha256
    )

    {{
        movements(
            "batch_payout",
            "case when line_kind = 'payout' then 'right' else 'left' end",
            "lines",
            "'settlement_lines'",
            match_key="processor || '|' || payout_id || '|' || currency",
            amount="case when line_kind = 'payout' then - net_minor else net_minor end",
            business_date="created_at",
            processor="processor",
            reference="payout_id",
            excluded="reason",
        )
    }}

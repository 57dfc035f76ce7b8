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
                when
                    max(case when l.line_kind in ('payout', 'transfer') then 1 else 0 end) over (
                        partition by l.source_file_sha256
                    )
                    = 0
                then 'report_states_no_payout'
            end as reason
        from {{ ref("stg_settlement_lines") }} as l
        left join {{ ref("processors") }} as p on l.processor = p.processor
    ),

    batched as (select * from lines where line_kind <> 'payout'),

    paid_out as (select * from lines where line_kind = 'payout')

    {% set key = "processor || '|' || payout_id || '|' || currency" %}
    {{
        movements(
            "batch_payout",
            "left",
            "batched",
            "'settlement_lines'",
            match_key=key,
            amount="net_minor",
            business_date="created_at",
            processor="processor",
            reference="payout_id",
            excluded="reason",
        )
    }}
union all
{{
    movements(
        "batch_payout",
        "right",
        "paid_out",
        "'settlement_lines'",
        match_key=key,
        amount="-net_minor",
        business_date="created_at",
        processor="processor",
        reference="payout_id",
        excluded="reason",
    )
}}

-- Layer totals: what is published of items, records, files and decisions is all that there is.
-- (fct_reconciliation_members is the rows of a view as they are, which int_members_daily counts.)
{% set items, breaks, flows = (
    ref("fct_reconciliation_items"),
    ref("fct_breaks"),
    ref("rpt_fund_flows"),
) %}
{% set members, daily = ref("int_members_daily"), ref("rpt_reconciliation_daily") %}
{% set flow = ref("rpt_money_flow") %}
{% set candidates, fuzzy, likeness = ref("fct_candidates"), ref("res_fuzzy"), ref("res_likeness") %}
{% set rows, cleared = ["count(*)"], "status in ('matched', 'matched_within_tolerance')" %}
{% set sides = ["count(*)", "sum(left_count)", "sum(right_count)", "sum(difference_minor)"] %}
{% set records = ["sum(records)", "sum(abs_minor)"] %}
{% set in_file, stated = ["count(*)", "sum(records)"], ["count(*)", "sum(stated)"] %}
{% set came_in = ["sum(rows_in)", "sum(minor_in)"] %}
{% set value = "greatest(abs(left_minor), abs(right_minor))" %}
{% set decoys, files = ["count(*)", "sum(decoys_planted)"], ref("stg_source_files") %}
{% set found %}
    (
        select source_file_sha256
        from {{ ref("stg_findings") }}
        union all
        select source_file_sha256
        from {{ ref("stg_export_findings") }}
    )
{% endset %}
{% set learnt %}
    ({{ spread(likeness, "parameters", ["leg", "processor"]) }})
{% endset %}
{# What a person has decided on, one side or the other or both, is suggested no more. #}
{% set suggested %}
    (
        select distinct s.leg, s.left_id, s.right_id
        from {{ fuzzy }} as s
        left join {{ ref("fct_suggestions") }} as kept
            on s.leg = kept.leg
            and s.left_id = kept.left_key
            and s.right_id = kept.right_key
        left join
            (select distinct item_id from {{ ref("int_verdicts") }}) as v
            on v.item_id in ({{ hash_id(["s.leg", "s.left_id"]) }}, {{ hash_id(["s.leg", "s.right_id"]) }})
        where s.status = 'suggested' and (kept.leg is not null or v.item_id is null)
    )
{% endset %}
{{
    unequal_totals(
        [
            [items, sides, ref("int_judged"), sides],
            [breaks, sides, items, sides, "true", "status = 'broken'"],
            [
                ref("rpt_fee_claims"),
                ["count(*)", "sum(claim_minor)"],
                breaks,
                ["count(*)", "sum(difference_minor)"],
                "true",
                "leg = 'fee_contract' and difference_minor > 0",
            ],
            [
                ref("fct_payouts"),
                ["count(*)", "sum(amount_minor)", "sum(landed_minor)"],
                items,
                ["count(*)", "sum(left_minor)", "sum(right_minor)"],
                "true",
                "leg = 'payout_bank' and left_count > 0",
            ],
            [
                flows,
                ["sum(items_due)", "sum(value_due_minor)"],
                items,
                ["count(*)", "sum(" ~ value ~ ")"],
                "true",
                "as_of > deadline or " ~ cleared,
            ],
            [
                flows,
                ["sum(items_cleared)", "sum(value_cleared_minor)"],
                items,
                ["count(*)", "sum(" ~ value ~ ")"],
                "true",
                cleared,
            ],
            [ref("rpt_legs"), ["count(*)", "sum(items)"], daily, [legs() | length, "sum(items)"]],
            [ref("rpt_members_daily"), records, members, records],
            [ref("rpt_conservation"), came_in, ref("int_records_in"), came_in],
            [
                flow,
                ["sum(amount_minor)"],
                ref("rpt_members_daily"),
                ["sum(amount_minor)"],
                "row_kind = 'to' and step = 'bank'",
                "leg = 'payout_bank' and side = 'right' and standing <> 'excluded'",
            ],
            [
                flow,
                ["sum(amount_minor)"],
                ref("rpt_members_daily"),
                ["sum(case side when 'left' then amount_minor else - amount_minor end)"],
                "row_kind = 'step' and section = 1",
                "leg = 'payment_ledger' and standing <> 'excluded'",
            ],
            [
                candidates,
                rows,
                ref("res_netting_choices"),
                rows,
                "pass= 'netting'",
                "payout_key is not null",
            ],
            [candidates, rows, fuzzy, rows, "pass= 'fuzzy' and outcome <> 'rejected'"],
            [ref("fct_suggestions"), rows, suggested, rows],
            [ref("fct_decisions"), rows, ref("int_decisions"), rows],
            [ref("rpt_likeness_decoys"), decoys, likeness, decoys],
            [ref("rpt_likeness_parameters"), rows, learnt, rows],
            [ref("rpt_source_files"), in_file, files, in_file],
            [ref("rpt_file_conservation"), in_file, files, in_file],
            [ref("rpt_control_totals"), stated, ref("stg_control_totals"), stated],
            [ref("rpt_deleted_records"), rows, ref("stg_deleted_records"), rows],
            [ref("rpt_findings"), rows, found, rows],
            [ref("rpt_quarantine"), rows, ref("stg_quarantine"), rows],
        ]
    )
}}

with
    broken as (select * from {{ ref("fct_reconciliation_items") }} where status = 'broken'),

    -- At most one of each kind is in force on an item.
    work as (
        select
            v.item_id,
            max({{ json_value("d.after", "owner") }}) as owner,
            max({{ json_value("d.after", "claim") }}) as claim,
            max(case when v.kind = 'adjust' then v.decision_id end) as adjust_decision_id
        from {{ ref("int_verdicts") }} as v
        inner join {{ ref("int_decisions") }} as d on v.decision_id = d.decision_id
        where v.kind in ('assign', 'link', 'adjust') and v.verdict = 'in_force'
        group by v.item_id
    )

select
    b.item_id as break_id,
    b.leg,
    b.break_type,
    b.processor,
    b.reference,
    b.left_count,
    b.right_count,
    b.left_minor,
    b.right_minor,
    b.difference_minor,
    b.currency,
    case
        when b.break_type = 'currency_mismatch' then abs(b.left_minor) else abs(b.difference_minor)
    end as value_minor,
    {{
        in_reporting(
            "case when b.break_type = 'currency_mismatch' then abs(b.left_minor) else abs(b.difference_minor) end",
            "b.currency",
        )
    }}
    as value_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency,
    fx.rate_date,
    b.business_date,
    b.deadline,
    b.as_of,
    b.age_days,
    {{ age_bucket("b.age_days") }} as age_bucket,
    b.is_ambiguous,
    b.candidate_count,
    b.explain_decision_id,
    d.reason_code,
    w.owner,
    w.claim,
    w.adjust_decision_id
from broken as b
left join work as w on b.item_id = w.item_id
left join
    {{ ref("int_decisions") }} as d on b.explain_decision_id = d.decision_id
    {{ reporting_joins("b", "currency", "business_date") }}

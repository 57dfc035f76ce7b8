with broken as (select * from {{ ref("fct_reconciliation_items") }} where status = 'broken')

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
    d.reason_code
from broken as b
left join
    {{ ref("int_decisions") }} as d on b.explain_decision_id = d.decision_id
    {{ reporting_joins("b", "currency", "business_date") }}

select
    i.item_id,
    i.processor,
    i.reference,
    case
        when i.right_count > 0
        then 'landed'
        when i.status = 'in_transit'
        then 'in_transit'
        when i.status = 'written_off'
        then 'given_up'
        else 'late'
    end as standing,
    i.break_type,
    i.left_minor as amount_minor,
    i.right_minor as landed_minor,
    i.currency,
    {{ in_reporting("i.left_minor", "i.currency") }} as amount_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency,
    i.business_date,
    case when i.right_count > 0 then i.right_date end as landed_on,
    i.deadline,
    greatest(
        {{
            days_between(
                "i.deadline", "case when i.right_count > 0 then i.right_date else i.as_of end"
            )
        }},
        0
    ) as days_late,
    i.as_of
from
    {{ ref("fct_reconciliation_items") }} as i
    {{ reporting_joins("i", "currency", "business_date") }}
where i.leg = 'payout_bank' and i.left_count > 0

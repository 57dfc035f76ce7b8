-- Layer totals: what the members say adds up to what their items say, leg by leg and side by side.
-- Each record counts with the fingerprint of its item, so one that sits in the wrong item shows
-- although the totals agree. To find it, add up fct_reconciliation_members by item_id and compare
-- with fct_reconciliation_items.
with
    members as (
        select leg, side, sum(items_print) as records_print, sum(amounts_print) as amounts_print
        from {{ ref("int_members_daily") }}
        where standing <> 'excluded'
        group by leg, side
    ),

    sides as (
        select leg, 'left' as side, match_key, left_count as records, left_minor as minor
        from {{ ref("int_judged") }}
        union all
        select leg, 'right', match_key, right_count, right_minor
        from {{ ref("int_judged") }}
    ),

    items as (
        select
            leg,
            side,
            sum({{ fingerprint("match_key") }} * records) as records_print,
            sum(cast({{ fingerprint("match_key") }} as hugeint) * minor) as amounts_print
        from sides
        group by leg, side
    )

select *
from items as i
full outer join members as m on i.leg = m.leg and i.side = m.side
where
    coalesce(i.records_print, 0) <> coalesce(m.records_print, 0)
    or coalesce(i.amounts_print, 0) <> coalesce(m.amounts_print, 0)

-- The manual pass, over what all other passes have left: into which item a match merges an item,
-- and which decisions are in force on what comes of it. An item without a match keeps its key.
with
    matches as (
        select leg, match_key, item_key, decision_id
        from {{ ref("int_verdicts") }}
        where kind = 'match' and verdict = 'in_force'
    ),

    flags as (
        select
            leg,
            match_key,
            max(case when kind = 'write_off' then decision_id end) as write_off_decision_id,
            max(case when kind = 'explain' then decision_id end) as explain_decision_id
        from {{ ref("int_verdicts") }}
        where kind in ('write_off', 'explain') and verdict = 'in_force'
        group by leg, match_key
    ),

    touched as (
        select leg, match_key
        from matches
        union
        select leg, match_key
        from flags
    )

select
    t.leg,
    t.match_key,
    coalesce(m.item_key, t.match_key) as item_key,
    m.decision_id as match_decision_id,
    f.write_off_decision_id,
    f.explain_decision_id
from touched as t
left join matches as m on t.leg = m.leg and t.match_key = m.match_key
left join flags as f on t.leg = f.leg and t.match_key = f.match_key

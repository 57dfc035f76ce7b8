-- What becomes of each proposal for the data of this run. It holds for as long as its items say
-- what the person saw, and until a later decision of the same kind takes one of its items;
-- otherwise it has lapsed. Matches are held against the items that the passes of the machine leave,
-- write-offs and explanations against what these and the matches leave.
with
    asked as (
        select seen.*, d.state
        from ({{ seen_items(ref("int_decisions")) }}) as seen
        inner join {{ ref("int_decisions") }} as d on seen.decision_id = d.decision_id
        where seen.kind in {{ proposals() }}
    ),

    named as (select * from {{ ref("int_named_items") }}),

    matches as (
        select a.*, i.match_key, {{ fault_of_item("a", "i") }} as fault
        from asked as a
        left join named as i on a.item_id = i.item_id
        where a.kind in ('match', 'dismiss')
    ),

    judged_matches as ({{ judge_decisions("matches") }}),

    groups as (
        select
            leg, match_key, min(match_key) over (partition by decision_id) as item_key, decision_id
        from judged_matches
        where kind = 'match' and verdict = 'in_force'
    ),

    -- The named items after the matches: those that a match has taken are one.
    left_over as (
        select
            i.leg,
            coalesce(g.item_key, i.match_key) as match_key,
            {{ sum_minor("i.left_minor") }} as left_minor,
            {{ sum_minor("i.right_minor") }} as right_minor,
            coalesce(min(i.left_currency), min(i.lowest_currency)) as currency,
            min(i.lowest_currency) as lowest_currency,
            max(i.highest_currency) as highest_currency
        from named as i
        left join groups as g on i.leg = g.leg and i.match_key = g.match_key
        group by 1, 2
    ),

    others as (
        select a.*, i.match_key, {{ fault_of_item("a", "i") }} as fault
        from asked as a
        left join left_over as i on a.item_id = {{ hash_id(["i.leg", "i.match_key"]) }}
        where a.kind not in ('match', 'dismiss')
    ),

    judged_others as ({{ judge_decisions("others") }})

select j.decision_id, j.kind, j.leg, j.item_id, j.match_key, g.item_key, j.verdict, j.because
from judged_matches as j
left join groups as g on j.decision_id = g.decision_id and j.match_key = g.match_key
union all
select decision_id, kind, leg, item_id, match_key, match_key, verdict, because
from judged_others

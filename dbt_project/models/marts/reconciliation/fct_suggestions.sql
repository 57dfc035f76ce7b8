-- Pairs of open items that may belong together, for a person to confirm or reject. Nothing here has
-- been matched: a suggestion is not a decision. What a person has decided on is suggested no more.
with
    suggested as (
        select
            s.*,
            {{ hash_id(["s.leg", "s.left_id"]) }} as left_item_id,
            {{ hash_id(["s.leg", "s.right_id"]) }} as right_item_id
        from {{ ref("res_fuzzy") }} as s
        where s.status = 'suggested'
    ),

    dismissed as (
        select decision_id, item_id
        from {{ ref("int_verdicts") }}
        where kind = 'dismiss' and verdict = 'in_force'
    ),

    dismissed_pairs as (
        select one.item_id as left_item_id, other.item_id as right_item_id
        from dismissed as one
        inner join dismissed as other on one.decision_id = other.decision_id
        where one.item_id <> other.item_id
    ),

    closed as (
        select leg, match_key
        from {{ ref("res_manual") }}
        where match_decision_id is not null or write_off_decision_id is not null
    )

select
    s.leg,
    s.left_item_id,
    s.right_item_id,
    s.left_id as left_key,
    s.right_id as right_key,
    s.reason,
    s.probability_ppm,
    s.difference_minor,
    s.lag_days,
    s.candidate_count_left,
    s.candidate_count_right
from suggested as s
left join
    (select distinct left_item_id, right_item_id from dismissed_pairs) as d
    on s.left_item_id = d.left_item_id
    and s.right_item_id = d.right_item_id
left join closed as l on s.leg = l.leg and s.left_id = l.match_key
left join closed as r on s.leg = r.leg and s.right_id = r.match_key
where d.left_item_id is null and l.match_key is null and r.match_key is null

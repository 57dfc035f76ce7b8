-- Pairs of open items that may belong together, for a person to confirm or reject. Nothing here has
-- been matched: a suggestion is not a decision.
select
    s.leg,
    {{ hash_id(["s.leg", "s.left_id"]) }} as left_item_id,
    {{ hash_id(["s.leg", "s.right_id"]) }} as right_item_id,
    s.left_id as left_key,
    s.right_id as right_key,
    s.reason,
    s.probability_ppm,
    s.difference_minor,
    s.lag_days,
    s.candidate_count_left,
    s.candidate_count_right
from {{ ref("res_fuzzy") }} as s
where s.status = 'suggested'

-- How far this run's fuzzy pass can be trusted: copies of lines that can have no partner were
-- matched like the rest, and what they were matched with is false.
select
    leg,
    processor,
    left_lines,
    right_lines,
    decoys_planted,
    decoys_accepted,
    lines_without_partner,
    estimated_false_matches
from {{ ref("res_likeness") }}

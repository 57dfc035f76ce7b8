-- Guards merge_netted: an entry takes payouts only if they come to its amount to the cent. (A leg
-- that
-- is grouped as this one is compares amounts of its own.)
select *
from {{ ref("int_items") }}
where
    regrouped_by = 'netting'
    and {{ declares("has_netting") }}
    and (left_minor <> right_minor or lowest_currency <> highest_currency)

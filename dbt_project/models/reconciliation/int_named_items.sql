-- The items that people have decided on, as the passes of the machine leave them: few of many, so
-- that all that follows from decisions is worked out among these.
select i.*, coalesce(i.left_currency, i.lowest_currency) as currency
from {{ ref("int_grouped") }} as i
inner join
    (select distinct item_id from ({{ seen_items(ref("stg_decisions")) }}) as seen) as named
    on i.item_id = named.item_id

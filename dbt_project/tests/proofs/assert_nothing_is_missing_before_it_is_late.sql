-- Guards item_status: an item is in transit, then late, then missing.
select * from {{ ref("policies") }} where missing_days < deadline_days

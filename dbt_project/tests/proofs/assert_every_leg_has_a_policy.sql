-- Guards int_items: an item without a policy would have no deadline.
select *
from {{ ref("int_items") }}
where deadline is null or late_until is null or tolerance is null

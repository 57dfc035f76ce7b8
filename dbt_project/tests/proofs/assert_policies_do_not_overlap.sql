-- Guards int_items: two policies for one leg, processor and day would double the item.
select a.leg, a.processor, a.effective_from
from {{ ref("policies") }} as a
inner join
    {{ ref("policies") }} as b
    on a.leg = b.leg
    and a.processor = b.processor
    and a.effective_from < b.effective_from
    and a.effective_to >= b.effective_from

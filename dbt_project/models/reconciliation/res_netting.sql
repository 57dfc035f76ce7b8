-- What the netting pass makes of every item that it looked at: see res_netting_choices.
select
    leg,
    entry_key as match_key,
    max(case when verdict = 'unique' then entry_key end) as netted_key,
    max(candidate_count) as candidate_count,
    max(case when verdict = 'ambiguous' then 1 else 0 end) = 1 as is_ambiguous
from {{ ref("res_netting_choices") }}
group by leg, entry_key
union all
select
    leg,
    payout_key,
    max(case when verdict = 'unique' then entry_key end),
    max(claim_count),
    max(case when verdict = 'ambiguous' then 1 else 0 end) = 1
from {{ ref("res_netting_choices") }}
where payout_key is not null
group by leg, payout_key

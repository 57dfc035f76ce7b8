-- The steps of a bridge and the effects of a change come to the difference that they explain.
select month, from_definition || ' to ' || to_definition as of_what
from {{ ref("rpt_success_rate_bridges") }}
group by month, processor, from_definition, to_definition
having
    count(step_ppm) = count(*)
    and sum(step_ppm)
    <> max(case when definition_after = to_definition then rate_after_ppm end)
    - max(case when definition_before = from_definition then rate_before_ppm end)
union all
select month, 'change'
from {{ ref("fct_success_rate_changes_monthly") }}
where
    mix_effect_ppm
    + routing_effect_ppm
    + processor_effect_ppm
    + issuer_effect_ppm
    + risk_effect_ppm
    + retry_effect_ppm
    <> change_ppm

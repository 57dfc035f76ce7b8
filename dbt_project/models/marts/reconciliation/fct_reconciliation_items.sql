{{ config(materialized="view") }}

select
    item_id,
    leg,
    match_key,
    processor,
    reference,
    status,
    match_pass,
    break_type,
    left_count,
    right_count,
    left_minor,
    right_minor,
    difference_minor,
    currency,
    business_date,
    right_date,
    deadline,
    as_of,
    age_days,
    is_ambiguous,
    candidate_count,
    match_decision_id,
    write_off_decision_id,
    explain_decision_id
from {{ ref("int_judged") }}

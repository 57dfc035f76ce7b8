{{ config(file_format="parquet") }}

-- Items with what they are on the as-of day; see the macros of item_status.
with
    judged as (
        select int_items.*, {{ item_status() }} as status from {{ ref("int_items") }} as int_items
    )

select
    item_id,
    leg,
    match_key,
    processor,
    reference,
    status,
    {{ item_pass() }} as match_pass,
    {{ break_type() }} as break_type,
    left_count,
    right_count,
    left_minor,
    right_minor,
    left_minor - right_minor as difference_minor,
    coalesce(left_currency, lowest_currency) as currency,
    business_date,
    right_date,
    deadline,
    as_of,
    {{ days_between("business_date", "as_of") }} as age_days,
    is_ambiguous,
    candidate_count,
    match_decision_id,
    write_off_decision_id,
    explain_decision_id
from judged

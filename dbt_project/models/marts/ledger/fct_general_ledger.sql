{{ config(materialized="view") }}

-- Every posting line, with the line of the file that says so.
select
    cast(effective_at as date) as business_date,
    journal_id,
    entry_id,
    account,
    amount_minor,
    currency,
    event_type,
    reference,
    payment_id,
    merchant_id,
    record_id,
    source_file_sha256,
    source_line
from {{ ref("int_postings") }}

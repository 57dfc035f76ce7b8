{{ config(materialized="table") }}

-- The settlement reports that state what they pay out, or carry over to the next one.
select distinct source_file_sha256
from {{ ref("stg_settlement_lines") }}
where line_kind in ('payout', 'transfer')

{{ config(materialized="view") }}

-- Landed files, for what is published about them.
select *
from {{ ref("stg_source_files") }}

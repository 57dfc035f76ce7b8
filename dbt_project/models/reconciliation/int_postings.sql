{{ config(materialized="view") }} select * from {{ ref("stg_ledger_entries") }}

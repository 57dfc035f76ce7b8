{{ config(materialized="view") }} select * from {{ ref("stg_bank_balances") }}

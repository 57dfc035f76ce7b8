{{ config(materialized="view") }} select * from {{ ref("stg_chart_of_accounts") }}

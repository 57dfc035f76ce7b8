{{ config(materialized="table") }}

-- Entries of interim reports and notifications that are in the books by another record: a statement
-- has all entries of a day that it covers, and among notices one entry counts once. Across notices
-- an entry is known again by the bank's reference, else by its words; the copies of one notice
-- stay.
with
    notices as (select * from {{ ref("stg_bank_lines") }} where stated_in = 'notice'),

    booked_days as (
        select distinct account, currency, booking_date
        from {{ ref("stg_bank_lines") }}
        where coalesce(stated_in, 'statement') = 'statement'
    ),

    on_a_statement as (
        select n.record_id
        from notices as n
        inner join
            booked_days as d
            on n.account = d.account
            and n.currency = d.currency
            and n.booking_date = d.booking_date
        union
        select n.record_id
        from notices as n
        inner join
            {{ ref("int_statements") }} as s
            on n.account = s.account
            and n.currency = s.currency
            and n.booking_date between s.whole_from and s.closing_day
    ),

    described as (
        select
            n.*,
            coalesce(
                bank_reference,
                concat_ws('|', '', coalesce(end_to_end_id, ''), coalesce(remittance, ''))
            ) as known_by
        from notices as n
        where record_id not in (select record_id from on_a_statement)
    ),

    placed as (
        select
            d.*,
            row_number() over (
                partition by
                    source_file_sha256, account, currency, booking_date, amount_minor, known_by
                order by source_line, record_id
            ) as place
        from described as d
    ),

    ranked as (
        select
            record_id,
            -- The one that says most of what was paid is kept.
            row_number() over (
                partition by account, currency, booking_date, amount_minor, known_by, place
                order by length(coalesce(remittance, '')) desc, record_id
            ) as copy
        from placed
    )

select record_id, 'on_a_statement' as reason
from on_a_statement
union all
select record_id, 'on_another_notice' as reason
from ranked
where copy > 1
union all
select record_id, 'account_not_stated' as reason
from {{ ref("stg_bank_lines") }}
where stated_in = 'advice'

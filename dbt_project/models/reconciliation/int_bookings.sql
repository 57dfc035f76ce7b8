{{ config(materialized="view") }}

-- What merchants have booked: their invoices without tax, by the month of issue, with the days over
-- which they are recognised. An invoice without a period is recognised on the day it is issued; a
-- void one is not booked.
select
    record_id,
    {{ first_of_month("cast(issued_at as date)") }} as booking_month,
    currency,
    amount_minor - coalesce(tax_minor, 0) as booked_minor,
    case
        when cast(period_end as date) > cast(period_start as date)
        then cast(period_start as date)
        else cast(issued_at as date)
    end as first_day,
    case
        when cast(period_end as date) > cast(period_start as date)
        then cast(period_end as date)
        else {{ add_days("cast(issued_at as date)", 1) }}
    end as after_day
from {{ ref("stg_invoices") }}
where invoice_status <> 'void'

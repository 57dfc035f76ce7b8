-- Layer totals: every chargeback is in the month that it came in, and in that of its payment
-- where it
-- is known.
with
    received as (
        select
            sum(is_chargeback) as chargebacks,
            sum(case when payment_month is not null then is_chargeback else 0 end) as of_known
        from {{ ref("int_disputes") }}
    ),

    monthly as (select sum(chargebacks) as chargebacks from {{ ref("fct_disputes_monthly") }}),

    reasons as (select sum(chargebacks) as chargebacks from {{ ref("fct_chargebacks_monthly") }}),

    cohorts as (
        select sum(chargebacks) as chargebacks from {{ ref("fct_dispute_cohorts_monthly") }}
    )

select r.*, m.chargebacks as monthly, s.chargebacks as reasons, c.chargebacks as cohorts
from received as r
cross join monthly as m
cross join reasons as s
cross join cohorts as c
where
    coalesce(r.chargebacks, 0) <> coalesce(m.chargebacks, 0)
    or coalesce(r.chargebacks, 0) <> coalesce(s.chargebacks, 0)
    or coalesce(r.of_known, 0) <> coalesce(c.chargebacks, 0)

-- What does not succeed at first failed by risk, the issuer or the processor, and by one of them.
select *
from {{ ref("fct_payment_attempts_monthly") }}
where
    payments - payments_authorised_first
    <> payments_stopped_first + payments_declined_first + payments_failed_first

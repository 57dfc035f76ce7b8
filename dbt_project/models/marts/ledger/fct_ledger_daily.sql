-- The ledger day by day: what was debited and credited on an account, by kind of event.
with
    daily as (
        select
            cast(effective_at as date) as business_date,
            account,
            currency,
            event_type,
            {{ sum_minor("case when amount_minor > 0 then amount_minor end") }} as debits_minor,
            {{ sum_minor("case when amount_minor < 0 then - amount_minor end") }} as credits_minor,
            {{ sum_minor("amount_minor") }} as net_minor,
            cast(count(*) as bigint) as entries
        from {{ ref("int_postings") }}
        group by 1, 2, 3, 4
    )

select
    d.business_date,
    d.account,
    coalesce(a.account_type, 'unknown') as account_type,
    coalesce(a.role, 'unknown') as role,
    d.currency,
    d.event_type,
    d.debits_minor,
    d.credits_minor,
    d.net_minor,
    d.entries,
    {{ in_reporting("d.net_minor", "d.currency") }} as net_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency
from daily as d
left join
    {{ ref("int_accounts") }} as a on d.account = a.account
    {{ reporting_joins("d", "currency", "business_date") }}

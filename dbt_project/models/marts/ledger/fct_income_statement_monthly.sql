-- Income and expense of a month by account: income positive, expense negative, so that any of them
-- add up to a result.
select
    {{ first_of_month("d.business_date") }} as month,
    coalesce(
        s.section, case d.account_type when 'income' then 'other_income' else 'operating_cost' end
    ) as section,
    coalesce(s.position, case d.account_type when 'income' then 3 else 4 end) as position,
    d.account,
    coalesce(a.product, 'none') as product,
    d.currency,
    {{ sum_minor("- d.net_minor") }} as amount_minor,
    {{ sum_minor("- d.net_reporting_minor") }} as amount_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency,
    cast(sum(d.entries) as bigint) as entries,
    cast(
        sum(case when d.net_reporting_minor is null then 1 else 0 end) as bigint
    ) as amounts_without_rate
from {{ ref("fct_ledger_daily") }} as d
left join {{ ref("int_accounts") }} as a on d.account = a.account
left join
    {{ ref("statement_sections") }} as s on s.account_type = d.account_type and s.role = d.role
where d.account_type in ('income', 'expense')
group by 1, 2, 3, 4, 5, 6

-- What each processor would have authorised and cost, had it had the company's mix: its own rates
-- and
-- costs by segment, weighed by what the company submitted and settled (direct standardisation).
-- Segments that a processor had none of say nothing of it; what is covered, is stored.
with
    segments as (
        select
            s.*,
            -- By parts per million of the segment's payments, so that a rate is divided last.
            {{ ratio_ppm("authorised_payments", "submitted_payments") }} as rate_ppm,
            cast(sum(submitted_payments) over (in_segment) as bigint) as company_submitted,
            cast(sum(authorised_payments) over (in_segment) as bigint) as company_authorised,
            cast(sum(settled_reporting_minor) over (in_segment) as bigint) as company_settled_minor,
            cast(sum(cost_reporting_minor) over (in_segment) as bigint) as company_cost_minor
        from {{ ref("fct_routing_monthly") }} as s
        window in_segment as (partition by month, currency, card_brand, funding)
    ),

    processors as (
        select
            month,
            processor,
            cast(sum(submitted_payments) as bigint) as submitted_payments,
            cast(sum(authorised_payments) as bigint) as authorised_payments,
            {{ sum_minor("settled_reporting_minor") }} as settled_reporting_minor,
            {{ sum_minor("cost_reporting_minor") }} as cost_reporting_minor,
            cast(
                sum(case when submitted_payments > 0 then company_submitted else 0 end) as bigint
            ) as mix_payments,
            cast(
                sum(case when submitted_payments > 0 then company_authorised else 0 end) as bigint
            ) as mix_authorised_by_all,
            sum(
                case
                    when submitted_payments > 0
                    then
                        {{
                            divide_rounded(
                                "cast(company_submitted as hugeint) * authorised_payments * 1000000",
                                "submitted_payments",
                            )
                        }}
                    else 0
                end
            ) as would_authorise_millionths,
            -- The limits of the segments combined: the square root of the sum of the squares of
            -- their distances from the rates (MOVER; Zou and Donner 2008).
            {% for bound in ["lower", "upper"] %}
                sum(
                    cast(company_submitted as hugeint)
                    * (rate_{{ bound }}_ppm - rate_ppm)
                    * cast(company_submitted as hugeint)
                    * (rate_{{ bound }}_ppm - rate_ppm)
                ) as {{ bound }}_squared,
            {% endfor %}
            {{ sum_minor("case when settled_reporting_minor > 0 then company_settled_minor end") }}
            as mix_settled_reporting_minor,
            {{ sum_minor("case when settled_reporting_minor > 0 then company_cost_minor end") }}
            as mix_cost_of_all_reporting_minor,
            {{
                sum_minor(
                    "case when settled_reporting_minor > 0 then "
                    ~ divide_rounded(
                        "cast(company_settled_minor as hugeint) * cost_reporting_minor",
                        "settled_reporting_minor",
                    )
                    ~ " end"
                )
            }} as mix_cost_reporting_minor
        from segments
        group by 1, 2
    ),

    company as (
        select
            month,
            cast(sum(submitted_payments) as bigint) as company_payments,
            {{ sum_minor("settled_reporting_minor") }} as company_settled_reporting_minor
        from {{ ref("fct_routing_monthly") }}
        group by 1
    )

select
    p.month,
    p.processor,
    p.submitted_payments,
    p.authorised_payments,
    {{ wilson_ppm("p.authorised_payments", "p.submitted_payments", "-") }} as rate_lower_ppm,
    {{ wilson_ppm("p.authorised_payments", "p.submitted_payments", "+") }} as rate_upper_ppm,
    p.settled_reporting_minor,
    p.cost_reporting_minor,
    c.company_payments,
    p.mix_payments,
    p.mix_authorised_by_all,
    {{ divide_rounded("p.would_authorise_millionths", "p.mix_payments") }} as mix_rate_ppm,
    {% for bound, sign in [("lower", "-"), ("upper", "+")] %}
        case
            when p.mix_payments > 0
            then
                least(
                    1000000,
                    greatest(
                        0,
                        cast(
                            {{ "floor" if sign == "-" else "ceil" }} (
                                (
                                    p.would_authorise_millionths
                                    * 1e0 {{ sign }} sqrt(p.{{ bound }}_squared)
                                )
                                / p.mix_payments
                            ) as bigint
                        )
                    )
                )
        end as mix_rate_{{ bound }}_ppm,
    {% endfor %}
    c.company_settled_reporting_minor,
    p.mix_settled_reporting_minor,
    p.mix_cost_of_all_reporting_minor,
    p.mix_cost_reporting_minor,
    '{{ var("reporting_currency") }}' as reporting_currency
from processors as p
inner join company as c on p.month = c.month

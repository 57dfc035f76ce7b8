-- Layer totals: what the marts of finance add up to is what they are made of does.
{% set measures = revenue_measures() %}
{% set revenue, revenue_below = [], [] %}
{% for measure in measures %}
    {% do revenue.append("sum(" ~ measure ~ "_minor)") %}
    {% do revenue.append("sum(" ~ measure ~ "_records)") %}
    {% for column in ["amount_minor", "records"] %}
        {% do revenue_below.append(
            "sum(case when measure = '" ~ measure ~ "' then " ~ column ~ " end)"
        ) %}
    {% endfor %}
{% endfor %}
{% set costs, per_volume = ref("fct_costs_monthly"), ref("fct_cost_per_volume_monthly") %}
{% set monthly, days = ref("fct_revenue_monthly"), ref("rpt_days") %}
{% set fees = [
    "count(*)",
    "sum(lines)",
    "sum(accrued_minor)",
    "sum(bill_lines)",
    "sum(billed_minor)",
] %}
{% set waterfall, bookings = ref("fct_revenue_waterfall_monthly"), ref("int_bookings") %}
{% set booked, amounts = ["sum(booked_minor)", "count(*)"], ["sum(amount_minor)", "sum(records)"] %}
{% set rates = ["count(*)", "sum(rate_billionths)"] %}
{% set moved %}
    (
        select d.business_date, c.as_of
        from {{ ref("int_daily_amounts") }} as d
        inner join {{ ref("int_as_of") }} as c on d.business_date <= c.as_of
    )
{% endset %}
{% set span = [dbt.datediff("min(business_date)", "max(as_of)", "day") ~ " + 1"] %}
{{
    unequal_totals(
        [
            [costs, amounts, ref("stg_costs"), ["sum(amount_minor)", "count(*)"]],
            [per_volume, ["sum(cost_minor)"], costs, ["sum(amount_reporting_minor)"]],
            [
                per_volume,
                ["sum(volume_minor)", "sum(network_cost_minor)"],
                monthly,
                ["sum(gross_volume_reporting_minor)", "sum(network_cost_reporting_minor)"],
            ],
            [monthly, revenue, ref("int_daily_amounts"), revenue_below],
            [ref("fct_network_fees_monthly"), fees, ref("int_network_fees"), fees],
            [waterfall, amounts, bookings, booked, "step = 'booked'"],
            [
                waterfall,
                amounts,
                ref("int_recognition"),
                ["sum(recognised_minor)", "count(*)"],
                "step = 'recognised'",
            ],
            [
                waterfall,
                ["sum(amount_minor)"],
                bookings,
                ["sum(booked_minor)"],
                "step <> 'booked'",
            ],
            [waterfall, ["sum(records)"], bookings, ["count(*)"], "step = 'remaining'"],
            [ref("rpt_reporting_rates"), rates, ref("int_reporting_rates"), rates],
            [days, ["count(*)"], moved, span],
        ]
    )
}}

-- Layer totals: declines, routing, captures, programmes, changes and bridges add up to what they
-- are
-- made of. The counts of attempts and of chargebacks have proofs of their own.
{% set attempts, routing = ref("int_attempts"), ref("fct_routing_monthly") %}
{% set programmes, changes = ref("fct_dispute_programmes_monthly"), ref(
    "fct_success_rate_changes_monthly"
) %}
{% set monthly = ref("fct_payment_attempts_monthly") %}
{% set of_processors = [
    "sum(submitted_payments)",
    "sum(authorised_payments)",
    "sum(settled_reporting_minor)",
    "sum(cost_reporting_minor)",
] %}
{% set steps = [] %}
{% for start in success_definitions() %}
    {% for end in success_definitions() if end.name != start.name %}
        {% do steps.extend(definition_path(start.name, end.name)) %}
    {% endfor %}
{% endfor %}
{% set watched %}
    (
        select p.programme, e.month, sum(e.is_chargeback) as chargebacks
        from
            (
                select month, card_brand, method, is_chargeback
                from {{ ref("int_disputes") }}
                where is_chargeback = 1
                union all
                select {{ first_of_month("captured_date") }}, card_brand, method, 0
                from {{ attempts }}
                where is_captured = 1
            ) as e
        inner join
            {{ ref("dispute_programmes") }} as p
            on e.card_brand = p.card_brand
            and e.month between p.effective_from and p.effective_to
        where e.method <> 'card_present'
        group by p.programme, e.month
    )
{% endset %}
{% set captured = ["count(*)", "sum(captured_minor)", "sum(captured_reporting_minor)"] %}
{{
    unequal_totals(
        [
            [
                ref("fct_declines_monthly"),
                ["sum(attempts)", "sum(payments)", "sum(payments_authorised)"],
                attempts,
                ["count(*)", "sum(is_first)", "sum(is_first * payment_authorised)"],
                "true",
                "is_made = 1 and is_authorised = 0",
            ],
            [
                routing,
                ["sum(submitted_payments)", "sum(authorised_payments)"],
                attempts,
                ["sum(is_first)", "sum(is_first * is_authorised)"],
                "true",
                "is_submitted = 1",
            ],
            [
                routing,
                ["sum(settled_attempts)", "sum(cost_reporting_minor)", "sum(lines_without_rate)"],
                ref("int_charge_costs"),
                ["count(*)", "sum(cost_reporting_minor)", "sum(lines_without_rate)"],
            ],
            [ref("rpt_routing_monthly"), of_processors, routing, of_processors],
            [
                programmes,
                ["count(*)", "sum(chargebacks)"],
                watched,
                ["count(*)", "sum(chargebacks)"],
                "merchant_id = '*'",
            ],
            [
                programmes,
                ["sum(chargebacks)"],
                watched,
                ["sum(chargebacks)"],
                "merchant_id <> '*'",
            ],
            [
                ref("fct_disputes_monthly"),
                ["sum(transactions)", "sum(captured_minor)", "sum(captured_reporting_minor)"],
                attempts,
                captured,
                "true",
                "is_captured = 1",
            ],
            [
                ref("fct_dispute_cohorts_monthly"),
                ["sum(transactions)", "sum(captured_reporting_minor)"],
                attempts,
                ["count(*)", "sum(captured_reporting_minor)"],
                "months_since = 0",
                "is_captured = 1",
            ],
            [
                changes,
                ["count(*)", "sum(payments)", "sum(payments_authorised)"],
                monthly,
                ["count(distinct month)", "sum(payments)", "sum(payments_authorised)"],
                "true",
                "payments > 0 and month > (select min(month) from "
                ~ monthly
                ~ " where payments > 0)",
            ],
            [
                ref("rpt_success_rate_bridges"),
                ["count(*)"],
                ref("fct_success_rates_monthly"),
                [
                    "(count(distinct month) + count(distinct cast(month as varchar) || processor)) * "
                    ~ steps
                    | length
                ],
            ],
        ]
    )
}}

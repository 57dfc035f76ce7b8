{#
  The steps of the flow. A total is what one side of a leg comes to; between two totals stand the
  steps that lead from the one to the other, and a residual that is zero, or the run does not
  publish.
#}
{% set stages = [
    {
        "section": 1,
        "from": ["payment_ledger", "right", "ledger"],
        "to": ["payment_ledger", "left", "payments"],
        "leg": "payment_ledger",
        "sign": 1,
    },
    {
        "section": 2,
        "from": ["payment_ledger", "left", "payments"],
        "to": ["payment_settlement", "right", "settled"],
        "leg": "payment_settlement",
        "sign": -1,
    },
    {
        "section": 3,
        "from": ["payment_settlement", "right", "settled"],
        "to": ["batch_payout", "left", "settlement_net"],
        "lines": true,
    },
    {
        "section": 4,
        "from": ["batch_payout", "left", "settlement_net"],
        "to": ["batch_payout", "right", "payouts"],
        "leg": "batch_payout",
        "sign": -1,
    },
    {
        "section": 5,
        "from": ["batch_payout", "right", "payouts"],
        "to": ["payout_bank", "right", "bank"],
        "leg": "payout_bank",
        "sign": -1,
    },
] %}
-- From what the ledger says to what the bank has: each total, what lies between it and the next,
-- and what nothing explains.
with
    sums as (select * from {{ ref("rpt_members_daily") }}),

    steps as (
        {% for stage in stages %}
            select
                processor,
                currency,
                {{ stage.section }} as section,
                1 as place,
                '{{ stage.from[2] }}' as step,
                amount_minor
            from sums
            where
                leg = '{{ stage.from[0] }}'
                and side = '{{ stage.from[1] }}'
                and standing <> 'excluded'
            {% if stage.leg %}
                union all
                select
                    processor,
                    currency,
                    {{ stage.section }},
                    2,
                    standing,
                    {{ stage.sign }}
                    * case when side = 'left' then amount_minor else - amount_minor end
                from sums
                where leg = '{{ stage.leg }}' and standing <> 'excluded'
            {% endif %}
            {% if stage.lines %}
                union all
                select processor, currency, {{ stage.section }}, 2, step, amount_minor
                from {{ ref("int_line_sums") }}
                union all
                select processor, currency, {{ stage.section }}, 2, excluded_reason, - amount_minor
                from sums
                where leg = 'batch_payout' and side = 'left' and standing = 'excluded'
            {% endif %}
            {% if stage.section == 5 %}
                union all
                -- Lines of reports that state no payout are compared with the bank directly.
                select processor, currency, 5, 2, excluded_reason, amount_minor
                from sums
                where
                    leg = 'batch_payout'
                    and side = 'left'
                    and excluded_reason = 'report_states_no_payout'
            {% endif %}
            union all
            select processor, currency, {{ stage.section }}, 3, '{{ stage.to[2] }}', - amount_minor
            from sums
            where
                leg = '{{ stage.to[0] }}' and side = '{{ stage.to[1] }}' and standing <> 'excluded'
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    added as (
        select processor, currency, section, place, step, {{ sum_minor("amount_minor") }} as minor
        from steps
        group by processor, currency, section, place, step
    ),

    -- All three places of a section add up to what is left over.
    residuals as (
        select processor, currency, section, 4, 'residual', {{ sum_minor("minor") }}
        from added
        group by processor, currency, section
    ),

    every as (
        select *
        from added
        union all
        select *
        from residuals
    )

select
    processor,
    currency,
    section,
    place,
    step,
    case
        place when 1 then 'from' when 2 then 'step' when 3 then 'to' else 'residual'
    end as row_kind,
    case place when 3 then - minor else minor end as amount_minor
from every
where place <> 2 or step <> 'matched'

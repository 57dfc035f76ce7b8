{#
  A section leads from one total to the next. The totals are summed in staging; what lies between
  them is what the items say of it. What neither explains is the residual: it is zero, or the run
  does not publish. Only what the bank booked is a total of the items themselves, since which
  entries are a processor's is for the leg to say.
#}
{% set sections = [
    {
        "from": "ledger",
        "to": "payments",
        "leg": "payment_ledger",
        "adds": "left",
    },
    {"from": "payments", "to": "settled", "leg": "payment_settlement", "adds": "right"},
    {"from": "settled", "to": "settlement_net"},
    {"from": "settlement_net", "to": "payouts", "leg": "batch_payout", "adds": "right"},
    {"from": "payouts", "to": "bank", "leg": "payout_bank", "adds": "right"},
] %}
-- From what the ledger says to what the bank has: each total, what lies between it and the next,
-- and what nothing explains.
with
    members as (select * from {{ ref("rpt_members_daily") }}),

    totals as (
        select *
        from {{ ref("int_flow_totals") }}
        union all
        select processor, currency, 'bank', amount_minor
        from members
        where leg = 'payout_bank' and side = 'right' and standing <> 'excluded'
    ),

    steps as (
        {% for section in sections %}
            select
                processor,
                currency,
                {{ loop.index }} as section,
                1 as place,
                total as step,
                amount_minor
            from totals
            where total = '{{ section.from }}'
            union all
            select processor, currency, {{ loop.index }}, 3, total, - amount_minor
            from totals
            where total = '{{ section.to }}'
            union all
            {% if section.leg %}
                select
                    processor,
                    currency,
                    {{ loop.index }},
                    2,
                    standing,
                    case side when '{{ section.adds }}' then amount_minor else - amount_minor end
                from members
                where leg = '{{ section.leg }}' and standing <> 'excluded'
            {% else %}
                select processor, currency, {{ loop.index }}, 2, step, amount_minor
                from {{ ref("int_line_sums") }}
                {% endif %} {{ "union all" if not loop.last }}
        {% endfor %}

        union all

        -- Lines and payouts that the leg of payouts leaves out.
        select
            processor,
            currency,
            4,
            2,
            excluded_reason,
            case side when 'left' then - amount_minor else amount_minor end
        from members
        where leg = 'batch_payout' and standing = 'excluded'

        union all

        -- Payouts without a name never reach the bank's leg; lines of reports that state no payout
        -- are compared with the bank directly.
        select
            processor,
            currency,
            5,
            2,
            excluded_reason,
            case side when 'right' then - amount_minor else amount_minor end
        from members
        where
            leg = 'batch_payout'
            and standing = 'excluded'
            and (
                (side = 'right' and excluded_reason <> 'paid_from_a_balance')
                or excluded_reason = 'report_states_no_payout'
            )
    ),

    added as (
        select processor, currency, section, place, step, {{ sum_minor("amount_minor") }} as minor
        from steps
        group by processor, currency, section, place, step
    ),

    -- All places of a section add up to what is left over.
    every as (
        select *
        from added
        union all
        select processor, currency, section, 4, 'residual', {{ sum_minor("minor") }}
        from added
        group by processor, currency, section
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
-- What matches adds nothing, but where one of two records does not say which processor it is of.
where place <> 2 or step <> 'matched' or minor <> 0

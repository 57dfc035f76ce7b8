-- The legs as they are declared, with the policy that holds for them on the as-of day and how
-- many items they have. A leg without items is there too.
with
    declared as (
        {% for leg in legs() %}
            select
                '{{ leg.name }}' as leg,
                {{ loop.index }} as place,
                '{{ leg.title }}' as title,
                '{{ leg.left }}' as left_side,
                '{{ leg.right }}' as right_side,
                {{ dbt.string_literal(dbt.escape_single_quotes(leg.key)) }} as compared_by,
                {% if leg.grouped_as %} '{{ leg.grouped_as }}'
                {% else %} cast(null as varchar)
                {% endif %} as grouped_as,
                '{{ rule_version(leg) }}' as rule_version
                {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    counted as (
        select
            leg,
            sum(items) as items,
            sum(case when status = 'in_transit' then items end) as items_in_transit,
            sum(case when status = 'broken' then items end) as items_broken
        from {{ ref("rpt_reconciliation_daily") }}
        group by leg
    )

select
    d.leg,
    d.place,
    d.title,
    d.left_side,
    d.right_side,
    d.compared_by,
    d.grouped_as,
    d.rule_version,
    p.tolerance_minor,
    p.tolerance_bps,
    p.deadline_days,
    p.missing_days,
    p.calendar,
    p.netting_window_days,
    p.netting_candidates,
    cast(coalesce(n.items, 0) as bigint) as items,
    cast(coalesce(n.items_in_transit, 0) as bigint) as items_in_transit,
    cast(coalesce(n.items_broken, 0) as bigint) as items_broken,
    c.as_of
from declared as d
cross join {{ ref("int_as_of") }} as c
left join counted as n on n.leg = d.leg
left join
    {{ ref("policies") }} as p
    on p.leg = d.leg
    and p.processor = '*'
    and c.as_of between p.effective_from and p.effective_to

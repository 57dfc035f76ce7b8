-- What came in, counted in staging, against where it went, counted in the members and items.
-- The two sides share no join and no filter, so a record that is lost or used twice shows.
with
    came_in as (select * from {{ ref("int_records_in") }}),

    went as (
        select
            m.leg,
            m.source_table,
            m.source,
            m.currency,
            m.business_date,
            sum(
                case when i.status in ('matched', 'matched_within_tolerance') then 1 else 0 end
            ) as rows_matched,
            sum(case when i.status = 'in_transit' then 1 else 0 end) as rows_in_transit,
            sum(case when i.status = 'broken' then 1 else 0 end) as rows_broken,
            sum(case when m.excluded_reason is not null then 1 else 0 end) as rows_excluded,
            {{
                sum_minor(
                    "case when i.status in ('matched', 'matched_within_tolerance') then abs(m.amount_minor) end"
                )
            }}
            as minor_matched,
            {{ sum_minor("case when i.status = 'in_transit' then abs(m.amount_minor) end") }}
            as minor_in_transit,
            {{ sum_minor("case when i.status = 'broken' then abs(m.amount_minor) end") }}
            as minor_broken,
            {{ sum_minor("case when m.excluded_reason is not null then abs(m.amount_minor) end") }}
            as minor_excluded
        from {{ ref("fct_reconciliation_members") }} as m
        left join {{ ref("fct_reconciliation_items") }} as i on m.item_id = i.item_id
        group by 1, 2, 3, 4, 5
    )

select
    coalesce(c.leg, w.leg) as leg,
    coalesce(c.source_table, w.source_table) as source_table,
    coalesce(c.source, w.source) as source,
    coalesce(c.currency, w.currency) as currency,
    coalesce(c.business_date, w.business_date) as business_date,
    cast(coalesce(c.rows_in, 0) as bigint) as rows_in,
    {% for status in ["matched", "in_transit", "broken", "excluded"] %}
        cast(coalesce(w.rows_{{ status }}, 0) as bigint) as rows_{{ status }},
    {% endfor %}
    cast(
        coalesce(c.rows_in, 0) - coalesce(
            w.rows_matched + w.rows_in_transit + w.rows_broken + w.rows_excluded, 0
        ) as bigint
    ) as rows_difference,
    cast(coalesce(c.minor_in, 0) as bigint) as minor_in,
    {% for status in ["matched", "in_transit", "broken", "excluded"] %}
        cast(coalesce(w.minor_{{ status }}, 0) as bigint) as minor_{{ status }},
    {% endfor %}
    cast(
        coalesce(c.minor_in, 0) - coalesce(
            w.minor_matched + w.minor_in_transit + w.minor_broken + w.minor_excluded, 0
        ) as bigint
    ) as minor_difference
from came_in as c
full outer join
    went as w
    on c.leg = w.leg
    and c.source_table = w.source_table
    and c.source = w.source
    and c.currency = w.currency
    and c.business_date = w.business_date

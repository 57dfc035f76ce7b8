{{ config(materialized="view") }}

-- Items of all legs after the netting and the fuzzy pass, beside the policy that holds for them:
-- the
-- processor's own, else the leg's.
with
    items as (
        {% for leg in legs() %}
            {% if leg.has_netting %}{{ merge_netted(leg.name) }}
            {% else %}
                select
                    i.*,
                    cast(null as varchar) as regrouped_by,
                    false as is_ambiguous,
                    cast(null as integer) as candidate_count
                from {{ ref("leg_" ~ leg.name) }} as i
                {% endif %} {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    dated as (select items.*, coalesce(left_date, right_date) as business_date from items)

select
    i.*,
    c.as_of,
    greatest(
        {{ policy("tolerance_minor") }},
        {{ divide_whole("abs(i.left_minor) * " ~ policy("tolerance_bps"), "10000") }}
    ) as tolerance,
    {{ add_days("i.business_date", policy("deadline_days")) }} as deadline,
    {{ add_days("i.business_date", policy("missing_days")) }} as late_until
from dated as i
cross join {{ ref("int_as_of") }} as c {{ policy_joins("i", "business_date") }}

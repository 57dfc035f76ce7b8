-- What came in, counted in staging, against where it went, counted in the members and items.
-- The two sides share no join and no filter, so a record that is lost or used twice shows.
{% set standings = ["matched", "in_transit", "broken", "written_off", "excluded"] %}
with
    came_in as (select * from {{ ref("int_records_in") }}),

    standing as (
        select
            d.*,
            case standing when 'matched_within_tolerance' then 'matched' else standing end as place
        from {{ ref("int_members_daily") }} as d
    ),

    went as (
        select
            leg,
            source_table,
            source,
            currency,
            business_date,
            {% for standing in standings %}
                sum(
                    case when place = '{{ standing }}' then records else 0 end
                ) as rows_{{ standing }},
                {{ sum_minor("case when place = '" ~ standing ~ "' then abs_minor end") }}
                as minor_{{ standing }},
            {% endfor %}
            sum(
                case when place in ('{{ standings | join("', '") }}') then records_print end
            ) as records_print
        from standing
        group by leg, source_table, source, currency, business_date
    )

select
    coalesce(c.leg, w.leg) as leg,
    coalesce(c.source_table, w.source_table) as source_table,
    coalesce(c.source, w.source) as source,
    coalesce(c.currency, w.currency) as currency,
    coalesce(c.business_date, w.business_date) as business_date,
    cast(coalesce(c.rows_in, 0) as bigint) as rows_in,
    {% for standing in standings %}
        cast(coalesce(w.rows_{{ standing }}, 0) as bigint) as rows_{{ standing }},
    {% endfor %}
    cast(
        coalesce(c.rows_in, 0) - coalesce(
            w.rows_matched
            + w.rows_in_transit
            + w.rows_broken
            + w.rows_written_off
            + w.rows_excluded,
            0
        ) as bigint
    ) as rows_difference,
    cast(coalesce(c.minor_in, 0) as bigint) as minor_in,
    {% for standing in standings %}
        cast(coalesce(w.minor_{{ standing }}, 0) as bigint) as minor_{{ standing }},
    {% endfor %}
    cast(
        coalesce(c.minor_in, 0) - coalesce(
            w.minor_matched
            + w.minor_in_transit
            + w.minor_broken
            + w.minor_written_off
            + w.minor_excluded,
            0
        ) as bigint
    ) as minor_difference,
    cast(
        case
            when coalesce(c.records_print, 0) <> coalesce(w.records_print, 0) then 1 else 0
        end as bigint
    ) as records_replaced
from came_in as c
full outer join
    went as w
    on c.leg = w.leg
    and c.source_table = w.source_table
    and c.source = w.source
    and c.currency = w.currency
    and c.business_date = w.business_date

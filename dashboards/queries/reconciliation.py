"""Legs, the heat map, and the items behind every figure, paged in SQL."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.context import Context
from dashboards.data import Row, Value

_LEGS = """
with
    items as (
        select
            leg,
            sum(items) as items,
            coalesce(sum(items) filter (where status like 'matched%'), 0) as items_matched,
            coalesce(sum(items) filter (where status = 'broken'), 0) as items_broken,
            coalesce(sum(case when $currency is null then value_reporting_minor
                else value_minor end), 0) as value,
            coalesce(sum(case when $currency is null then value_reporting_minor
                else value_minor end) filter (where status like 'matched%'), 0) as value_matched,
            coalesce(sum(case when $currency is null then value_reporting_minor
                else value_minor end) filter (where status = 'in_transit'), 0)
                as value_in_transit
        from rpt_reconciliation_daily
        where business_date >= $first and business_date < $after
            and ($currency is null or currency = $currency)
        group by 1
    ),
    breaks as (
        select leg, sum(case when $currency is null then value_reporting_minor
            else value_minor end) as at_risk
        from fct_breaks
        where business_date >= $first and business_date < $after
            and ($currency is null or currency = $currency)
        group by 1
    ),
    conservation as (
        select
            leg,
            sum(rows_in) as records,
            sum(rows_excluded) as records_excluded,
            sum(abs(rows_difference)) as records_lost,
            sum(abs(minor_difference)) as minor_lost
        from rpt_conservation
        where business_date >= $first and business_date < $after
            and ($currency is null or currency = $currency)
        group by 1
    )
select
    leg,
    coalesce(items, 0) as items,
    coalesce(items_matched, 0) as items_matched,
    coalesce(items_broken, 0) as items_broken,
    coalesce(value, 0) as value,
    coalesce(value_matched, 0) as value_matched,
    coalesce(value_in_transit, 0) as value_in_transit,
    coalesce(at_risk, 0) as at_risk,
    coalesce(records, 0) as records,
    coalesce(records_excluded, 0) as records_excluded,
    coalesce(records_lost, 0) as records_lost,
    coalesce(minor_lost, 0) as minor_lost
from items
full join breaks using (leg)
full join conservation using (leg)
"""

_HEAT = """
with
    scope as (
        select
            processor,
            cast(date_trunc($grain, business_date) as date) as day,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                as value
        from rpt_reconciliation_daily
        where business_date >= $first and business_date < $after
            and ($currency is null or currency = $currency)
        group by 1, 2
    ),
    broken as (
        select
            coalesce(processor, 'none') as processor,
            cast(date_trunc($grain, business_date) as date) as day,
            sum(case when $currency is null then value_reporting_minor else value_minor end)
                as at_risk
        from fct_breaks
        where business_date >= $first and business_date < $after
            and ($currency is null or currency = $currency)
        group by 1, 2
    )
select processor, day, coalesce(value, 0) as value, coalesce(at_risk, 0) as at_risk
from scope
left join broken using (processor, day)
where value > 0
order by processor, day
"""

_CHOICES = """
select distinct
    coalesce(processor, 'none') as processor, coalesce(break_type, 'none') as break_type
from rpt_reconciliation_daily
order by all
"""

# The filters of the page; a filter that is not set is null. Shared by the list and its count.
_FROM_ITEMS = """
from fct_reconciliation_items as i
left join fct_breaks as b on i.item_id = b.break_id
where i.business_date >= $first and i.business_date < $after
    and ($currency is null or i.currency = $currency)
    and ($leg is null or i.leg = $leg)
    and ($status is null or i.status in ($status, $status || '_within_tolerance'))
    and ($break_type is null or i.break_type = $break_type)
    and ($processor is null or coalesce(i.processor, 'none') = $processor)
    and ($older_than is null or i.age_days > $older_than)
"""

# Items carry no reporting amounts, so the order over several currencies comes from the rates that
# the daily totals were converted with. It is an order only; no amount passes through the division.
_ITEMS = f"""
with
    rates as (
        select currency, business_date, max(value_reporting_minor / value_minor) as rate
        from rpt_reconciliation_daily
        where value_minor > 0
        group by 1, 2
    ),
    chosen as (
        select
            i.item_id, i.leg, i.status, i.match_pass, i.break_type, i.processor, i.reference,
            i.left_count, i.right_count, i.left_minor, i.right_minor, i.difference_minor,
            i.currency, i.business_date, i.deadline, i.age_days,
            b.value_minor as at_risk,
            coalesce(b.value_minor, greatest(abs(i.left_minor), abs(i.right_minor))) as weight
        {_FROM_ITEMS}
    )
select c.* exclude (weight)
from chosen as c
left join rates as r on c.currency = r.currency and c.business_date = r.business_date
order by c.weight * coalesce(r.rate, 1) desc, c.item_id
limit $limit offset $offset
"""

_COUNT = f"""
select
    count(*) as items,
    coalesce(sum(case when $currency is null then b.value_reporting_minor
        else b.value_minor end), 0) as at_risk
{_FROM_ITEMS}
"""


@dataclass(frozen=True)
class Filter:
    """Which items: every part that is None leaves that part open."""

    leg: str | None = None
    status: str | None = None
    break_type: str | None = None
    processor: str | None = None
    older_than: int | None = None

    @property
    def parameters(self) -> dict[str, Value]:
        """The filter as parameters of a query."""
        return dict(vars(self))


def legs(context: Context) -> list[Row]:
    """One row a leg: its items, values and whether every record is accounted for."""
    return context.in_scope(_LEGS)


def heat(context: Context, by_month: bool) -> list[Row]:
    """Value in scope and at risk by processor and day or month."""
    return context.in_scope(_HEAT, grain="month" if by_month else "day")


def choices(context: Context) -> tuple[list[str], list[str]]:
    """The processors and the break types of the edition."""
    found = context.rows(_CHOICES)
    processors = sorted({row["processor"] for row in found})
    break_types = sorted({row["break_type"] for row in found} - {"none"})
    return processors, break_types


def items(context: Context, chosen: Filter, *, limit: int, offset: int = 0) -> list[Row]:
    """A page of items, the most value first."""
    return context.in_scope(_ITEMS, **chosen.parameters, limit=limit, offset=offset)


def size(context: Context, chosen: Filter) -> tuple[int, int]:
    """How many items there are, and what their breaks put at risk."""
    row = context.in_scope(_COUNT, **chosen.parameters)[0]
    return row["items"], int(row["at_risk"])

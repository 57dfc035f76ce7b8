"""Open breaks as a work list, and the pairs that are suggested for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.context import Context
from dashboards.data import Row, Value

# A filter that is not set is null. Shared by the list and its count.
_FROM = """
from fct_breaks
where business_date >= $first and business_date < $after
    and ($currency is null or currency = $currency)
    and ($leg is null or leg = $leg)
    and ($break_type is null or break_type = $break_type)
    and ($processor is null or coalesce(processor, 'none') = $processor)
    and ($older_than is null or age_days > $older_than)
    and ($is_explained is null or (reason_code is not null) = $is_explained)
    and ($at_least is null
        or case when $currency is null then value_reporting_minor else value_minor end >= $at_least)
    and ($item_ids is null
        or list_contains(string_split($item_ids, ' '), break_id) = $is_among)
    and ($search is null or contains(lower(concat_ws(' ', reference, break_id)), lower($search)))
"""

_BREAKS = f"""
select
    break_id as item_id, leg, break_type, processor, reference, left_count, right_count,
    left_minor, right_minor, difference_minor, currency, value_minor, value_reporting_minor,
    business_date, deadline, age_days, age_bucket, is_ambiguous, reason_code
{_FROM}
order by value_reporting_minor desc nulls last, age_days desc, break_id
limit $limit offset $offset
"""

_SIZE = f"""
select
    count(*) as breaks,
    coalesce(sum(case when $currency is null then value_reporting_minor else value_minor end), 0)
        as at_risk,
    count(*) filter (where reason_code is not null) as explained
{_FROM}
"""

_AGES = f"""
select
    age_bucket, min(age_days) as place, count(*) as breaks,
    coalesce(sum(case when $currency is null then value_reporting_minor else value_minor end), 0)
        as at_risk
{_FROM}
group by 1 order by 2
"""

_DECISIONS = "select decision_id, state from fct_decisions where about is null"

_CHOICES = """
select distinct leg, break_type, coalesce(processor, 'none') as processor
from fct_breaks order by all
"""

# The few items that are named come first: a join would read every item twice.
_SUGGESTIONS = """
with
    named as materialized (
        select item_id, reference, left_minor, right_minor, currency, business_date
        from fct_reconciliation_items
        where item_id in (
            select left_item_id from fct_suggestions
            union all
            select right_item_id from fct_suggestions
        )
    )
select
    s.leg, s.left_item_id, s.right_item_id, s.reason, s.probability_ppm, s.lag_days,
    s.candidate_count_left, s.candidate_count_right,
    l.reference as left_reference, r.reference as right_reference,
    l.left_minor, r.right_minor, l.currency, l.business_date as left_date,
    r.business_date as right_date
from fct_suggestions as s
inner join named as l on s.left_item_id = l.item_id
inner join named as r on s.right_item_id = r.item_id
where $currency is null or l.currency = $currency
order by s.probability_ppm desc nulls last, s.left_item_id
limit $limit
"""


@dataclass(frozen=True)
class Filter:
    """Which breaks: every part that is None leaves that part open.

    `at_least` is in minor units of the currency of the context. `item_ids` are ids with blanks
    between them: those alone, or all others if `is_among` is False.
    """

    leg: str | None = None
    break_type: str | None = None
    processor: str | None = None
    older_than: int | None = None
    is_explained: bool | None = None
    at_least: int | None = None
    item_ids: str | None = None
    is_among: bool = True
    search: str | None = None

    @property
    def parameters(self) -> dict[str, Value]:
        """The filter as parameters of a query."""
        return dict(vars(self))


def breaks(context: Context, chosen: Filter, *, limit: int, offset: int = 0) -> list[Row]:
    """A page of open breaks, the most value first."""
    return context.in_scope(_BREAKS, **chosen.parameters, limit=limit, offset=offset)


def size(context: Context, chosen: Filter) -> Row:
    """How many breaks there are, what they put at risk, and how many are explained."""
    return context.in_scope(_SIZE, **chosen.parameters)[0]


def ages(context: Context, chosen: Filter) -> list[Row]:
    """Breaks and value at risk by age, the youngest first."""
    return context.in_scope(_AGES, **chosen.parameters)


def choices(context: Context) -> list[Row]:
    """Which legs, kinds of break and processors there are."""
    return context.rows(_CHOICES)


def decision_states(context: Context) -> dict[str, str]:
    """What the edition made of each proposal that it knows."""
    if "fct_decisions" not in context.edition.tables:
        return {}
    return {row["decision_id"]: row["state"] for row in context.rows(_DECISIONS)}


def suggestions(context: Context, limit: int) -> list[Row]:
    """Pairs that may belong together, the likeliest first, with what each side says."""
    if "fct_suggestions" not in context.edition.tables:  # as for who may not see all rows
        return []
    return context.rows(_SUGGESTIONS, currency=context.scope.currency, limit=limit)

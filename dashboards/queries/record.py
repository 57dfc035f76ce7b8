"""One item: both its sides, record by record, and where each record came from."""

from __future__ import annotations

from dashboards.context import Context
from dashboards.data import Row

_ITEM = """
select i.*, b.value_minor as at_risk
from fct_reconciliation_items as i
left join fct_breaks as b on i.item_id = b.break_id
where i.item_id = $item
"""

_RECORDS = """
with origins as (select sha256, min(origin) as origin from deliveries group by 1)
select
    m.record_id, m.side, m.source_table, m.source, m.source_file_sha256, m.source_line,
    m.processor, m.reference, m.amount_minor, m.currency, m.business_date,
    coalesce(o.origin, 'file ' || m.source_file_sha256[:12]) as origin
from fct_reconciliation_members as m
left join origins as o on m.source_file_sha256 = o.sha256
where m.item_id = $item and ($side is null or m.side = $side)
order by m.side, m.business_date, origin, m.source_line
limit $limit offset $offset
"""

_COUNT = """
select side, count(*) as records
from fct_reconciliation_members
where item_id = $item
group by 1
"""

_ELSEWHERE = """
select m.record_id, m.leg, m.item_id, m.excluded_reason, i.status
from fct_reconciliation_members as m
left join fct_reconciliation_items as i on m.item_id = i.item_id
where list_contains(string_split($records, ' '), m.record_id)
    and (m.item_id is null or m.item_id <> $item)
order by m.leg
"""


def item(context: Context, item_id: str) -> Row | None:
    """One item of the edition."""
    found = context.rows(_ITEM, item=item_id)
    return found[0] if found else None


def records(
    context: Context, item_id: str, *, side: str | None = None, limit: int, offset: int = 0
) -> list[Row]:
    """The records of an item with the file and line of each, left before right."""
    return context.rows(_RECORDS, item=item_id, side=side, limit=limit, offset=offset)


def sizes(context: Context, item_id: str) -> dict[str, int]:
    """How many records each side of an item has."""
    return {row["side"]: row["records"] for row in context.rows(_COUNT, item=item_id)}


def elsewhere(context: Context, item_id: str, record_ids: list[str]) -> list[Row]:
    """What the same records are part of on other legs, or why a leg leaves them out."""
    return context.rows(_ELSEWHERE, item=item_id, records=" ".join(record_ids))

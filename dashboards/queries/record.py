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

# Files and lines come before ids: they are read at a tenth of the cost. The items are asked for by
# their ids, since a join would read all of them.
_ELSEWHERE = """
select m.record_id, m.leg, m.item_id, m.excluded_reason
from fct_reconciliation_members as m
where (m.source_file_sha256, m.source_line) in (
        select
            unnest(string_split($files, ' ')), cast(unnest(string_split($lines, ' ')) as bigint)
    )
    and list_contains(string_split($records, ' '), m.record_id)
    and (m.item_id is null or m.item_id <> $item)
order by m.leg
"""

_STATUSES = """
select item_id, status
from fct_reconciliation_items
where item_id in (select unnest(string_split($items, ' ')))
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


def elsewhere(context: Context, item_id: str, records: list[Row]) -> list[Row]:
    """What the same records are part of on other legs, or why a leg leaves them out."""
    if not records:
        return []

    def listed(column: str, rows: list[Row] = records) -> str:
        return " ".join(str(row[column]) for row in rows)

    found = context.rows(
        _ELSEWHERE,
        item=item_id,
        records=listed("record_id"),
        files=listed("source_file_sha256"),
        lines=listed("source_line"),
    )
    matched = [row for row in found if row["item_id"]]
    known = context.rows(_STATUSES, items=listed("item_id", matched)) if matched else []
    statuses = {row["item_id"]: row["status"] for row in known}
    return [{**row, "status": statuses.get(row["item_id"])} for row in found]

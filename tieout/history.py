"""The life of breaks: what became of each from one edition to the next.

A break keeps its id for as long as its item is the same, however often the platform is run or
rebuilt. Its history is append-only and published with every edition: the events so far, and those
by which the new edition differs from the one before it.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from tieout.editions import Editions

TABLE = "fct_break_history"

SCHEMA = pa.schema(
    [
        pa.field("break_id", pa.string(), nullable=False),
        pa.field("event_no", pa.int64(), nullable=False),  # within the break, from 1
        # opened, changed (its type or its amounts), resolved, reopened
        pa.field("event", pa.string(), nullable=False),
        pa.field("because", pa.string(), nullable=False),
        # The last day on which something had arrived.
        pa.field("known_on", pa.date32(), nullable=False),
        pa.field("as_of", pa.date32(), nullable=False),  # the day open items were judged from
        pa.field("leg", pa.string(), nullable=False),
        pa.field("processor", pa.string()),
        pa.field("reference", pa.string()),
        # As the break is after the event, or was before it was resolved.
        pa.field("break_type", pa.string(), nullable=False),
        pa.field("left_minor", pa.int64(), nullable=False),
        pa.field("right_minor", pa.int64(), nullable=False),
        pa.field("difference_minor", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
    ]
)

_BREAK = """
    break_id, leg, processor, reference, break_type, left_minor, right_minor, difference_minor,
    currency
"""

_EVENTS = """
with seen as (
    select break_id, max(event_no) as event_no from history group by break_id
),
began as (
    select n.*, case when s.break_id is null then 'opened' else 'reopened' end as event,
        case when s.break_id is null then 'it does not tie out and its deadline has passed'
            else 'it does not tie out any more' end as because
    from main.fct_breaks n
    left join before b on b.break_id = n.break_id
    left join seen s on s.break_id = n.break_id
    where b.break_id is null
),
changed as (
    select n.*, 'changed' as event,
        case when n.break_type <> b.break_type then 'it was ' || b.break_type
            else 'its amounts are others' end as because
    from main.fct_breaks n join before b on b.break_id = n.break_id
    where n.break_type <> b.break_type
        or n.left_minor <> b.left_minor or n.right_minor <> b.right_minor
),
ended as (
    select b.*, 'resolved' as event,
        case when i.item_id is null then 'its records are gone or belong to another item'
            when i.status = 'in_transit' then 'it is under way again'
            when i.status = 'matched_within_tolerance' then 'the difference is within tolerance'
            else 'new data: both sides tie out' end as because
    from before b
    left join main.fct_breaks n on n.break_id = b.break_id
    left join main.fct_reconciliation_items i on i.item_id = b.break_id
    where n.break_id is null
),
events as (
    select {columns}, event, because from began
    union all select {columns}, event, because from changed
    union all select {columns}, event, because from ended
)
select e.break_id, coalesce(s.event_no, 0) + 1 as event_no, e.event, e.because,
    cast($known_on as date) as known_on, cast($as_of as date) as as_of, e.leg, e.processor,
    e.reference, e.break_type, e.left_minor, e.right_minor, e.difference_minor, e.currency
from events e left join seen s on s.break_id = e.break_id
union all
select {history} from history
order by break_id, event_no
"""


def break_history(
    warehouse: duckdb.DuckDBPyConnection, editions: Editions, known_on: date, as_of: date
) -> pa.Table:
    """All events in the life of breaks: those already published, and those of the new marts.

    Grain: one event of one break. `warehouse` has the new marts in `main`.
    """
    before, history = _published(editions)
    warehouse.register("before", before)
    warehouse.register("history", history)
    sql = _EVENTS.format(columns=_BREAK, history=", ".join(SCHEMA.names))
    parameters = {"known_on": known_on, "as_of": as_of}
    events: pa.Table = warehouse.execute(sql, parameters).to_arrow_table().cast(SCHEMA)
    for name in ("before", "history"):
        warehouse.unregister(name)
    return events


def _published(editions: Editions) -> tuple[pa.Table, pa.Table]:
    """The breaks and the history of the current edition; empty before the first one."""
    columns = SCHEMA.empty_table().select([name.strip() for name in _BREAK.split(",")])
    if editions.current_id() is None:
        return columns, SCHEMA.empty_table()
    with editions.connect() as edition:
        before = edition.execute(f"select {_BREAK} from fct_breaks").to_arrow_table()
        is_there = TABLE in editions.get().tables
        history = edition.execute(f"from {TABLE}").to_arrow_table() if is_there else None
    return before, SCHEMA.empty_table() if history is None else history.cast(SCHEMA)

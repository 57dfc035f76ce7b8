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

# Which records of which items the current edition has and the new one lacks, because a file that
# restates theirs does not have them any more.
_LOST = ("item_id", "source_table", "record_id")
_GONE = """
select m.item_id, m.source_table, m.record_id
from fct_reconciliation_members m
join gone g on m.source_table = g.source_table and m.record_id = g.record_id
where m.item_id is not null
"""

# The decisions by which people have closed breaks in the current edition.
_HELD = "select decision_id from fct_decisions where state = 'in_force'"

_EVENTS = """
with seen as (
    select break_id, max(event_no) as event_no from history group by break_id
),
named as (
    select sha256, min(origin) as origin from deliveries group by sha256
),
gone as (
    select l.item_id, count(distinct r.record_id) as records, min(r.because) as because,
        min(coalesce(o.origin, substr(r.gone_from_sha256, 1, 12))) as gone_from
    from lost l
    join main.rpt_deleted_records r
        on r.source_table = l.source_table and r.record_id = l.record_id
    left join named o on o.sha256 = r.gone_from_sha256
    group by l.item_id
),
withdrawn as (
    select item_id as gone_id,
        case when records = 1 then 'a record of it was '
            else cast(records as varchar) || ' records of it were ' end || because
        || case because when 'deleted' then ': the full export ' else ': the restated report ' end
        || gone_from || ' no longer has '
        || case when records = 1 then 'it' else 'them' end as gone_because
    from gone
),
decided as (
    select d.*, unnest(from_json(d.item_ids, '["varchar"]')) as item_id,
        case d.kind when 'match' then 'match' else 'write-off' end as what,
        case d.kind when 'match' then 'matched by ' else 'written off by ' end
        || d.actor || ': ' || coalesce(d.reason, d.reason_code) as done,
        h.decision_id is not null as was_held
    from main.fct_decisions d left join held h on h.decision_id = d.decision_id
    where d.kind in ('match', 'write_off')
),
closed as (
    select item_id as closed_id, max_by(done, sequence) as closed_because,
        max_by(done, sequence) filter (where not was_held) as closed_now_because
    from decided where state = 'in_force' group by item_id
),
undone as (
    select item_id as undone_id, max_by(
        'the ' || what || ' by ' || actor || case state
            when 'revoked' then ' was revoked by ' || revoked_by
            when 'lapsed' then ' has lapsed: ' || replace(because, '_', ' ')
            else ' does not hold any more: ' || replace(state, '_', ' ') end, sequence
    ) as undone_because
    from decided where was_held and state <> 'in_force' group by item_id
),
began as (
    select n.*, case when s.break_id is null then 'opened' else 'reopened' end as event,
        case when g.gone_id is not null then g.gone_because
            when u.undone_id is not null then u.undone_because
            when s.break_id is null then 'it does not tie out and its deadline has passed'
            else 'it does not tie out any more' end as because
    from main.fct_breaks n
    left join before b on b.break_id = n.break_id
    left join seen s on s.break_id = n.break_id
    left join withdrawn g on g.gone_id = n.break_id
    left join undone u on u.undone_id = n.break_id
    where b.break_id is null
),
changed as (
    select n.*, 'changed' as event,
        case when g.gone_id is not null then g.gone_because
            when c.closed_now_because is not null
                then c.closed_now_because || ', and a difference remains'
            when u.undone_id is not null then u.undone_because
            when n.break_type <> b.break_type then 'it was ' || b.break_type
            else 'its amounts are others' end as because
    from main.fct_breaks n join before b on b.break_id = n.break_id
    left join withdrawn g on g.gone_id = n.break_id
    left join closed c on c.closed_id = n.break_id
    left join undone u on u.undone_id = n.break_id
    where n.break_type <> b.break_type
        or n.left_minor <> b.left_minor or n.right_minor <> b.right_minor
),
ended as (
    select b.*, 'resolved' as event,
        case when g.gone_id is not null then g.gone_because
            when c.closed_id is not null then c.closed_because
            when i.item_id is null then 'its records are gone or belong to another item'
            when i.status = 'in_transit' then 'it is under way again'
            when i.status = 'matched_within_tolerance' then 'the difference is within tolerance'
            else 'new data: both sides tie out' end as because
    from before b
    left join main.fct_breaks n on n.break_id = b.break_id
    left join main.fct_reconciliation_items i on i.item_id = b.break_id
    left join withdrawn g on g.gone_id = b.break_id
    left join closed c on c.closed_id = b.break_id
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

    Grain: one event of one break. `warehouse` has the new marts in `main`, and the log of
    deliveries as `deliveries`.
    """
    deleted = warehouse.execute(
        "select source_table, record_id from main.rpt_deleted_records"
    ).to_arrow_table()
    published = _published(editions, deleted)
    for name, table in published.items():
        warehouse.register(name, table)
    sql = _EVENTS.format(columns=_BREAK, history=", ".join(SCHEMA.names))
    parameters = {"known_on": known_on, "as_of": as_of}
    events: pa.Table = warehouse.execute(sql, parameters).to_arrow_table().cast(SCHEMA)
    for name in published:
        warehouse.unregister(name)
    return events


def _published(editions: Editions, deleted: pa.Table) -> dict[str, pa.Table]:
    """What the current edition says, and nothing before the first one.

    ``before``: its breaks; ``history``: their events so far; ``lost``: the records of its items
    that are `deleted` now; ``held``: the decisions that are in force in it.
    """
    columns = [name.strip() for name in _BREAK.split(",")]
    before = SCHEMA.empty_table().select(columns)
    history = SCHEMA.empty_table()
    lost = pa.schema([(name, pa.string()) for name in _LOST]).empty_table()
    held = pa.schema([("decision_id", pa.string())]).empty_table()
    if editions.current_id() is not None:
        tables = editions.get().tables
        with editions.connect() as edition:
            before = edition.execute(f"select {_BREAK} from fct_breaks").to_arrow_table()
            if TABLE in tables:
                history = edition.execute(f"from {TABLE}").to_arrow_table().cast(SCHEMA)
            if "fct_decisions" in tables:
                held = edition.execute(_HELD).to_arrow_table()
            if deleted.num_rows:  # else there is no need to look through all members
                edition.register("gone", deleted)
                lost = edition.execute(_GONE).to_arrow_table()
    return {"before": before, "history": history, "lost": lost, "held": held}

"""Which records are tried: chosen by rule and hash, and dealt into as few builds as possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from duckdb import DuckDBPyConnection

from tieout.canonical import Canonical
from tieout.controls.catalogue import CONTROLS, Control

# Items of so many days before the as-of day are looked through for candidates: enough for reports
# that come once a month and are due a month later.
HORIZON_DAYS = 90
# Days are taken, newest first, until they hold so many candidates a trial: some will be in the
# way of others.
_CANDIDATES_A_TRIAL = 4
_SHORTLIST_A_TRIAL = 40
# A file or a payout is many records.
_SHORTLIST_A_BATCH = 6

_TABLES = ("settlement_lines", "ledger_entries", "bank_lines")

_ITEM = """
create temp table item as
select i.item_id, i.leg, i.processor, i.currency, i.match_key, i.left_count, i.right_count,
  i.business_date, i.right_date, i.deadline < i.as_of as is_due,
  i.status = 'matched' and i.match_pass in ('exact', 'grouped') as by_key,
  coalesce(i.match_pass in ('netting', 'fuzzy'), false) or i.is_ambiguous as is_regrouped,
  l.netting_window_days as netting_days
from fct_reconciliation_items as i join rpt_legs as l using (leg)
where i.business_date between i.as_of - {horizon} and i.as_of
"""
_MEMBER = """
create temp table member as
select m.item_id, m.leg, m.side, m.record_id, m.source_table, m.source_file_sha256, m.source_line
from fct_reconciliation_members as m semi join item using (item_id)
"""
_CHOSEN = """
create temp table planted (build integer, control varchar, candidate varchar, record_id varchar,
  place bigint);
create temp table touched (build integer, control varchar, item_id varchar);
create temp table expected (build integer, control varchar, candidate varchar, item_id varchar)
"""

# The newest days that hold enough candidates come first, all alike; then older days in their order.
_SHORTLIST = """
create or replace temp table shortlist as
with candidates as ({candidates}),
days as (
  select day, sum(count(*)) over (order by day desc) - count(*) as newer
  from candidates group by day
)
select c.candidate, c.day,
  row_number() over (
    order by case when d.newer < $enough then null else c.day end desc nulls first,
      md5($seed || '|' || $control || '|' || c.candidate)
  ) as choice
from candidates as c join days as d using (day)
qualify choice <= $most
"""
_SHORTLISTED_RECORDS = "create or replace temp table shortlisted_records as {records}"
_SHORTLISTED_ITEMS = """
create or replace temp table shortlisted_items as
select r.candidate, i.item_id, any_value(i.leg) as leg,
  bool_or(i.is_regrouped) as is_regrouped,
  -- The trial holds a whole side of the item, so nothing of that side is left as it was.
  any_value(i.by_key and i.is_due) and (
    count(*) filter (where m.side = 'left') = any_value(i.left_count)
    or count(*) filter (where m.side = 'right') = any_value(i.right_count)
  ) as is_whole
from shortlisted_records as r join member as m using (record_id) join item as i using (item_id)
group by r.candidate, i.item_id
"""
# Out is a candidate one of whose records is stored in several versions (without this one an older
# one would count), and one that the netting or the fuzzy pass has put together with others.
_UNFIT = """
delete from shortlist where candidate in (
  select r.candidate
  from shortlisted_records as r join stored_{table} as s using (record_id)
  group by r.candidate, r.record_id having count(*) > 1
  union all
  select candidate from shortlisted_items where is_regrouped
) or candidate not in (select candidate from shortlisted_records)
"""
# A trial must not touch an item that another trial has to break, nor the other way round.
_NEXT = """
select candidate, day from shortlist
where candidate not in (
    select candidate from planted where build = $build and control = $control
    union all
    select i.candidate
    from shortlisted_items as i join expected as e using (item_id) where e.build = $build
    union all
    select i.candidate
    from shortlisted_items as i join touched as t using (item_id)
    where t.build = $build and i.leg = $leg and i.is_whole
  )
  and ($leg = 'files' or candidate in (
    select candidate from shortlisted_items where leg = $leg and is_whole
  ))
order by choice limit 1
"""
# The parameters are those of _NEXT, and the candidate.
_TAKE = (
    """
    insert into planted select $build, $control, candidate, record_id, place
    from shortlisted_records where candidate = $candidate
    """,
    """
    insert into touched select $build, $control, item_id
    from shortlisted_items where candidate = $candidate
    """,
    """
    insert into expected select $build, $control, candidate, item_id
    from shortlisted_items where candidate = $candidate and leg = $leg and is_whole
    """,
)


@dataclass(frozen=True)
class Choice:
    """One trial before it is judged: which control, on what (`candidate`), of which day."""

    control: Control
    candidate: str
    day: date


@dataclass(frozen=True)
class Build:
    """What is planted together in one shadow build; `number` names it in the table `planted`."""

    number: int
    choices: tuple[Choice, ...]

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls that have a trial in it."""
        return tuple(dict.fromkeys(choice.control for choice in self.choices))


@dataclass(frozen=True)
class Plan:
    """The builds, and the controls for which the workspace has no data."""

    builds: tuple[Build, ...]
    not_applicable: tuple[Control, ...]


def take_stock(connection: DuckDBPyConnection, canonical: Canonical) -> None:
    """Make the relations that controls read, in an open warehouse (also a read-only one)."""
    for table in _TABLES:
        connection.execute(
            f"create or replace temp view stored_{table} as select * from "
            f"read_parquet('{canonical.files(table)}', hive_partitioning = true, "
            "hive_types = {'arrival_day': date})"
        )
    connection.execute(_ITEM.format(horizon=HORIZON_DAYS))
    connection.execute(_MEMBER)


def make_plan(
    connection: DuckDBPyConnection,
    *,
    trials: int,
    seed: int,
    controls: Sequence[Control] = CONTROLS,
) -> Plan:
    """Choose up to `trials` candidates for every control; needs the relations of `take_stock`.

    The same data, seed and number give the same plan. A control goes into the first build that has
    room for all of its trials, else into a new one. What was chosen is left in the temporary tables
    `planted` and `expected`, for the planting and the verdict.
    """
    connection.execute(_CHOSEN)
    builds: list[list[Choice]] = []
    not_applicable = []
    for control in controls:
        _make_shortlist(connection, control, trials, seed)
        for number in range(len(builds) + 1):
            picks = _pick(connection, control, number, trials)
            if len(picks) == trials or number == len(builds):
                break
            _put_back(connection, control)
        if not picks:
            not_applicable.append(control)
        elif number == len(builds):
            builds.append(picks)
        else:
            builds[number] += picks
    return Plan(
        tuple(Build(number, tuple(choices)) for number, choices in enumerate(builds)),
        tuple(not_applicable),
    )


def _make_shortlist(
    connection: DuckDBPyConnection, control: Control, trials: int, seed: int
) -> None:
    most = _SHORTLIST_A_BATCH if control.is_batch else _SHORTLIST_A_TRIAL
    connection.execute(
        _SHORTLIST.format(candidates=control.candidates),
        {
            "seed": str(seed),
            "control": control.name,
            "enough": trials * _CANDIDATES_A_TRIAL,
            "most": trials * most,
        },
    )
    connection.execute(_SHORTLISTED_RECORDS.format(records=control.records))
    connection.execute(_SHORTLISTED_ITEMS)
    connection.execute(_UNFIT.format(table=control.table))


def _pick(
    connection: DuckDBPyConnection, control: Control, build: int, trials: int
) -> list[Choice]:
    """The first candidates of the shortlist that are in the way of nothing in this build."""
    picks: list[Choice] = []
    wanted = {"build": build, "control": control.name, "leg": control.leg}
    while len(picks) < trials:
        found = connection.execute(_NEXT, wanted).fetchall()
        if not found:
            break
        ((candidate, day),) = found
        for statement in _TAKE:
            given = wanted | {"candidate": candidate}
            connection.execute(statement, {k: v for k, v in given.items() if f"${k}" in statement})
        picks.append(Choice(control, candidate, day))
    return picks


def _put_back(connection: DuckDBPyConnection, control: Control) -> None:
    for table in ("planted", "touched", "expected"):
        connection.execute(f"delete from {table} where control = $1", [control.name])

"""The verdict: what the shadow shows that the edition does not, and whether it is what was planted.

A break is new when the baseline has none of its id and type. A new break of an item that a
planted record belonged to, or belongs to now, is a consequence of the trial. Any other is
collateral: nobody planted it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pyarrow as pa
from duckdb import DuckDBPyConnection

from tieout.controls.catalogue import COPIED_ID, How
from tieout.controls.planting import mutate
from tieout.controls.trials import Build, Choice

# Proofs and totals: the table, what identifies a row, and the differences that must be 0.
_PROOFS = (
    (
        "rpt_conservation",
        ("leg", "source_table", "source", "currency", "business_date"),
        ("rows_difference", "minor_difference"),
    ),
    (
        "rpt_file_conservation",
        ("source_file_sha256",),
        ("records_difference", "rows_difference", "quarantine_difference"),
    ),
    ("rpt_control_totals", ("source_file_sha256", "name", "scope", "currency"), ("difference",)),
)

# In the baseline.
_BREAKS = "select break_id, break_type from fct_breaks"
_EXPECTED = "select control, candidate, item_id from expected where build = {build}"
# The planted records, the copies that were made of them, and the items that they belonged to. Where
# a leg is grouped as another one, what changes there moves records here, so these are touched too.
_TOUCHED = f"""
select control, candidate, unnest([record_id, {COPIED_ID}]) as record_id, null as item_id
from planted where build = {{build}}
union all
select p.control, p.candidate, null, m.item_id
from fct_reconciliation_members as m join planted as p using (record_id)
where p.build = {{build}} and m.item_id is not null
union all
select p.control, p.candidate, moved.record_id, null
from planted as p
join fct_reconciliation_members as m using (record_id)
join fct_reconciliation_items as i on i.item_id = m.item_id
join rpt_legs as l on l.grouped_as = i.leg
join fct_reconciliation_items as other on other.leg = l.leg and other.match_key = i.match_key
join fct_reconciliation_members as moved on moved.item_id = other.item_id
where p.build = {{build}}
"""

# In the shadow, over the relations that the baseline has given.
_NEW_BREAKS = """
create temp table new_breaks as
select b.* from fct_breaks as b
anti join baseline_breaks as before using (break_id, break_type)
"""
_CONSEQUENCES = """
create temp table consequences as
select distinct t.control, t.candidate, b.break_id, b.leg, b.break_type
from (
  select control, candidate, item_id from touched_records
  union all
  select t.control, t.candidate, m.item_id
  from touched_records as t join fct_reconciliation_members as m using (record_id)
) as t join new_breaks as b on b.break_id = t.item_id
"""
_FOUND = """
select e.candidate
from expected_items as e
left join consequences as c
  on c.control = e.control and c.candidate = e.candidate and c.break_id = e.item_id
  and list_contains($types, c.break_type)
where e.control = $control
group by e.candidate having count(*) = count(c.break_id)
"""
_WRONG_ACCOUNTS = """
select source_file_sha256, rows_difference from rpt_file_conservation where rows_difference <> 0
"""
_ALSO = """
select distinct leg || ': ' || break_type from consequences
where control = $control and not (leg = $leg and list_contains($types, break_type)) order by 1
"""
_COLLATERAL = """
select 'break in ' || leg || ': ' || break_type || ' ' || coalesce(reference, break_id)
from new_breaks where break_id not in (select break_id from consequences) order by 1
"""


@dataclass(frozen=True)
class Baseline:
    """What the edition says, and what a build plants.

    `relations` are tables by their name in the verdict; `lost` says from which file the record of
    a trial (control, candidate) was lost.
    """

    relations: dict[str, pa.Table]
    failed_proofs: frozenset[tuple[str, ...]]
    lost: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Verdict:
    """What one build showed: the trials that were detected (control, candidate), by control what
    else noticed them (leg and break type), and what nobody planted.
    """

    detected: frozenset[tuple[str, str]]
    also: dict[str, tuple[str, ...]]
    collateral: tuple[str, ...]

    def has(self, choice: Choice) -> bool:
        """Whether the trial was detected."""
        return (choice.control.name, choice.candidate) in self.detected


def baseline_of(connection: DuckDBPyConnection, build: Build) -> Baseline:
    """The baseline of a build; needs an open warehouse in which a plan was made."""
    queries = {
        "baseline_breaks": _BREAKS,
        "expected_items": _EXPECTED,
        "touched_records": _TOUCHED,
    }
    lost = {}
    for control in build.controls:
        if control.how is How.lose:
            rows = mutate(connection, control, build.number).before
            for record_id, sha256 in zip(
                *(rows[c].to_pylist() for c in ("record_id", "source_file_sha256")), strict=True
            ):
                lost[control.name, record_id] = sha256
    return Baseline(
        {
            name: connection.execute(sql.format(build=build.number)).to_arrow_table()
            for name, sql in queries.items()
        },
        _failed_proofs(connection),
        lost,
    )


def judge(shadow: DuckDBPyConnection, baseline: Baseline, build: Build) -> Verdict:
    """Compare the open warehouse of a shadow, in which `build` was planted, with its baseline."""
    for name, table in baseline.relations.items():
        shadow.register(name, table)
    shadow.execute(_NEW_BREAKS)
    shadow.execute(_CONSEQUENCES)
    noticed = _noticed_files(shadow, baseline)
    detected = {trial for trial, sha256 in baseline.lost.items() if sha256 in noticed}
    also = {}
    for control in build.controls:
        given = {"control": control.name, "types": list(control.types)}
        found = shadow.execute(_FOUND, given).fetchall()
        detected |= {(control.name, candidate) for (candidate,) in found}
        others = shadow.execute(_ALSO, given | {"leg": control.leg}).fetchall()
        also[control.name] = tuple(what for (what,) in others)
    proofs = sorted(
        f"proof in {table}: {' '.join(values)}"
        for table, *values in _failed_proofs(shadow) - baseline.failed_proofs
        if not (table == "rpt_file_conservation" and values[0] in noticed)
    )
    breaks = [what for (what,) in shadow.execute(_COLLATERAL).fetchall()]
    return Verdict(frozenset(detected), also, (*breaks, *proofs))


def _noticed_files(shadow: DuckDBPyConnection, baseline: Baseline) -> set[str]:
    """Files from which records were lost and whose account is off by just their number."""
    lost = Counter(baseline.lost.values())
    return {
        sha256
        for sha256, difference in shadow.execute(_WRONG_ACCOUNTS).fetchall()
        if lost[sha256] == difference
    }


def _failed_proofs(connection: DuckDBPyConnection) -> frozenset[tuple[str, ...]]:
    """Every row of a proof whose difference is not 0: the table, then its columns in text."""
    failed: set[tuple[str, ...]] = set()
    for table, keys, differences in _PROOFS:
        columns = ", ".join(f"coalesce(cast({c} as varchar), '')" for c in (*keys, *differences))
        wrong = " or ".join(f"{name} <> 0" for name in differences)
        rows = connection.execute(f"select {columns} from {table} where {wrong}").fetchall()
        failed |= {(table, *row) for row in rows}
    return frozenset(failed)

"""How right the platform was: its published breaks against the errors that were planted.

Every planted case is looked up in the edition by its reference, through the members to the item
of its leg. A case is *found* when that item is broken with the type the truth names, *wrongly
classified* when it is broken with another, *missed* when it is not broken. A broken item that
no case explains is *false*. A decoy (a case that must match) that is broken is false too.

    recall    = (found + wrongly classified) ÷ planted
    precision = (found + wrongly classified) ÷ (those + false)

The truth is read by this module alone; no run ever does.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

_TRUTH = """
create temp table truth as
select error_id, error_type, leg, break_type, expected, amount_minor,
  coalesce(reference, event_id, payment_id) as reference
from planted
"""

# A record may be named in one leg by what another leg does not know it by: an Adyen payout by its
# bank reference. So the reference leads to records in any leg, and they to the item. Each step is
# a table, because as one query the planner may join on the leg first, millions of pairs.
_RECORDS = """
create temp table records as
select distinct t.error_id, m.record_id
from truth t join fct_reconciliation_members m on m.reference = t.reference
"""

_ITEMS = """
create temp table items as
select distinct r.error_id, m.leg, m.item_id
from records r join fct_reconciliation_members m on m.record_id = r.record_id
where m.item_id is not null
"""

_CASES = """
create temp table cases as
select t.*, i.item_id, b.break_type as found_type, b.value_minor,
  row_number() over (
    partition by t.error_id
    order by b.break_type is not distinct from t.break_type desc, b.break_id nulls last, i.item_id
  ) as choice
from truth t
left join items i on i.error_id = t.error_id and i.leg = t.leg
left join fct_breaks b on b.break_id = i.item_id
"""

_SCORES = """
with chosen as (select * from cases where choice = 1),
planted_scores as (
  select leg, error_type, expected,
    count(*) as planted,
    count(*) filter (where expected = 'broken' and found_type = break_type) as found,
    count(*) filter (where expected = 'broken' and found_type <> break_type) as misclassified,
    count(*) filter (where expected = 'broken' and found_type is null) as missed,
    count(*) filter (where expected = 'matched' and found_type is not null) as false_breaks,
    coalesce(sum(amount_minor) filter (where expected = 'broken'), 0) as planted_minor,
    coalesce(sum(abs(amount_minor - value_minor))
      filter (where expected = 'broken' and found_type is not null), 0) as mismatched_minor
  from chosen group by all
),
unexplained as (
  select b.leg, 'unexplained ' || b.break_type as error_type, 'nothing' as expected,
    0, 0, 0, 0, count(*), 0, coalesce(sum(b.value_minor), 0)
  from fct_breaks b
  where b.break_id not in (select item_id from cases where item_id is not null)
  group by all
)
select * from planted_scores union all select * from unexplained
order by leg, expected, error_type
"""


class NoTruth(Exception):
    """There is nothing to score against; the message says what to do."""


@dataclass(frozen=True)
class Score:
    """One kind of planted case on one leg. Amounts are minor units, over all currencies.

    `mismatched_minor` adds up how far the value of each found break is from what was planted.
    """

    leg: str
    error_type: str
    expected: str
    planted: int
    found: int
    misclassified: int
    missed: int
    false_breaks: int
    planted_minor: int
    mismatched_minor: int


@dataclass(frozen=True)
class Report:
    """All scores of one edition."""

    edition_id: str
    scores: tuple[Score, ...]

    @property
    def planted(self) -> int:
        """Errors planted, decoys not counted."""
        return sum(score.planted for score in self.scores if score.expected == "broken")

    @property
    def detected(self) -> int:
        """Errors whose item is broken, whatever the type."""
        return sum(score.found + score.misclassified for score in self.scores)

    @property
    def false_breaks(self) -> int:
        """Broken items that no planted error explains."""
        return sum(score.false_breaks for score in self.scores)

    @property
    def is_perfect(self) -> bool:
        """Everything found, rightly classified, and nothing else."""
        wrong = sum(s.missed + s.misclassified + s.false_breaks for s in self.scores)
        return wrong == 0

    def as_dict(self) -> dict[str, object]:
        """For JSON: the totals, then every score."""
        return {
            "edition_id": self.edition_id,
            "planted": self.planted,
            "detected": self.detected,
            "false_breaks": self.false_breaks,
            "scores": [asdict(score) for score in self.scores],
        }


def score(edition: duckdb.DuckDBPyConnection, edition_id: str, truth: Path) -> Report:
    """Score an open edition against ``truth/errors.parquet``."""
    path = truth / "errors.parquet"
    if not path.exists():
        raise NoTruth(f"{path} is not there: only a simulated company has a known truth")
    edition.register("planted", pq.read_table(path))
    for step in (_TRUTH, _RECORDS, _ITEMS, _CASES):
        edition.execute(step)
    rows = edition.execute(_SCORES).fetchall()
    return Report(edition_id, tuple(Score(*row[:3], *map(int, row[3:])) for row in rows))

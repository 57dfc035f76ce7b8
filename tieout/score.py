"""How right the platform was: its published breaks against the errors that were planted.

Every planted case is looked up in the edition by its reference, through the members to the item
of its leg. A case is *found* when that item is broken with the type the truth names, *wrongly
classified* when it is broken with another, *missed* when it is not broken. A broken item that
no case explains is *false*. A decoy (a case that must match) that is broken is false too. A wrong
total of a file is looked up by the file's hash.

    recall    = (found + wrongly classified) ÷ planted
    precision = (found + wrongly classified) ÷ (those + false)

Money is that of the cases in the reporting currency, by the edition's own rates on the first day
of the month: weighed with it, a large break counts for more than a small one.

The truth is read by this module alone; no run ever does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

_TRUTH = """
create temp table truth as
select t.error_id, t.error_type, t.leg, t.break_type, t.expected, t.amount_minor, t.reference,
  t.file_sha256, row_number() over (order by t.error_id, t.leg, t.reference) as case_id,
  coalesce(
    cast(t.amount_minor as hugeint) * r.rate_billionths * r.reporting_minor_per_major
      // (cast(1000000000 as hugeint) * r.minor_per_major),
    t.amount_minor
  ) as money
from planted t
left join rpt_reporting_rates r on r.currency = t.currency
  and cast(t.month || '-01' as date) >= r.rate_date
  and cast(t.month || '-01' as date) < r.next_rate_date
"""

# A record may be named in one leg by what another leg does not know it by: an Adyen payout by its
# bank reference. So the reference leads to records in any leg, and they to the item. Each step is
# a table, because as one query the planner may join on the leg first, millions of pairs.
_RECORDS = """
create temp table records as
select distinct t.case_id, m.record_id
from truth t join fct_reconciliation_members m on m.reference = t.reference
"""

_ITEMS = """
create temp table items as
select distinct r.case_id, m.leg, m.item_id
from records r join fct_reconciliation_members m on m.record_id = r.record_id
where m.item_id is not null
"""

# Totals that files state of themselves, as breaks of the leg `files`. A file that has been
# superseded says nothing any more.
_FILE_BREAKS = """
create temp table file_breaks as
select c.source_file_sha256, 'control_total_mismatch' as break_type,
  max(abs(c.difference)) as value_minor
from rpt_control_totals c join rpt_source_files f using (source_file_sha256)
where c.difference <> 0 and f.superseded_by is null
group by all
"""

_CASES = """
create temp table cases as
select t.*, i.item_id, coalesce(b.break_type, f.break_type) as found_type,
  coalesce(b.value_minor, f.value_minor) as value_minor,
  row_number() over (
    partition by t.case_id
    order by b.break_type is not distinct from t.break_type desc, b.break_id nulls last, i.item_id
  ) as choice
from truth t
left join items i on i.case_id = t.case_id and i.leg = t.leg
left join fct_breaks b on b.break_id = i.item_id
left join file_breaks f on t.leg = 'files' and f.source_file_sha256 = t.file_sha256
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
      filter (where expected = 'broken' and found_type is not null), 0) as mismatched_minor,
    coalesce(sum(money) filter (where expected = 'broken'), 0) as planted_money,
    coalesce(sum(money) filter (where expected = 'broken' and found_type is not null), 0)
      as detected_money,
    0 as false_money
  from chosen group by all
),
unexplained as (
  select b.leg, 'unexplained ' || b.break_type as error_type, 'nothing' as expected,
    0, 0, 0, 0, count(*), 0, coalesce(sum(b.value_minor), 0), 0, 0,
    coalesce(sum(coalesce(b.value_reporting_minor, b.value_minor)), 0)
  from fct_breaks b
  where b.break_id not in (select item_id from cases where item_id is not null)
  group by all
),
unexplained_files as (
  select 'files', 'unexplained ' || break_type, 'nothing', 0, 0, 0, 0, count(*), 0,
    coalesce(sum(value_minor), 0), 0, 0, 0
  from file_breaks
  where source_file_sha256 not in (
    select file_sha256 from truth where file_sha256 is not null and expected = 'broken'
  )
  group by all
)
select * from planted_scores
union all select * from unexplained
union all select * from unexplained_files
order by leg, expected, error_type
"""


class NoTruth(Exception):
    """There is nothing to score against; the message says what to do."""


@dataclass(frozen=True)
class Score:
    """One kind of planted case on one leg. Amounts are minor units, over all currencies.

    `mismatched_minor` adds up how far the value of each found break is from what was planted. The
    money is in minor units of the reporting currency.
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
    planted_money: int = 0
    detected_money: int = 0
    false_money: int = 0

    @property
    def is_perfect(self) -> bool:
        """All found, as what they are, and nothing else."""
        return not self.missed + self.misclassified + self.false_breaks


@dataclass(frozen=True)
class Total:
    """The scores of one leg, or of all. A ratio is that of its two numbers; 0 of 0 is nothing."""

    leg: str
    planted: int
    detected: int
    misclassified: int
    false_breaks: int
    planted_money: int
    detected_money: int
    false_money: int

    @classmethod
    def of(cls, leg: str, scores: Iterable[Score]) -> Total:
        """The sum of some scores; decoys count only where they are false."""
        own = list(scores)
        broken = [score for score in own if score.expected == "broken"]
        return cls(
            leg=leg,
            planted=sum(score.planted for score in broken),
            detected=sum(score.found + score.misclassified for score in broken),
            misclassified=sum(score.misclassified for score in broken),
            false_breaks=sum(score.false_breaks for score in own),
            planted_money=sum(score.planted_money for score in broken),
            detected_money=sum(score.detected_money for score in broken),
            false_money=sum(score.false_money for score in own),
        )

    @property
    def reported(self) -> int:
        """Everything that the platform says is broken: what precision divides by."""
        return self.detected + self.false_breaks

    @property
    def reported_money(self) -> int:
        """The money of all that."""
        return self.detected_money + self.false_money


@dataclass(frozen=True)
class Report:
    """All scores of one edition."""

    edition_id: str
    scores: tuple[Score, ...]

    @property
    def total(self) -> Total:
        """All legs together."""
        return Total.of("all", self.scores)

    @property
    def legs(self) -> tuple[Total, ...]:
        """Each leg alone, in the order of their names."""
        names = sorted({score.leg for score in self.scores})
        return tuple(Total.of(leg, (s for s in self.scores if s.leg == leg)) for leg in names)

    @property
    def is_perfect(self) -> bool:
        """Everything found, rightly classified, and nothing else."""
        return all(score.is_perfect for score in self.scores)

    def as_dict(self) -> dict[str, object]:
        """For JSON: the totals, then every score."""
        return {
            "edition_id": self.edition_id,
            "total": asdict(self.total),
            "legs": [asdict(leg) for leg in self.legs],
            "scores": [asdict(score) for score in self.scores],
        }


def score(edition: duckdb.DuckDBPyConnection, edition_id: str, truth: Path) -> Report:
    """Score an open edition against ``truth/errors.parquet``."""
    path = truth / "errors.parquet"
    if not path.exists():
        raise NoTruth(f"{path} is not there: only a simulated company has a known truth")
    edition.register("planted", pq.read_table(path))
    for step in (_TRUTH, _RECORDS, _ITEMS, _FILE_BREAKS, _CASES):
        edition.execute(step)
    rows = edition.execute(_SCORES).fetchall()
    return Report(edition_id, tuple(Score(*row[:3], *map(int, row[3:])) for row in rows))

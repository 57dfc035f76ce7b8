"""Which pairs of lines are looked at, and how they compare: one join in DuckDB.

A candidate has the same currency and sign, lies in the window of days, and either shares the
first characters of the memo with amounts in the window of differences, or has the equal amount.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from tieout.matching.lines import Floats, Ints, Reals, Side, Small
from tieout.matching.windows import Window

PREFIXES = (3, 6, 10, 15, 20, 28)  # characters of the memo that block, longer only where needed
PAIRS_A_LINE = 60  # on average; with more, longer starts of the memos block
PAIRS_MAX = 4_000_000  # at some 350 bytes each while the model is learnt, 1.4 GB
EQUAL_PAIRS_MAX = 4_000  # lines left × right with one amount, beyond which only memos block

NEUTRAL, AGREES, CONFLICTS = 0, 1, 2
NO_NAME, SAME_NAME, CUT_NAME, MORE_NAME, OTHER_NAME = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Candidates:
    """One entry a pair, ordered by left and right line."""

    left: Ints
    right: Ints
    lag: Small  # days from left to right
    difference: Ints  # right minus left, minor units
    log_ratio: Floats  # logarithm of right over left
    name: Small  # one of NO_NAME … OTHER_NAME
    name_n: Small  # lines of both sides that agree so
    repeat_rate: Reals  # chance that a random line repeats the name and amount of one of them
    repeat_mean: Reals  # the mean of that over all lines
    purpose: Small  # NEUTRAL, AGREES or CONFLICTS
    purpose_share: Reals  # share of lines with a purpose that agree so
    type: Small
    type_share: Reals

    def __len__(self) -> int:
        return len(self.left)


_BLOCKS = """
create or replace temp table too_large as
with near as (select * replace (bin + d as bin) from grid_r, (values (-1), (0), (1)) as v(d)),
sizes as (
  select l.block, l.prefix, sum(l.n * r.n) as pairs
  from grid_l l join near r using (block, prefix, bin)
  where r.day - l.day between {first} and {last} group by all
)
select block, prefix from (
  select *, sum(pairs) over (order by pairs, block, prefix) as running from sizes
) where running > {most}
"""

_GRID = """
create or replace temp table grid_{side} as
select block, prefix, bin, day, count(*) as n from {side} where prefix is not null group by all
"""

_JOIN = """
with near as (select r.*, bin + d as near_bin from r, (values (-1), (0), (1)) as v(d)
  where r.prefix is not null),
rare as (
  select l.block, l.amount from (select block, amount, count(*) as n from l group by all) l
  join (select block, amount, count(*) as n from r group by all) r using (block, amount)
  where l.n * r.n <= {equal_most}
),
kept as (select * from l where (block, prefix) not in (from too_large) or prefix is null),
found as (
  select l.i as li, r.i as ri from kept l
  join near r on l.block = r.block and l.prefix = r.prefix and l.bin = r.near_bin
    and r.day - l.day between {first} and {last} and r.x - l.x between {low} and {high}
  union all
  select l.i, r.i from kept l join rare using (block, amount)
  join r on l.block = r.block and l.amount = r.amount and r.day - l.day between {first} and {last}
  where (l.prefix is distinct from r.prefix or l.prefix is null)
    and (r.prefix is null or (r.block, r.prefix) not in (from too_large))
  union all
  select l.i, r.i from kept l cross join charges c
  join r on l.block = r.block and l.prefix = r.prefix and r.amount = l.amount + c.charge
    and r.day - l.day between {first} and {last}
  where r.x - l.x not between {low} and {high}
)
select li, ri, r.day - l.day as lag, r.amount - l.amount as difference, r.x - l.x as log_ratio,
  case when l.name is null or r.name is null then 0
    when l.name = r.name then 1
    when starts_with(r.long_name, l.cut_name) or starts_with(l.long_name, r.cut_name) then 2
    when starts_with(r.long_name, l.name || ' ') or starts_with(l.long_name, r.name || ' ') then 3
    else 4 end as agreement,
  case agreement when 1 then l.name_n
    when 2 then case when starts_with(r.long_name, l.cut_name) then l.cut_n else r.cut_n end
    when 3 then case when starts_with(r.long_name, l.name || ' ') then l.extended_n
      else r.extended_n end
    else 0 end as name_n,
  cast(greatest(l.repeat_rate, r.repeat_rate) as float) as repeat_rate,
  cast(greatest(l.repeat_mean, r.repeat_mean) as float) as repeat_mean,
  case when l.purpose is null or r.purpose is null then 0
    when starts_with(l.purpose, r.purpose) or starts_with(r.purpose, l.purpose) then 1
    else 2 end as purposes,
  cast(greatest(l.purpose_ppm, r.purpose_ppm) / 1e6 as float) as purpose_share,
  case when l.type is null or r.type is null then 0
    when starts_with(l.type, r.type) or starts_with(r.type, l.type) then 1
    else 2 end as types,
  cast(greatest(l.type_ppm, r.type_ppm) / 1e6 as float) as type_share
from found join l on l.i = li join r on r.i = ri
order by li, ri
"""


def register(
    engine: duckdb.DuckDBPyConnection, name: str, side: Side, texts: pa.Table, bin_width: float
) -> None:
    """Make a side's lines and texts the table l or r of the engine; i is the line's number."""
    x = side.log_amount
    lines = pa.table(
        {
            "i": pa.array(np.arange(len(side)), pa.int32()),
            "block": pa.array(side.block, pa.int32()),
            "day": pa.array(side.day, pa.int32()),
            "amount": side.amount,
            "x": x,
            "bin": pa.array(np.floor(x / bin_width).astype(np.int64), pa.int32()),
        }
    )
    for column in texts.column_names:
        lines = lines.append_column(column, texts[column])
    lines = lines.filter(pa.array(side.amount != 0))  # zero has no logarithm and no meaning here
    engine.register("lines_in", lines)
    engine.execute(
        f"create or replace temp table {name} as "
        f"select *, left(head, {PREFIXES[0]}) as prefix from lines_in"
    )
    engine.unregister("lines_in")


def find(engine: duckdb.DuckDBPyConnection, window: Window, charges: Ints) -> Candidates:
    """All candidates in the window; leaves the blocks it had to skip in the table too_large.

    `charges` are differences in minor units that recur: a pair that has one is a candidate even
    where the charge is a large part of a small amount.
    """
    engine.register("charges_in", pa.table({"charge": pa.array(charges, pa.int64())}))
    engine.execute("create or replace temp table charges as from charges_in")
    days = {"first": window.first_day, "last": window.last_day}
    _block(engine, days)
    pairs = engine.execute(
        _JOIN.format(**days, low=window.low, high=window.high, equal_most=EQUAL_PAIRS_MAX)
    ).to_arrow_table()

    columns = {name: pairs[name].to_numpy() for name in pairs.column_names}
    return Candidates(
        left=columns["li"].astype(np.int64),
        right=columns["ri"].astype(np.int64),
        lag=columns["lag"].astype(np.int16),
        difference=columns["difference"],
        log_ratio=columns["log_ratio"],
        name=columns["agreement"].astype(np.int8),
        name_n=columns["name_n"].astype(np.int32),
        repeat_rate=columns["repeat_rate"],
        repeat_mean=columns["repeat_mean"],
        purpose=columns["purposes"].astype(np.int8),
        purpose_share=columns["purpose_share"],
        type=columns["types"].astype(np.int8),
        type_share=columns["type_share"],
    )


def _block(engine: duckdb.DuckDBPyConnection, days: dict[str, int]) -> None:
    """Choose how many characters block: more where too many lines start alike."""
    count = "select (select count(*) from l) + (select count(*) from r)"
    lines = int(engine.execute(count).fetchall()[0][0])
    wanted = min(max(PAIRS_A_LINE * lines, 200_000), PAIRS_MAX)
    for characters in PREFIXES:
        for side in "lr":
            if characters > PREFIXES[0]:
                engine.execute(
                    f"update {side} set prefix = left(head, {characters}) "
                    "where (block, prefix) in (from too_large)"
                )
            engine.execute(_GRID.format(side=side))
        # What the longest prefix cannot tell apart is looked at as long as there is room.
        most = PAIRS_MAX if characters == PREFIXES[-1] else wanted
        engine.execute(_BLOCKS.format(**days, most=most))
        if not engine.execute("select count(*) from too_large").fetchall()[0][0]:
            return


def skipped(engine: duckdb.DuckDBPyConnection, name: str) -> Ints:
    """Numbers of the lines of a side that lie in blocks too large to look at."""
    rows = engine.execute(
        f"select i from {name} where (block, prefix) in (from too_large) order by i"
    ).to_arrow_table()
    return np.asarray(rows["i"].to_numpy(), dtype=np.int64)

"""How many days and what relative difference of amounts a candidate may have: learnt, then widened.

Pairs that agree for a reason other than the one in question (equal amounts and the start of the
memo; the same rare name) are counted by lag and by difference. What stands above chance is taken
as real, and the window goes beyond it on purpose: its edges show the model what chance looks like.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import duckdb
import numpy as np

from tieout.matching.lines import Floats, Ints, Side

REACH_DAYS = 60  # lags beyond this are not looked for
REACH_LOG = 0.30  # nor differences of the logarithm of the amounts beyond this
LOG_BIN = 0.005
RARE_NAME = 8  # lines of both sides with the name
COMMON_SAID = 40  # an equal amount with this start of the memo in more lines says nothing
EARLIER_DAYS, LATER_FACTOR, DIFFERENCE_FACTOR = 3, 1.5, 1.3
FEWEST_SEEDS = 20.0  # pairs above chance; with fewer the defaults below are used


@dataclass(frozen=True)
class Window:
    """Days from left to right and logarithm of right over left; both ends included."""

    first_day: int = -5
    last_day: int = 15
    low: float = -0.10
    high: float = 0.10
    learnt: bool = False


_SEEDS = """
select r.day - l.day as lag, r.x - l.x as difference,
  l.amount = r.amount as equal, l.name = r.name and l.name_n <= {rare} as same_name
from l join {right} as r on l.block = r.block and {key} and r.day - l.day between -{days} and {days}
where {condition}
"""


def learn_window(engine: duckdb.DuckDBPyConnection, left: Side, right: Side) -> Window:
    """The window of candidates; `engine` has the tables l and r with lines and texts."""
    # A table of its own: filtered after the join, one common amount would give billions of pairs.
    engine.execute(
        "create or replace temp table telling as select * from r "
        f"qualify count(*) over (partition by block, prefix, amount) <= {COMMON_SAID}"
    )
    equal = _SEEDS.format(
        rare=RARE_NAME,
        days=REACH_DAYS,
        key="l.amount = r.amount and l.prefix = r.prefix",
        condition="true",
        right="telling",
    )
    named = _SEEDS.format(
        rare=RARE_NAME,
        days=REACH_DAYS,
        key="l.name = r.name",
        right="r",
        condition=f"l.name_n <= {RARE_NAME} and abs(r.x - l.x) <= {REACH_LOG} "
        "and not (l.amount = r.amount and l.prefix = r.prefix)",
    )
    seeds = engine.execute(f"{equal} union all {named}").to_arrow_table()
    lag = seeds["lag"].to_numpy()
    difference = seeds["difference"].to_numpy()
    unlike = seeds["same_name"].to_numpy(zero_copy_only=False)
    days = _days(lag, _expected_lags(left, right))
    if days is None:
        return Window()
    in_days = (lag >= days[0]) & (lag <= days[1])
    differences = _differences(difference[in_days & unlike])
    first = days[0] - EARLIER_DAYS
    last = math.ceil(days[1] + (LATER_FACTOR - 1) * max(days[1] - days[0], 4))
    low, high = (DIFFERENCE_FACTOR * d for d in differences)
    return Window(first, last, low, high, learnt=True)


def _expected_lags(left: Side, right: Side) -> Floats:
    """Pairs of any lines by lag from -REACH_DAYS to REACH_DAYS: the shape of chance."""
    start = min(int(left.day.min()), int(right.day.min()))
    span = max(int(left.day.max()), int(right.day.max())) - start + 1
    counts = [np.bincount(s.day - start, minlength=span).astype(np.float64) for s in (left, right)]
    total = np.zeros(2 * REACH_DAYS + 1)
    for i, lag in enumerate(range(-REACH_DAYS, REACH_DAYS + 1)):
        low, high = max(0, -lag), min(span, span - lag)
        if low < high:
            total[i] = np.dot(counts[0][low:high], counts[1][low + lag : high + lag])
    return total


def _days(lag: Ints, expected: Floats) -> tuple[int, int] | None:
    """First and last day whose neighbourhood of three stands above chance."""
    seen = np.bincount(lag + REACH_DAYS, minlength=2 * REACH_DAYS + 1).astype(np.float64)
    possible = expected > 0
    rate = np.quantile(seen[possible] / expected[possible], 0.2) if possible.any() else 0.0
    chance = rate * expected
    three = np.ones(3)
    excess = np.convolve(seen - chance, three, "same")
    noise = np.sqrt(np.convolve(chance, three, "same") + 1)
    total = float(np.maximum(seen - chance - 2 * np.sqrt(chance), 0).sum())
    if total < FEWEST_SEEDS:
        return None
    found = np.flatnonzero((excess > 3.5 * noise) & (excess > 0.002 * total)) - REACH_DAYS
    if not len(found):
        return None
    # The neighbourhood reaches one day beyond what it stands for.
    first, last = int(found.min()), int(found.max())
    return (first + 1, last - 1) if last - first >= 2 else (first, last)


def _differences(difference: Floats) -> tuple[float, float]:
    """Lowest and highest difference above chance; chance is what the bins far out hold."""
    bins = round(REACH_LOG / LOG_BIN)
    index = np.floor(difference / LOG_BIN).astype(np.int64) + bins
    index = index[(index >= 0) & (index < 2 * bins)]
    seen = np.bincount(index, minlength=2 * bins).astype(np.float64)
    chance = np.quantile(seen, 0.25)
    excess = np.convolve(seen - chance, np.ones(4), "same")
    needed = max(3.5 * math.sqrt(4 * chance + 1), 0.002 * float((seen - chance).sum()))
    found = np.flatnonzero(excess > needed)
    if not len(found):
        return Window.low, Window.high
    low, high = (found.min() - bins) * LOG_BIN, (found.max() + 1 - bins) * LOG_BIN
    return min(float(low), -2 * LOG_BIN), max(float(high), 2 * LOG_BIN)

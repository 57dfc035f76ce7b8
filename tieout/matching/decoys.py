"""A check without truth: copies of lines that can have no partner, matched like the rest.

Each tenth line of the left side is copied with its date moved by the whole window of candidates,
so that whatever belongs to the original is out of the copy's reach. What the copies are matched
with is false, and says how often a line without a partner is matched by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tieout.matching.lines import Ints, Side
from tieout.matching.windows import Window

EVERY = 10


@dataclass(frozen=True)
class DecoyReport:
    """What became of the decoys of one run.

    `planted` counts decoys with bank lines on most days of their window; others prove nothing.
    `estimated_false_matches` = accepted / planted × lines without partner, rounded up: the false
    matches among lines that have no partner (a wrong partner of a line that has one is not in
    it). None where no decoy could be planted.
    """

    planted: int
    accepted: int
    lines_without_partner: int

    @property
    def estimated_false_matches(self) -> int | None:
        """The estimate of the class's description."""
        if not self.planted:
            return None
        return math.ceil(self.accepted * self.lines_without_partner / self.planted)


def plant(left: Side, right: Side, window: Window) -> tuple[Side, Ints]:
    """The left side with the decoys at its end, and the numbers of the lines they copy."""
    index = np.arange(0, len(left), EVERY)
    step = window.last_day - window.first_day + 1
    low, high = int(right.day.min()), int(right.day.max())

    def covered(moved: Ints) -> Ints:
        first = np.maximum(moved + window.first_day, low)
        return np.minimum(moved + window.last_day, high) - first + 1

    day = left.day[index]
    later, earlier = covered(day + step), covered(day - step)
    moved = np.where(later >= earlier, day + step, day - step)
    useful = 2 * np.maximum(later, earlier) >= step
    index, moved = index[useful], moved[useful]
    return replace(
        left,
        ids=left.ids + [f"decoy of {left.ids[i]}" for i in index],
        texts=left.texts + [left.texts[i] for i in index],
        amount=np.concatenate([left.amount, left.amount[index]]),
        day=np.concatenate([left.day, moved]),
        block=np.concatenate([left.block, left.block[index]]),
        twin=np.concatenate([left.twin, left.twin[index]]),
    ), index

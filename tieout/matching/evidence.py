"""How likely each candidate's lag, amounts and memo are by chance (u), and the level each falls in.

The chances come from counts over the unlabelled lines: lines a day, the local density of amounts,
the frequency of this very name. They do not change while the model is learnt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tieout.matching.candidates import (
    CONFLICTS,
    CUT_NAME,
    MORE_NAME,
    NEUTRAL,
    NO_NAME,
    SAME_NAME,
    Candidates,
)
from tieout.matching.lines import Floats, Ints, Reals, Side, Small
from tieout.matching.windows import Window

NEIGHBOURS_MIN = 10  # lines that the local density of amounts is taken over, at least
NARROWEST_LOG = 0.02  # and the least width of log amount it is taken over
BANDS_A_SIDE = 12  # of the relative difference; each is half again as wide as the one before
BAND_GROWTH = 1.5
EQUAL = 0  # the amount level of equal amounts; flat charges and bands follow
NAME_UNKNOWN, NAME_AGREES, NAME_GOES_ON, NAME_DIFFERS = 0, 1, 2, 3


@dataclass(frozen=True)
class Evidence:
    """Levels and natural logarithms of chance, one entry a candidate."""

    lag: Small  # days after the window's first
    amount: Small  # EQUAL, a band (1 …), or a flat charge (after the bands)
    name: Small
    purpose: Small
    type: Small
    log_u_lag: Floats
    log_u_amount: Floats  # of the exact amount, or per unit of log amount in a band
    log_u_name: Floats
    edges: Floats  # of the bands, in log ratio, ascending; len(bands) + 1
    charges: Ints  # recurring differences in minor units, one level each


@dataclass(frozen=True)
class Counts:
    """Lines by block; arrays over block numbers."""

    left: Floats
    right: Floats

    @property
    def smaller(self) -> Floats:
        """The most pairs a block can hold."""
        return np.minimum(self.left, self.right)


def count_lines(left: Side, right: Side) -> Counts:
    """Lines of each side by block."""
    blocks = 1 + max(int(s.block.max()) if len(s) else 0 for s in (left, right))
    return Counts(*(np.bincount(s.block, minlength=blocks).astype(float) for s in (left, right)))


def weigh(pairs: Candidates, left: Side, right: Side, window: Window, charges: Ints) -> Evidence:
    """The evidence of every candidate."""
    edges = band_edges(window)
    counts = count_lines(left, right)
    block = right.block[pairs.right]
    in_block = np.maximum(counts.right, 1)[block]
    density = _density(left, right)[pairs.right]
    exact = _exact_share(left, right, counts, density, pairs)
    level = np.digitize(pairs.log_ratio, edges).clip(1, len(edges) - 1)
    level[pairs.difference == 0] = EQUAL
    for i, charge in enumerate(charges.tolist()):
        level[pairs.difference == charge] = len(edges) + i
    in_band = (level > EQUAL) & (level < len(edges))
    log_u_amount = np.log(np.where(in_band, density, exact))
    total = float(len(left) + len(right))
    # The pair itself is among the lines counted, and says nothing about chance.
    log_u_name = np.log(np.maximum(pairs.name_n - 1, 1) / total)
    agrees = (pairs.name == SAME_NAME) | (pairs.name == CUT_NAME)
    log_u_name[~agrees & (pairs.name != MORE_NAME)] = 0.0
    name = np.select(
        [pairs.name == NO_NAME, agrees, pairs.name == MORE_NAME],
        [NAME_UNKNOWN, NAME_AGREES, NAME_GOES_ON],
        NAME_DIFFERS,
    )
    return Evidence(
        lag=pairs.lag - window.first_day,
        amount=level.astype(np.int16),
        name=name.astype(np.int8),
        purpose=pairs.purpose,
        type=pairs.type,
        log_u_lag=np.log(_same_day(right)[pairs.right] / in_block),
        log_u_amount=log_u_amount,
        log_u_name=log_u_name,
        edges=edges,
        charges=charges,
    )


def part_weight(level: Small, share: Reals, agreement: float) -> Floats:
    """Logarithm of m/u of a purpose or type: neutral where a side has none.

    `share` is how often a random line's part agrees with this one, `agreement` how often two
    lines of one pair agree when both have the part.
    """
    u = np.clip(share, 1e-6, 1 - 1e-6)
    agrees = np.log(agreement / u)
    conflicts = np.log((1 - agreement) / (1 - u))
    return np.where(level == NEUTRAL, 0.0, np.where(level == CONFLICTS, conflicts, agrees))


def band_edges(window: Window) -> Floats:
    """Edges of the bands of log ratio: narrow near zero, wider outwards, zero an edge."""
    steps = BAND_GROWTH ** -np.arange(BANDS_A_SIDE, dtype=np.float64)
    return np.concatenate([window.low * steps, [0.0], (window.high * steps)[::-1]])


def _same_day(side: Side) -> Floats:
    """Lines of this side's block on the line's day."""
    _, index, count = np.unique(
        side.block * 10_000_000 + side.day, return_inverse=True, return_counts=True
    )
    result: Floats = count[index].astype(np.float64)
    return result


def _density(left: Side, right: Side) -> Floats:
    """Share of the lines of both sides per unit of log amount, around each right line's amount."""
    density = np.full(len(right), 1.0)
    for block in np.unique(right.block):
        own = right.block == block
        x = right.log_amount[own]
        both = np.sort(np.concatenate([left.log_amount[left.block == block], x]))
        n = len(both)
        half = max(NEIGHBOURS_MIN, round(n**0.5)) // 2
        at = np.searchsorted(both, x)
        # Beyond either end of the sorted amounts the distance to the end counts twice.
        below, above = np.maximum(at - half, 0), np.minimum(at + half, n - 1)
        width = np.maximum(np.maximum(x - both[below], both[above] - x), NARROWEST_LOG / 2)
        inside = np.searchsorted(both, x + width, "right") - np.searchsorted(both, x - width)
        density[own] = np.maximum(inside, 1) / (n * 2 * width)
    return density


def _exact_share(
    left: Side, right: Side, counts: Counts, density: Floats, pairs: Candidates
) -> Floats:
    """Chance that a random line has exactly the right line's amount.

    One minor unit of the local density, and the lines that have the amount besides the pair.
    """
    key_left, key_right = (s.block * (1 << 50) + s.amount for s in (left, right))
    both = np.sort(np.concatenate([key_left, key_right]))
    same = np.searchsorted(both, key_right, "right") - np.searchsorted(both, key_right)
    beside = same[pairs.right] - 1 - (pairs.difference == 0)
    one_unit = density / np.maximum(np.abs(right.amount[pairs.right]), 1)
    share: Floats = one_unit + beside / (counts.left + counts.right)[right.block[pairs.right]]
    return share

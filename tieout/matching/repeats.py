"""Payers who pay the same amount again and again: their name and amount are not two proofs.

How many other lines of the same side have the line's name and nearly its amount is compared with
what names and amounts would give if they were independent. Lines of one side cannot be each
other's partners, so the comparison needs no labels.
"""

from __future__ import annotations

import numpy as np

from tieout.matching.lines import Floats, Ints, Side

NEAR_LOG = 0.1  # amounts this close, in the logarithm, may be one amount after charges and FX


def repeat_rate(side: Side, names: list[str | None]) -> tuple[Floats, Floats]:
    """For each line the chance that a random line of its block repeats its name and amount.

    With c other lines near it, μ of them expected and ρ the mean of c − μ over all lines, a line
    near it is a repetition with probability ρ / (ρ + μ): the rate is c ρ / (ρ + μ) over the lines
    of the block. Where nothing repeats, ρ is about 0 and so is the rate. The second array is ρ over
    the lines of the block: the chance of a repetition whose own partner is missing, and which
    therefore leaves no trace on this side, is that times the share of lines without a partner.
    """
    n = len(side)
    if not n:
        return np.zeros(0), np.zeros(0)
    _, code = np.unique([name or "" for name in names], return_inverse=True)
    x = side.log_amount
    named = np.array([name is not None for name in names])
    in_block = np.bincount(side.block)[side.block]
    like = _near(side.block, x)
    group = side.block * (int(code.max()) + 1) + code
    same = np.bincount(group)[group] - 1
    count = np.where(named, _near(group, x), 0)
    expected = same * like / np.maximum(in_block - 1, 1)
    extra = max(float((count - expected)[named].mean()) if named.any() else 0.0, 0.0)
    rate: Floats = count * extra / np.maximum(extra + expected, 1e-12) / in_block
    return rate, extra / in_block


def _near(group: Ints, x: Floats) -> Ints:
    """How many other lines of the group have a log amount within NEAR_LOG."""
    key = group * 1000.0 + x  # log amounts are within ±44, so groups do not touch
    order = np.sort(key)
    high = np.searchsorted(order, key + NEAR_LOG, "right")
    return np.asarray(high - np.searchsorted(order, key - NEAR_LOG) - 1)

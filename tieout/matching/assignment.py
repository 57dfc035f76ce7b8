"""One partner a line: the assignment of largest total weight, and what a swap would cost.

The graph is sparse and stays so: pairs that are each other's only candidate are taken at once, the
rest goes to SciPy's sparse solver. A dense matrix of one component would take gigabytes.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import (  # type: ignore[import-untyped]
    min_weight_full_bipartite_matching,
)

from tieout.matching.lines import Bools, Floats, Ints

LEAST_PROBABILITY = 0.01  # a pair less likely than this cannot come to be matched or suggested


def assign(left: Ints, right: Ints, log_weight: Floats, probability: Floats) -> Bools:
    """Which candidates are in the assignment; a line may stay without a partner.

    Weights are rounded to 1e-6, so that the last bits of a sum decide nothing; a pair with odds
    below one is never in it. Which of two equal assignments is taken depends on the lines' order.
    """
    weight = np.round(log_weight, 6)
    open_ = (probability >= LEAST_PROBABILITY) & (weight > 0)
    taken = np.zeros(len(left), dtype=np.bool_)
    index = np.flatnonzero(open_)
    if not len(index):
        return taken
    alone = (np.bincount(left[index])[left[index]] == 1) & (
        np.bincount(right[index])[right[index]] == 1
    )
    taken[index[alone]] = True
    rest = index[~alone]
    if len(rest):
        taken[rest[_solve(left[rest], right[rest], weight[rest])]] = True
    return taken


def _solve(left: Ints, right: Ints, weight: Floats) -> Ints:
    """Positions of the pairs of the best assignment."""
    rows, row = np.unique(left, return_inverse=True)
    columns, column = np.unique(right, return_inverse=True)
    n, m = len(rows), len(columns)
    # A column of its own for each row stands for "no partner"; costs must not be zero.
    cost = weight.max() + 1 - weight
    none = np.full(n, weight.max() + 1)
    graph = csr_array(
        (
            np.concatenate([cost, none]),
            (np.concatenate([row, np.arange(n)]), np.concatenate([column, m + np.arange(n)])),
        ),
        shape=(n, m + n),
    )
    chosen_row, chosen_column = min_weight_full_bipartite_matching(graph)
    chosen = chosen_row[chosen_column < m] * (m + n) + chosen_column[chosen_column < m]
    key = row * (m + n) + column
    order = np.argsort(key)
    found: Ints = order[np.searchsorted(key[order], chosen)]
    return found


def swap_odds(left: Ints, right: Ints, log_weight: Floats, taken: Bools) -> Floats:
    """For each pair of the assignment: the summed odds of exchanging partners with another pair.

    Belief propagation takes the better of two crossed pairs for certain (the Bethe approximation
    of a 2 × 2 permanent is its larger term); the odds that the crossing is the truth are
    w(i,l) w(k,j) / (w(i,j) w(k,l)).
    """
    odds = np.zeros(len(left))
    if not len(left):
        return odds
    size = int(right.max()) + 1
    pair_of_left = np.full(int(left.max()) + 1, -1)
    pair_of_right = np.full(size, -1)
    pair_of_left[left[taken]] = pair_of_right[right[taken]] = np.flatnonzero(taken)
    mine, theirs = pair_of_left[left], pair_of_right[right]
    crossing = np.flatnonzero(~taken & (mine >= 0) & (theirs >= 0))
    mine, theirs = mine[crossing], theirs[crossing]
    key = left * size + right
    order = np.argsort(key)
    back_key = left[theirs] * size + right[mine]
    at = np.minimum(np.searchsorted(key[order], back_key), len(key) - 1)
    back = order[at]
    exists = key[back] == back_key
    crossing, mine, theirs, back = crossing[exists], mine[exists], theirs[exists], back[exists]
    ratio = log_weight[crossing] + log_weight[back] - log_weight[mine] - log_weight[theirs]
    # Both crossing pairs of a swap come by; each adds to the pair of its own left line.
    np.add.at(odds, mine, np.exp(np.minimum(ratio, 50)))
    return odds

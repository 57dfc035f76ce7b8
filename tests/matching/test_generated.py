"""Other sets of the same kind: vocabulary, names, lags, charges and cuts the code has not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.matching.generator import World, generate, score
from tieout.matching.keyless import match

SMALL = {
    "plain": World(lines=4000, days=20),
    "capitals, short memos": World(lines=4000, days=14, seed=2, upper=True, cut=(12, 14)),
    "charges": World(
        lines=4000, days=20, seed=3, equal=0.1, charge=0.4, flat=(150, 2500), cut=(20, 18),
        types=("BACS", "CARD", "SEPA"), purposes=("invoice", "loan", "#", "refund", "deposit"),
    ),
    "slow": World(lines=4000, days=40, seed=4, lags=(0,) * 5 + (1,) * 17, fx=0.04, heaps=0.3),
    "one opening": World(lines=4000, days=20, seed=5, opening="PAYMENT FROM ", cut=(28, 28)),
    "colliding names": World(lines=4000, days=20, seed=6, surnames=60, initials=0.85),
}  # fmt: skip
BIG = [
    World(lines=43_000, seed=11, days=150, initials=0.85, initial_surnames=0.6, surnames=120),
    World(lines=43_000, seed=12, days=300, surnames=900, initials=0.2, fx=0.08, heaps=0.4),
    World(lines=43_000, seed=13, days=90, upper=True, cut=(12, 12), drop_type=0.6),
]
GOALS = {0.0: (0.999, 0.98), 0.1: (0.999, 0.97), 0.3: (0.998, 0.96)}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("removed", GOALS)
def test_small_sets(name: str, removed: float) -> None:
    left, right, truth = generate(replace(SMALL[name], removed=removed))
    result = match(left, right)
    precision, recall = score(result.pairs, truth)
    wrong = round((1 - precision) * len(truth))
    # In 4,000 lines a goal of 0.999 is four pairs: two more are within chance.
    assert wrong <= (1 - GOALS[removed][0]) * len(truth) + 2
    assert recall >= GOALS[removed][1] - 0.005


@pytest.mark.slow
@pytest.mark.parametrize("world", BIG, ids=lambda world: str(world.seed))
@pytest.mark.parametrize("removed", GOALS)
def test_big_sets(world: World, removed: float) -> None:
    left, right, truth = generate(replace(world, removed=removed))
    result = match(left, right)
    precision, recall = score(result.pairs, truth)
    assert precision >= GOALS[removed][0]
    assert recall >= GOALS[removed][1]
    estimate = result.decoys.estimated_false_matches
    wrong = (1 - precision) * sum(s == "matched" for s in result.pairs["status"].to_pylist())
    assert estimate is not None
    assert estimate <= 3 * wrong + 20
    assert wrong <= 4 * estimate + 20


def test_repeated_payments_are_told_by_the_decoys_or_left_alone() -> None:
    """Payers who repeat amounts are the hard case: precision gives way a little, not recall's way.

    With a tenth of the lines repeating and a tenth missing the goals hold; docs/matching.md says
    what becomes of more.
    """
    world = World(lines=8000, days=60, seed=7, repeated=0.1, removed=0.1)
    left, right, truth = generate(world)
    precision, recall = score(match(left, right).pairs, truth)
    assert precision >= 0.999
    assert recall >= 0.97

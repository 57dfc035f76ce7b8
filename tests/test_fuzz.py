"""A few damaged files for every reader; `python -m tests.fuzz` is the long run."""

from __future__ import annotations

import pytest

from tests.fuzz import damaged, fuzz, readers, seeds

INPUTS = 100


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(readers()))
def test_damage_is_refused_or_accounted_for(name: str) -> None:
    assert seeds()[name], f"{name} has no fixture to damage"
    assert fuzz(name, 0, INPUTS, seed=1, keep=None) == []


def test_the_same_seed_makes_the_same_inputs() -> None:
    originals = seeds()["mt940"]
    made = [damaged(f"1:{number}", originals) for number in range(50)]
    assert made == [damaged(f"1:{number}", originals) for number in range(50)]
    assert len(set(made) - set(originals)) > 40

"""The lines that rows came from are counted once each, and work ahead changes no order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.ahead import ahead
from tieout.lineage import Lines


@given(st.lists(st.lists(st.integers(0, 30), min_size=1), max_size=6))
def test_distinct_lines_are_those_of_a_set(parts: list[list[int]]) -> None:
    lines = Lines()
    for part in parts:
        lines.add(np.array(part, np.int64))
    assert lines.distinct() == len({line for part in parts for line in part})


def test_work_ahead_keeps_the_order_and_raises_in_its_place() -> None:
    made = []

    def numbers() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number
        raise ValueError("the end")

    made_ahead, coming = [], ahead(numbers(), 3)
    for number in range(20):
        assert next(coming) == number
        made_ahead.append(len(made) - number - 1)
    assert max(made_ahead) <= 3
    with pytest.raises(ValueError, match="the end"):
        next(coming)

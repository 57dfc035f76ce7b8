"""The lines that rows came from are counted once each, and work ahead changes no order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.ahead import ahead
from tieout.contracts import REFUNDS
from tieout.engine import connect
from tieout.lineage import Lines, with_lineage


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


def test_every_row_keeps_its_own_id_however_many_there_are() -> None:
    """Ids are computed beside the rows, by an engine of several threads."""
    count = 400_000
    keys = pa.array([f"re_{number * 7919 % count}" for number in range(count)])
    data = pa.table({"refund_id": keys, "source_line": pa.array(range(2, count + 2))})
    with connect() as engine:
        rows = with_lineage(engine, REFUNDS, data, "f" * 64, "erp")
    assert rows["refund_id"].equals(pa.chunked_array([keys]))
    for place in range(0, count, 997):
        text = f"refunds\x1ferp\x1f{keys[place]}"
        expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        assert rows["record_id"][place].as_py() == expected

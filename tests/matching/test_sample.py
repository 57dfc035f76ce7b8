"""The labelled sample: as it is, hardened, with twins, shuffled and renamed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.matching.generator import score
from tests.matching.hardened import Case, folded, removed, sample, shuffled_and_renamed
from tieout.matching.keyless import Matching, match


@pytest.fixture
def case(realdata: Path) -> Case:
    return sample(realdata / "matching")


def paired(matching: Matching, status: str = "matched") -> set[tuple[str, str]]:
    rows = matching.pairs.to_pylist()
    return {(r["left_id"], r["right_id"]) for r in rows if r["status"] == status}


def test_as_it_is(case: Case) -> None:
    precision, recall = score(match(*case[:2]).pairs, case[2])
    assert precision == 1
    assert recall >= 0.995


@pytest.mark.parametrize(("share", "precision", "recall"), [(0.1, 0.999, 0.98), (0.3, 0.998, 0.96)])
@pytest.mark.parametrize("seed", range(3))
def test_folded_and_removed(
    case: Case, share: float, precision: float, recall: float, seed: int
) -> None:
    hard = removed(folded(case, 6), share, seed)
    got = score(match(*hard[:2]).pairs, hard[2])
    assert got[0] >= precision
    assert got[1] >= recall


def test_a_twin_is_never_matched(case: Case) -> None:
    left, right, truth = case
    twins = np.random.default_rng(1).choice(left.num_rows, 100, replace=False)
    copies = left.take(pa.array(twins))
    originals = copies["line_id"].to_pylist()
    copies = copies.set_column(0, "line_id", pa.array([f"twin {i}" for i in originals]))
    result = match(pa.concat_tables([left, copies]), right)
    used = {i for i, _ in paired(result) | paired(result, "suggested")}
    assert not used & {*originals, *copies["line_id"].to_pylist()}
    assert score(result.pairs, truth)[0] == 1
    assert len(paired(result)) >= 0.99 * (len(truth) - 100)


def test_order_and_ids_decide_nothing(case: Case) -> None:
    hard = removed(folded(case, 6), 0.1, 4)
    other = shuffled_and_renamed(hard, 5)
    one, two = match(*hard[:2]), match(*other[:2])
    said = [
        [
            (
                *(by[side][row[f"{side}_id"]] for side in ("left", "right")),
                row["status"],
                row["probability_ppm"],
            )
            for row in result.pairs.to_pylist()
        ]
        for result, by in ((one, _said(hard)), (two, _said(other)))
    ]
    assert said[0] == said[1]
    assert one.parameters.equals(two.parameters)
    assert one.decoys == two.decoys


def _said(case: Case) -> dict[str, dict[str, tuple[object, ...]]]:
    """What each id's line says."""
    return {
        side: {r["line_id"]: (r["amount_minor"], r["day"], r["text"]) for r in table.to_pylist()}
        for side, table in zip(("left", "right"), case[:2], strict=True)
    }

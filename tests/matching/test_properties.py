"""What holds for any input: one partner, own currency and sign, no twins, nothing lost."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.matching.generator import World, generate, score
from tests.matching.hardened import lines, shuffled_and_renamed
from tieout.matching.assignment import assign, swap_odds
from tieout.matching.keyless import Matching, match
from tieout.matching.results import TOO_FEW, TWIN, ZERO

DAY = date(2026, 1, 5)
TEXTS = [None, "", "A B rent", "A B", "張偉 房租", "МАРИЯ И", "A BCDE TRF", "A BCD", "Ünal ß"]
LINE = st.tuples(
    st.sampled_from([-500, -499, 0, 1, 500, 505, 10**12]),
    st.sampled_from(["EUR", "JPY", "BHD"]),
    st.integers(0, 6),
    st.sampled_from(TEXTS),
)
SIDE = st.lists(LINE, max_size=25)


def table(rows: list[tuple[int, str, int, str | None]], start: str) -> pa.Table:
    return lines(
        [(f"{start}{i}", a, c, DAY + timedelta(d), t) for i, (a, c, d, t) in enumerate(rows)]
    )


def check(left: pa.Table, right: pa.Table, result: Matching) -> None:
    """The properties that hold for every result."""
    rows = result.pairs.to_pylist()
    by = [{r["line_id"]: r for r in t.to_pylist()} for t in (left, right)]
    for side, key in enumerate(("left_id", "right_id")):
        ids = [r[key] for r in rows]
        assert len(ids) == len(set(ids))
        told = {r["line_id"]: r for r in result.lines.to_pylist() if r["side"] == key[:-3]}
        assert told.keys() == by[side].keys()
        paired = {r[key]: r["status"] for r in rows}
        said = Counter(tuple(list(r.values())[1:]) for r in by[side].values())
        for line_id, line in told.items():
            assert line["status"] == paired.get(line_id, "unmatched")
            assert (line["reason"] is None) == (line["status"] == "matched")
            if said[tuple(list(by[side][line_id].values())[1:])] > 1:
                assert line["status"] == "unmatched"
    for row in rows:
        one, two = by[0][row["left_id"]], by[1][row["right_id"]]
        assert one["currency"] == two["currency"]
        assert one["amount_minor"] * two["amount_minor"] > 0
        assert row["difference_minor"] == two["amount_minor"] - one["amount_minor"]
        assert 0 <= row["probability_ppm"] <= 1_000_000
        assert (row["reason"] is None) == (row["status"] == "matched")
    assert not any(
        pa.types.is_floating(f.type) for t in (result.pairs, result.lines) for f in t.schema
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SIDE, SIDE)
def test_any_lines(left_rows: list, right_rows: list) -> None:
    left, right = table(left_rows, "l"), table(right_rows, "r")
    result = match(left, right)
    check(left, right, result)
    # So few lines teach nothing.
    assert all(
        r["status"] == "suggested" and r["reason"] == TOO_FEW for r in result.pairs.to_pylist()
    )
    reasons = {r["line_id"]: r["reason"] for r in result.lines.to_pylist() if r["side"] == "left"}
    for row in left.to_pylist():
        if row["amount_minor"] == 0:
            assert reasons[row["line_id"]] in (ZERO, TWIN) or not right_rows


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.3]))
def test_learnt_sets_in_two_currencies_and_signs(seed: int, removed: float) -> None:
    """Half of a set in another currency, a quarter money out: nothing crosses, nothing is lost."""
    left, right, truth = generate(World(lines=800, days=15, seed=seed, removed=removed))

    def spread(side: pa.Table, key: dict[str, str]) -> pa.Table:
        number = [int(key[i][1:]) if i in key else int(i[1:]) for i in side["line_id"].to_pylist()]
        sign = [-1 if n % 4 == 0 else 1 for n in number]
        amounts = [a * s for a, s in zip(side["amount_minor"].to_pylist(), sign, strict=True)]
        currency = ["EUR" if n % 2 else "JPY" for n in number]
        side = side.set_column(1, "amount_minor", pa.array(amounts, pa.int64()))
        return side.set_column(2, "currency", pa.array(currency, pa.string()))

    case = (spread(left, {}), spread(right, {r: i for i, r in truth.items()}), truth)
    result = match(*case[:2])
    check(*case[:2], result)
    precision, recall = score(result.pairs, truth)
    assert precision >= 0.985
    assert recall >= 0.9
    other = match(*shuffled_and_renamed(case, seed)[:2])
    assert Counter(other.pairs["probability_ppm"].to_pylist()) == Counter(
        result.pairs["probability_ppm"].to_pylist()
    )


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_lines_are_suggested_with_the_reason(count: int) -> None:
    left, right, truth = generate(World(lines=count or 1, seed=3))
    result = match(left.slice(0, count), right.slice(0, count))
    check(left.slice(0, count), right.slice(0, count), result)
    assert set(result.pairs["reason"].to_pylist()) <= {TOO_FEW}
    if count == 5:
        suggested = {(r["left_id"], r["right_id"]) for r in result.pairs.to_pylist()}
        assert suggested <= set(truth.items())
        assert suggested


def test_equal_amounts_without_texts_are_candidates() -> None:
    left = lines([("a", 500, "JPY", DAY, None)])
    right = lines([("b", 500, "JPY", DAY, None)])
    assert match(left, right).lines["candidate_count"].to_pylist() == [1, 1]


def test_a_common_line_that_everyone_shares_does_not_explode() -> None:
    """20,000 lines of one amount and text a side would be 400 million pairs."""
    rows = [(999, "EUR", i % 7, f"PAYOUT {i % 3}") for i in range(20_000)]
    result = match(table(rows, "l"), table(rows, "r"))
    assert set(result.lines["status"].to_pylist()) == {"unmatched"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["day"]), "lack the columns day"),
        (lambda t: t.set_column(0, "line_id", pa.array(["a", "a"])), "unique"),
        (lambda t: t.set_column(1, "amount_minor", pa.array([None, 1], pa.int64())), "null"),
    ],
)
def test_wrong_input_is_refused(change, message: str) -> None:
    good = lines([("a", 1, "EUR", DAY, None), ("b", 2, "EUR", DAY, None)])
    with pytest.raises(ValueError, match=message):
        match(change(good), good)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), unique=True, min_size=1, max_size=14),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_the_assignment_is_the_best_of_all(edges: list, data: st.DataObject) -> None:
    """Against trying every matching of a small graph."""
    import numpy as np

    edges = sorted(edges)
    weight = np.array(
        data.draw(st.lists(st.integers(1, 40), min_size=len(edges), max_size=len(edges))), float
    )
    left, right = (np.array(side) for side in zip(*edges, strict=True))

    def best(i: int, used: frozenset) -> float:
        if i == len(edges):
            return 0.0
        skip = best(i + 1, used)
        mine = {("l", edges[i][0]), ("r", edges[i][1])}
        return skip if mine & used else max(skip, weight[i] + best(i + 1, used | mine))

    taken = assign(left, right, weight, np.ones(len(edges)))
    assert len(set(left[taken])) == len(set(right[taken])) == taken.sum()
    assert weight[taken].sum() == pytest.approx(best(0, frozenset()))


def test_a_swap_as_likely_as_the_pair_halves_it() -> None:
    import numpy as np

    left, right = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    taken = np.array([True, False, False, True])
    odds = swap_odds(left, right, np.full(4, 9.0), taken)
    assert odds[taken].tolist() == [1.0, 1.0]

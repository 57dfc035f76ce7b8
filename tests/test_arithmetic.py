"""Whole-number arithmetic of the models, against Python's."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Environment

MACROS = Path(__file__).parents[1] / "dbt_project" / "macros" / "arithmetic.sql"
MACRO = Environment().from_string(MACROS.read_text()).module.duckdb__divide_rounded  # type: ignore[attr-defined]

NARROW = 4 * 10**18  # beyond, numbers are divided as wide ones
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63),
    st.integers(-(10**37), 10**37),
    st.sampled_from([0, NARROW, -NARROW, 2**63, -(2**63), 2**64]).flatmap(
        lambda around: st.integers(around - 3, around + 3)
    ),
)


def half_away(numerator: int, denominator: int) -> int | None:
    if denominator == 0:
        return None
    quotient = Fraction(numerator, denominator)
    size = int(abs(quotient) + Fraction(1, 2))
    return -size if quotient < 0 else size


def is_answered(pair: tuple[int, int]) -> bool:
    """Whether the quotient is an amount; a larger one is an error, and stops the run."""
    expected = half_away(*pair)
    return expected is None or -(2**63) <= expected < 2**63


@given(st.lists(st.tuples(NUMBERS, NUMBERS).filter(is_answered), min_size=1))
@example(
    [
        (NARROW, 2),
        (-NARROW, NARROW),
        (2 * NARROW, 2 * NARROW),
        (10**37, 10**20),
        (-3, 2),
        (3, -2),
        (7, 0),
    ]
)
def test_division_rounds_half_away_from_zero(pairs: list[tuple[int, int]]) -> None:
    """Wide numbers and narrow ones side by side, since the engine works on many rows at once."""
    with duckdb.connect() as connection:
        connection.execute("create table t (row integer, n hugeint, d hugeint)")
        values = ", ".join(f"({row}, {n}, {d})" for row, (n, d) in enumerate(pairs))
        connection.execute(f"insert into t values {values}, (-2, null, 1), (-1, 1, null)")
        rows = connection.execute(f"select {MACRO('n', 'd')} from t order by row").fetchall()
    assert rows == [(None,), (None,), *((half_away(n, d),) for n, d in pairs)]

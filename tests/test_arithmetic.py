"""Whole-number arithmetic of the models, against Python's."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import duckdb
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jinja2 import Environment

MACROS = Path(__file__).parents[1] / "dbt_project" / "macros" / "arithmetic.sql"
MACRO = Environment().from_string(MACROS.read_text()).module.duckdb__divide_rounded  # type: ignore[attr-defined]

NARROW = 4 * 10**18  # beyond, numbers are divided as wide ones
LONG = st.integers(-(10**37), 10**37)
NEAR = st.sampled_from([0, 1, -1, NARROW, -NARROW, 2**63 - 1, -(2**63), 2**64]).flatmap(
    lambda around: st.integers(around - 3, around + 3)
)


def half_away(numerator: int, denominator: int) -> int | None:
    if denominator == 0:
        return None
    quotient = Fraction(numerator, denominator)
    size = int(abs(quotient) + Fraction(1, 2))
    return -size if quotient < 0 else size


@given(st.one_of(NEAR, LONG), st.one_of(NEAR, LONG))
@example(NARROW, 2)
@example(-NARROW, NARROW)
@example(-3, 2)
@example(3, -2)
@example(7, 0)
def test_division_rounds_half_away_from_zero(numerator: int, denominator: int) -> None:
    expected = half_away(numerator, denominator)
    assume(expected is None or -(2**63) <= expected < 2**63)
    with duckdb.connect() as connection:
        connection.execute("create table t (n hugeint, d hugeint)")
        connection.execute(
            f"insert into t values ({numerator}, {denominator}), (null, 1), (1, null)"
        )
        rows = connection.execute(f"select {MACRO('n', 'd')} from t").fetchall()
    assert rows == [(expected,), (None,), (None,)]

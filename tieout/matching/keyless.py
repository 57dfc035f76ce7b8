"""Matching of two sides' lines that share no key: the fifth pass of the reconciliation.

`match` is a pure function of its two tables. It knows no labels: candidates, chances and weights
come from the lines themselves, and what it cannot tell it leaves as a suggestion. docs/matching.md
says how to read the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from tieout.engine import connect
from tieout.matching import candidates, report
from tieout.matching.assignment import assign, swap_odds
from tieout.matching.candidates import Candidates
from tieout.matching.decoys import DecoyReport, plant
from tieout.matching.evidence import Evidence, count_lines, weigh
from tieout.matching.lines import SCHEMA, Bools, Floats, Ints, Side, read_side
from tieout.matching.memo import Vocabulary
from tieout.matching.memo import learn as learn_vocabulary
from tieout.matching.model import (
    PROPAGATIONS_LAST,
    Parameters,
    Propagation,
    Scores,
    learn,
    recurring_charges,
    score,
    starting,
)
from tieout.matching.results import Matching
from tieout.matching.texts import text_columns
from tieout.matching.windows import REACH_LOG, Window, learn_window

__all__ = ["SCHEMA", "Matching", "match"]

CUT = 0.95  # least probability of a match
MEAN = 0.9985  # least mean probability of all matches; else the cut is raised until it holds
SUGGESTED = 0.05  # least probability of a suggestion
FEWEST_PAIRS = 30.0  # expected true pairs, below which nothing is learnt
FEWEST_LINES = 50.0  # lines of both sides of a currency and sign, below which none is matched


@dataclass(frozen=True)
class Model:
    """What is learnt from one pair of inputs."""

    vocabulary: Vocabulary
    window: Window
    charges: Ints
    parameters: Parameters
    learnt: bool  # false: the parameters are those it started from


def match(left: pa.Table, right: pa.Table) -> Matching:
    """Pair the lines of two tables with the columns of SCHEMA.

    The same lines give the same pairs, whatever their order and their ids.
    """
    currencies = sorted({c for t in (left, right) for c in t["currency"].to_pylist()})
    sides = (read_side(left, currencies), read_side(right, currencies))
    if not (len(sides[0]) and len(sides[1])):
        return report.nothing(sides)
    vocabulary = learn_vocabulary(sides[0].texts, sides[1].texts)
    texts = text_columns(*sides, vocabulary)
    with connect() as engine:
        model, pairs, evidence = _learn(engine, sides, texts, vocabulary)
        skipped = (candidates.skipped(engine, "l"), candidates.skipped(engine, "r"))
        scores, taken = _decide(pairs, evidence, model, sides)
        small = _small_blocks(sides)[sides[0].block[pairs.left]] | (not model.learnt)
        # Which of two lines that say the same is meant cannot be told: not even a suggestion.
        taken &= ~sides[0].twin[pairs.left] & ~sides[1].twin[pairs.right]
        possible = taken & ~small
        cut = _cut(scores.probability[possible])
        matched = possible & (scores.probability >= cut)
        decoys = _decoys(engine, sides, texts, model, cut, matched, scores)
    decision = report.Decision(
        pairs=pairs,
        scores=scores,
        matched=matched,
        suggested=taken & ~matched & (scores.probability >= SUGGESTED),
        small=small,
        skipped=skipped,
        cut=cut,
    )
    return report.matching(sides, decision, evidence, model, decoys)


def _learn(
    engine: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    texts: tuple[pa.Table, pa.Table],
    vocabulary: Vocabulary,
) -> tuple[Model, Candidates, Evidence]:
    """Window, charges and parameters; the second look is taken only if there are charges."""
    _register(engine, sides, texts, REACH_LOG)
    window = learn_window(engine, *sides)
    _register(engine, sides, texts, max(-window.low, window.high))
    counts = count_lines(*sides)
    days = window.last_day - window.first_day + 1
    charges = np.zeros(0, dtype=np.int64)
    for _ in range(2):
        pairs = candidates.find(engine, window, charges)
        evidence = weigh(pairs, *sides, window, charges)
        start = starting(evidence, days)
        block = sides[0].block[pairs.left]
        learnt, p = learn(pairs, evidence, start, block, counts)
        found = recurring_charges(pairs.difference, p)
        if len(charges) or not len(found):
            break
        charges = found
    enough = window.learnt and float(p.sum()) >= FEWEST_PAIRS
    return (
        Model(vocabulary, window, charges, learnt if enough else start, enough),
        pairs,
        evidence,
    )


def _register(
    engine: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    texts: tuple[pa.Table, pa.Table],
    bin_width: float,
) -> None:
    for name, side, columns in zip("lr", sides, texts, strict=True):
        candidates.register(engine, name, side, columns, bin_width)


def _decide(
    pairs: Candidates, evidence: Evidence, model: Model, sides: tuple[Side, Side]
) -> tuple[Scores, Bools]:
    """The scores with the posterior of every candidate, and which are in the assignment."""
    counts = count_lines(*sides)
    scores = score(pairs, evidence, model.parameters, sides[0].block[pairs.left], counts)
    total = scores.total
    p = Propagation(pairs.left, pairs.right).posterior(total, PROPAGATIONS_LAST)
    taken = assign(pairs.left, pairs.right, total, p)
    odds = swap_odds(pairs.left, pairs.right, total, taken)
    return scores.with_probability(1 / (1 / np.maximum(p, 1e-12) + odds)), taken


def _small_blocks(sides: tuple[Side, Side]) -> Bools:
    """Which blocks (currency and sign) have too few lines to say how common anything is."""
    counts = count_lines(*sides)
    return np.asarray(counts.left + counts.right < FEWEST_LINES)


def _cut(probability: Floats) -> float:
    """The least probability at which the mean of what is matched is high enough."""
    ordered = np.sort(probability[probability >= CUT])[::-1]
    if not len(ordered):
        return CUT
    mean = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    good = np.flatnonzero(mean >= MEAN)
    return float(ordered[good[-1]]) if len(good) < len(ordered) and len(good) else CUT


def _decoys(
    engine: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    texts: tuple[pa.Table, pa.Table],
    model: Model,
    cut: float,
    matched: Bools,
    scores: Scores,
) -> DecoyReport:
    """Plant the decoys, decide again with the same parameters, count what was accepted."""
    left, right = sides
    without = len(left) - round(float(scores.probability.sum()))
    without = max(without, len(left) - len(right), 0)
    with_decoys, copied = plant(left, right, model.window)
    if not (model.learnt and matched.any() and len(copied)):
        return DecoyReport(0, 0, without)
    columns = pa.concat_tables([texts[0], texts[0].take(pa.array(copied))])
    _register(
        engine,
        (with_decoys, right),
        (columns, texts[1]),
        max(-model.window.low, model.window.high),
    )
    pairs = candidates.find(engine, model.window, model.charges)
    evidence = weigh(pairs, with_decoys, right, model.window, model.charges)
    again, taken = _decide(pairs, evidence, model, (with_decoys, right))
    accepted = taken & (again.probability >= cut) & (pairs.left >= len(left))
    accepted &= ~with_decoys.twin[pairs.left] & ~right.twin[pairs.right]
    return DecoyReport(len(copied), int(accepted.sum()), without)

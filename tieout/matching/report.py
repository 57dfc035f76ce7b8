"""The decision as tables: pairs, lines and the parameters, in a stable order."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tieout.matching import results
from tieout.matching.candidates import Candidates
from tieout.matching.decoys import DecoyReport
from tieout.matching.evidence import Evidence
from tieout.matching.lines import Bools, Floats, Ints, Side
from tieout.matching.model import Scores
from tieout.matching.results import Matching

if TYPE_CHECKING:
    from tieout.matching.keyless import Model


@dataclass(frozen=True)
class Decision:
    """What was decided about the candidates; one entry a candidate, `skipped` line numbers."""

    pairs: Candidates
    scores: Scores
    matched: Bools
    suggested: Bools
    small: Bools
    skipped: tuple[Ints, Ints]
    cut: float


def matching(
    sides: tuple[Side, Side],
    decision: Decision,
    evidence: Evidence,
    model: Model,
    decoys: DecoyReport,
) -> Matching:
    """The result of one run."""
    return Matching(
        pairs=_pairs(sides, decision),
        lines=pa.concat_tables([_lines(sides[s], decision, s) for s in (0, 1)]),
        parameters=_parameters(evidence, model, decision.cut),
        decoys=decoys,
    )


def nothing(sides: tuple[Side, Side]) -> Matching:
    """The result where one side has no lines."""
    rows = [
        (name, line_id, "unmatched", results.NO_CANDIDATE, 0)
        for name, side in zip(("left", "right"), sides, strict=True)
        for line_id in side.ids
    ]
    names = results.LINES.names
    lines = pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) for row in rows], schema=results.LINES
    )
    return Matching(
        results.PAIRS.empty_table(),
        lines,
        results.PARAMETERS.empty_table(),
        DecoyReport(0, 0, len(sides[0])),
    )


def _pairs(sides: tuple[Side, Side], decision: Decision) -> pa.Table:
    """One row a matched or suggested pair, in the order of the left lines."""
    pairs, scores = decision.pairs, decision.scores
    rows = np.flatnonzero(decision.matched | decision.suggested)
    left_ids, right_ids = (np.array(s.ids, dtype=object) for s in sides)
    left, right = pairs.left[rows], pairs.right[rows]
    status = np.where(decision.matched[rows], "matched", "suggested")
    reason = np.where(decision.small[rows], results.TOO_FEW, results.BELOW_CUT).astype(object)
    reason[decision.matched[rows]] = None
    next_right = _runner_up(pairs.left, pairs.right, scores.probability, rows)
    next_left = _runner_up(pairs.right, pairs.left, scores.probability, rows)
    columns = {
        "left_id": left_ids[left],
        "right_id": right_ids[right],
        "status": status.astype(object),
        "reason": reason,
        "probability_ppm": _ppm(scores.probability[rows]),
        "lag_days": pairs.lag[rows],
        "difference_minor": pairs.difference[rows],
        "lag_millibits": _millibits(scores.lag[rows]),
        "amount_millibits": _millibits(scores.amount[rows]),
        "memo_millibits": _millibits(scores.memo[rows]),
        "prior_millibits": _millibits(scores.prior[rows]),
        "candidate_count_left": np.bincount(pairs.left, minlength=len(sides[0]))[left],
        "candidate_count_right": np.bincount(pairs.right, minlength=len(sides[1]))[right],
        "runner_up_right_id": _taken(right_ids, pairs.right, next_right),
        "runner_up_right_ppm": _taken(_ppm(scores.probability), None, next_right),
        "runner_up_left_id": _taken(left_ids, pairs.left, next_left),
        "runner_up_left_ppm": _taken(_ppm(scores.probability), None, next_left),
    }
    arrays = [pa.array(columns[f.name].tolist(), f.type) for f in results.PAIRS]
    return pa.Table.from_arrays(arrays, schema=results.PAIRS)


def _runner_up(line: Ints, other: Ints, probability: Floats, rows: Ints) -> Ints:
    """For each pair, the line's likeliest other candidate; -1 where there is none."""
    rest = np.ones(len(line), dtype=np.bool_)
    rest[rows] = False
    index = np.flatnonzero(rest)
    order = index[np.lexsort((other[index], -probability[index], line[index]))]
    lines, first = np.unique(line[order], return_index=True)
    best = np.full(int(line.max()) + 1 if len(line) else 1, -1)
    best[lines] = order[first]
    return np.asarray(best[line[rows]])


def _taken(values: np.ndarray, through: Ints | None, index: Ints) -> np.ndarray:
    """The values at the candidates of an index, None where it is -1."""
    there = index >= 0
    result = np.full(len(index), None, dtype=object)
    at = index[there] if through is None else through[index[there]]
    result[there] = values[at]
    return result


def _lines(side: Side, decision: Decision, number: int) -> pa.Table:
    """One row a line: matched, suggested or unmatched, exactly once."""
    line = decision.pairs.right if number else decision.pairs.left
    count = np.bincount(line, minlength=len(side))
    status = np.full(len(side), "unmatched", dtype=object)
    reason = np.where(count > 0, results.NOT_BEST, results.NO_CANDIDATE).astype(object)
    reason[decision.skipped[number]] = results.TOO_MANY
    reason[side.amount == 0] = results.ZERO
    reason[side.twin] = results.TWIN
    suggested, few = line[decision.suggested], line[decision.suggested & decision.small]
    status[suggested], reason[suggested], reason[few] = (
        "suggested",
        results.BELOW_CUT,
        results.TOO_FEW,
    )
    matched = line[decision.matched]
    status[matched], reason[matched] = "matched", None
    return pa.table(
        [
            pa.array([("left", "right")[number]] * len(side), pa.string()),
            pa.array(side.ids, pa.string()),
            pa.array(status.tolist(), pa.string()),
            pa.array(reason.tolist(), pa.string()),
            pa.array(count, pa.int64()),
        ],
        schema=results.LINES,
    )


def _parameters(evidence: Evidence, model: Model, cut: float) -> pa.Table:
    """Everything learnt, one row a parameter and level."""
    known, window, learnt = model.vocabulary, model.window, model.parameters
    edges = [f"{e:+.4f}" for e in evidence.edges]
    levels = ["equal", *(f"{a} to {b}" for a, b in itertools.pairwise(edges))]
    levels += [f"charge of {c} minor units" for c in evidence.charges]
    ppm = "parts per million"
    rows: list[tuple[str, str, int, str]] = [
        ("learnt", "", int(model.learnt), "yes is 1"),
        ("rounds", "", learnt.rounds, "rounds of learning"),
        ("cut", "", round(cut * 1e6), ppm),
        ("share with a partner", "", round(learnt.share * 1e6), ppm),
        ("window", "first day", window.first_day, "days"),
        ("window", "last day", window.last_day, "days"),
        ("window", "lowest log ratio", round(window.low * 1e6), ppm),
        ("window", "highest log ratio", round(window.high * 1e6), ppm),
        ("case tells words apart", "", int(not known.fold_case), "yes is 1"),
        *(("type word", word, 1, "word") for word in sorted(known.types)),
        *(("purpose word", word, 1, "word") for word in sorted(known.purposes)),
        *(("left texts cut at", "", n, "characters") for n in sorted(known.cut_lengths[0])),
        *(("right texts cut at", "", n, "characters") for n in sorted(known.cut_lengths[1])),
        ("name", "agrees", round(learnt.name[1] * 1e6), ppm),
        ("name", "goes on", round(learnt.name[2] * 1e6), ppm),
        ("name", "differs", round(learnt.name[3] * 1e6), ppm),
        ("purpose", "agrees if both have one", round(learnt.purpose * 1e6), ppm),
        ("type", "agrees if both have one", round(learnt.type * 1e6), ppm),
        *(
            ("lag", f"{window.first_day + i:+d} days", round(m * 1e6), ppm)
            for i, m in enumerate(learnt.lag.tolist())
        ),
        *(
            ("log ratio of amounts", level, round(m * 1e6), ppm)
            for level, m in zip(levels, learnt.amount.tolist(), strict=True)
        ),
    ]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(list(c), f.type) for c, f in zip(columns, results.PARAMETERS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=results.PARAMETERS)


def _ppm(probability: Floats) -> Ints:
    """Parts per million, rounded down: nothing is certain."""
    return np.asarray(np.floor(probability * 1e6), dtype=np.int64)


def _millibits(log: Floats) -> Ints:
    """Natural logarithm as thousandths of a bit."""
    return np.asarray(np.round(log / np.log(2) * 1000), dtype=np.int64)

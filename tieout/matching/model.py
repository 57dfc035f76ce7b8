"""Learning the model from the candidates themselves (expectation maximisation), and its odds.

Weight of a pair = m / u for its lag, amounts and memo, times the prior odds. The posterior lets
candidates compete: it is the probability of the pair among all one-to-one matchings, by belief
propagation on the graph of candidates (the Bethe approximation of the monomer-dimer model). Its
first round is w / ((1 + others of the left line)(1 + others of the right line) + w); further
rounds take into account that a competitor may itself be taken by a third line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tieout.matching.candidates import AGREES, NEUTRAL, Candidates
from tieout.matching.evidence import (
    NAME_AGREES,
    NAME_UNKNOWN,
    Counts,
    Evidence,
    part_weight,
)
from tieout.matching.lines import Floats, Ints, Small

ROUNDS_MAX = 19
CONVERGED = 1e-4  # change of the share of lines with a partner
SHARE_MAX = 0.9995  # of lines with a partner: certainty would accept anything
LOG_WEIGHT_MAX = 25.0  # e^25; beyond it double precision loses the competitors
PROPAGATIONS = 6  # rounds of belief propagation in each round of learning
PROPAGATIONS_LAST = 60
CHARGE_SHARE = 0.01  # a difference in minor units that this share of the pairs has is a charge
CHARGES_MAX = 8


@dataclass(frozen=True)
class Parameters:
    """Everything learnt; probabilities of what a true pair looks like."""

    lag: Floats  # by day of the window
    amount: Floats  # by level: equal, bands, flat charges
    name: Floats  # agrees, goes on, differs (indices 1 to 3; index 0 is no evidence)
    purpose: float  # agree when both have one
    type: float
    share: float  # of the lines that could have a partner
    rounds: int = 0


@dataclass(frozen=True)
class Scores:
    """Natural logarithms of the weights and the posterior, one entry a candidate."""

    lag: Floats
    amount: Floats
    memo: Floats
    prior: Floats
    probability: Floats

    @property
    def total(self) -> Floats:
        """Logarithm of the odds before competition."""
        return np.minimum(self.lag + self.amount + self.memo + self.prior, LOG_WEIGHT_MAX)

    def with_probability(self, probability: Floats) -> Scores:
        """The same weights with this posterior."""
        return replace(self, probability=probability)


class Propagation:
    """The posterior of a weighted graph; keeps its messages from call to call."""

    def __init__(self, left: Ints, right: Ints) -> None:
        self.left, self.right = left, right
        self.free_right = np.ones(len(left))  # chance that the right line is free for this one
        self.free_left = np.ones(len(left))

    def posterior(self, log_weight: Floats, rounds: int) -> Floats:
        """Probability of each pair. Successive rounds bound it from both sides: the lower holds."""
        weight = np.exp(log_weight)
        before = self._probability(weight)
        for _ in range(rounds):
            before = self._probability(weight)
            self.free_left = _free(weight * self.free_right, self.left)
            self.free_right = _free(weight * self.free_left, self.right)
        return np.minimum(before, self._probability(weight))

    def _probability(self, weight: Floats) -> Floats:
        odds = weight * self.free_left * self.free_right
        result: Floats = odds / (1 + odds)
        return result


def _free(value: Floats, line: Ints) -> Floats:
    """1 / (1 + what the line's other candidates bring)."""
    if not len(value):
        return value
    others = np.bincount(line, value)[line] - value
    result: Floats = 1 / (1 + np.maximum(others, 0))
    return result


def starting(evidence: Evidence, days: int) -> Parameters:
    """Parameters before anything is learnt: flat in days, a quarter of the amounts equal."""
    bands = len(evidence.edges) - 1
    amount = np.full(1 + bands + len(evidence.charges), 0.75 / max(bands, 1))
    amount[0] = 0.25
    return Parameters(
        lag=np.full(days, 1 / days),
        amount=amount / amount.sum(),
        name=np.array([1.0, 0.97, 0.02, 0.01]),
        purpose=0.9,
        type=0.9,
        share=0.7,
    )


def score(
    pairs: Candidates, evidence: Evidence, parameters: Parameters, block: Ints, counts: Counts
) -> Scores:
    """The weights of every candidate; the probability is filled in by the caller's propagation."""
    widths = np.diff(evidence.edges)
    amount = parameters.amount.copy()
    amount[1 : 1 + len(widths)] /= widths
    by_amount = np.log(amount)[evidence.amount] - evidence.log_u_amount
    memo = np.log(parameters.name)[evidence.name] - evidence.log_u_name
    # A repeated payment has the same name and is as near in its amount as a true partner.
    repeated = pairs.repeat_rate + pairs.repeat_mean * (1 - parameters.share)
    together = np.exp(np.minimum(memo + by_amount, LOG_WEIGHT_MAX)) * repeated
    memo -= np.where(evidence.name == NAME_AGREES, np.log1p(together), 0.0)
    memo += part_weight(evidence.purpose, pairs.purpose_share, parameters.purpose)
    memo += part_weight(evidence.type, pairs.type_share, parameters.type)
    taken = np.minimum(parameters.share, SHARE_MAX) * counts.smaller
    prior = np.log(
        np.maximum(taken, 0.5) / np.maximum((counts.left - taken) * (counts.right - taken), 1e-9)
    )
    return Scores(
        lag=np.log(parameters.lag)[evidence.lag] - evidence.log_u_lag,
        amount=by_amount,
        memo=memo,
        prior=prior[block],
        probability=np.zeros(len(pairs)),
    )


def learn(
    pairs: Candidates, evidence: Evidence, start: Parameters, block: Ints, counts: Counts
) -> tuple[Parameters, Floats]:
    """The parameters under which the candidates explain themselves best, and the posterior."""
    now = start
    propagation = Propagation(pairs.left, pairs.right)
    for round_ in range(1, ROUNDS_MAX + 1):
        total = score(pairs, evidence, now, block, counts).total
        p = propagation.posterior(total, PROPAGATIONS)
        after = _expect(evidence, p, len(now.lag), len(now.amount), counts, round_)
        done = abs(after.share - now.share) < CONVERGED and round_ > 4
        now = after
        if done:
            break
    total = score(pairs, evidence, now, block, counts).total
    return now, propagation.posterior(total, PROPAGATIONS_LAST)


def _expect(
    evidence: Evidence, p: Floats, days: int, levels: int, counts: Counts, round_: int
) -> Parameters:
    """Parameters from the posterior; half a pair is added to every level so that none is zero."""

    def shares(level: Small, size: int, added: float = 0.5) -> Floats:
        count = np.bincount(level, p, size) + added
        result: Floats = count / count.sum()
        return result

    def agreement(level: Small) -> float:
        there = level != NEUTRAL
        agreed = float(p[level == AGREES].sum())
        return min(max((agreed + 1) / (float(p[there].sum()) + 2), 0.01), 0.9999)

    known = np.bincount(evidence.name, p, 4) + 0.5
    known[NAME_UNKNOWN] = known[1:].sum()
    return Parameters(
        lag=shares(evidence.lag, days, 0.2),
        amount=shares(evidence.amount, levels),
        name=known / known[1:].sum(),
        purpose=agreement(evidence.purpose),
        type=agreement(evidence.type),
        share=min(float(p.sum() / max(counts.smaller.sum(), 1)), SHARE_MAX),
        rounds=round_,
    )


def recurring_charges(difference: Ints, p: Floats) -> Ints:
    """Differences in minor units (never zero) that recur more often than a smooth curve gives."""
    likely = (p > 0.5) & (difference != 0)
    values, count = np.unique(difference[likely], return_counts=True)
    # What lies within five units on either side is what a smooth curve would give here.
    sorted_ = np.sort(difference[likely])
    around = np.searchsorted(sorted_, values + 5, "right") - np.searchsorted(sorted_, values - 5)
    often = count >= max(CHARGE_SHARE * float(p.sum()), 10)
    often &= count > 4 * (around - count) / 10
    order = np.argsort(-count[often], kind="stable")[:CHARGES_MAX]
    return np.sort(values[often][order]).astype(np.int64)

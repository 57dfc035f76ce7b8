"""Sets of ledger and bank lines with their true pairs, of the kind keyless matching is for.

The parameters vary what the matcher must learn: vocabulary, names and how often they collide,
days of lag, share of equal amounts, width of the FX differences, charges, where memos are cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

FIRST = [
    *("ANNA", "BRUNO", "CARLA", "DIEGO", "ELENA", "FINN", "GRETA", "HUGO", "INES", "JONAS"),
    *("KAREN", "LUCA", "MAYA", "NILS", "OLGA", "PAVEL", "QUINN", "ROSA", "SVEN", "TESSA"),
    *("ULF", "VERA", "WANDA", "XENIA", "YUSUF", "ZOE", "ÅSA", "ÉMILE", "MARGARETHE", "MARIA"),
]
START = ["BRA", "CAL", "DOR", "FEL", "GAR", "HOL", "JAN", "KOV", "LIN", "MOR", "NOV", "OST", "PET",
         "ROS", "SAN", "TOR", "VAN", "WEI", "ZIM", "ALB"]  # fmt: skip
END = ["SEN", "MANN", "INI", "ESCU", "SKI", "BERG", "LEY", "TON", "DOTTIR", "EZ", "OVA", "STROM"]


@dataclass(frozen=True)
class World:
    """What one generated set looks like."""

    lines: int = 2000
    seed: int = 1
    days: int = 150
    lags: tuple[float, ...] = (0, 0.38, 0.39, 0.04, 0.04, 0.04, 0.03) + (0.006,) * 15
    purposes: tuple[str, ...] = ("rent", "salary", "gift", "#")  # "#" is a random reference
    types: tuple[str, ...] = ("TRF", "DDB", "CSH", "XFR")
    cut: tuple[int, int] = (15, 15)
    cut_share: tuple[float, float] = (0.7, 0.45)
    drop_purpose: float = 0.3
    drop_type: float = 0.3
    equal: float = 0.26
    fx: float = 0.026  # standard deviation of the relative difference
    charge: float = 0.0  # share of lines with a charge of 0.2% to 1.5% taken off
    flat: tuple[int, ...] = ()  # flat charges in minor units, in a further fifth of the lines
    surnames: int = 240
    initials: float = 0.7  # share of first names that are an initial
    initial_surnames: float = 0.35  # share of surnames that are an initial
    heaps: float = 0.05  # share of round amounts
    removed: float = 0.0  # share removed on each side, independently
    repeated: float = 0.0  # share of lines that repeat another's name and amount on another day
    opening: str = ""  # words that every memo starts with
    upper: bool = False
    fold: int | None = None  # dates folded into this many days, lags kept


def generate(world: World) -> tuple[pa.Table, pa.Table, dict[str, str]]:
    """Left lines, right lines and the true pairs (left id to right id) of a world."""
    rng = np.random.default_rng(world.seed)
    n = world.lines
    names = _names(world, rng)
    names = [world.opening + name for name in names]
    purposes = rng.choice(np.array(world.purposes), n)
    purposes = [_reference(rng) if p == "#" else str(p) for p in purposes]
    types = rng.choice(np.array(world.types), n, p=_falling(len(world.types)))
    amount = np.exp(rng.normal(9.3, 0.9, n))
    large = rng.random(n) < 0.3
    amount[large] = np.exp(rng.uniform(12, 16.1, large.sum()))
    round_ = rng.random(n) < world.heaps
    amount[round_] = rng.choice([2000, 5000, 6000, 10000], round_.sum())
    again = np.flatnonzero(rng.random(n) < world.repeated)
    like = rng.integers(0, n, len(again))
    amount[again] = amount[like]
    for i, j in zip(again.tolist(), like.tolist(), strict=True):
        names[i] = names[j]
    left_amount = np.maximum(amount.astype(np.int64), 100)
    right_amount = _right_amounts(world, rng, left_amount)
    day = rng.integers(0, world.days, n) % (world.fold or world.days)
    lags = np.array(world.lags) / sum(world.lags)
    lag = rng.choice(len(lags), n, p=lags)
    start = date(2023, 2, 1)
    sides = []
    for side, (amounts, days) in enumerate(((left_amount, day), (right_amount, day + lag))):
        texts = [_memo(world, rng, side, names[i], purposes[i], str(types[i])) for i in range(n)]
        keep = rng.random(n) >= world.removed
        ids = rng.permutation(n)
        sides.append((ids, keep))
        table = pa.table(
            {
                "line_id": [f"{'LR'[side]}{k:06d}" for k in ids],
                "amount_minor": pa.array(amounts, pa.int64()),
                "currency": ["EUR"] * n,
                "day": pa.array([start + timedelta(int(d)) for d in days], pa.date32()),
                "text": texts,
            }
        )
        sides[-1] = (ids, keep, table.filter(keep).take(rng.permutation(int(keep.sum()))))
    (left_ids, left_keep, left), (right_ids, right_keep, right) = sides
    both = np.flatnonzero(left_keep & right_keep)
    return left, right, {f"L{left_ids[i]:06d}": f"R{right_ids[i]:06d}" for i in both}


def score(pairs: pa.Table, truth: dict[str, str]) -> tuple[float, float]:
    """Precision and recall of the pairs with status matched."""
    matched = [r for r in pairs.to_pylist() if r["status"] == "matched"]
    right = sum(truth.get(r["left_id"]) == r["right_id"] for r in matched)
    return right / max(len(matched), 1), right / max(len(truth), 1)


def _falling(n: int) -> np.ndarray:
    share = 1 / np.arange(1, n + 1)
    return share / share.sum()


def _reference(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("0123456789abcdef"), 8))


def _names(world: World, rng: np.random.Generator) -> list[str]:
    """Names as payers write them: initials and words; few surnames and many initials collide."""
    n = world.lines
    surnames = [f"{a}{b}" for a in START for b in END]
    extra = [f"{a}{b}{c}" for a in START for b in ("A", "O", "EL") for c in END]
    pool = np.array((surnames + extra)[: world.surnames])
    surname = rng.choice(pool, n, p=_falling(len(pool)))
    first = rng.choice(np.array(FIRST), n)
    middle = rng.choice(list("ABCDEFGHJKLMNPRSTVW"), (n, 2))
    middles = rng.choice([0, 1, 2], n, p=[0.55, 0.35, 0.1])
    short = rng.random((2, n)) < np.array([[world.initials], [world.initial_surnames]])
    return [
        " ".join(
            [
                first[i][0] if short[0, i] else str(first[i]),
                *(str(m) for m in middle[i, : middles[i]]),
                surname[i][0] if short[1, i] else str(surname[i]),
            ]
        )
        for i in range(n)
    ]


def _memo(
    world: World, rng: np.random.Generator, side: int, name: str, purpose: str, type_: str
) -> str:
    """One side's text: parts dropped at random, then perhaps cut."""
    parts = [name]
    if rng.random() >= world.drop_purpose:
        parts.append(purpose)
    if rng.random() >= world.drop_type:
        parts.append(type_)
    text = " ".join(parts)
    if rng.random() < world.cut_share[side]:
        text = text[: world.cut[side]]
    return text.upper() if world.upper else text


def _right_amounts(world: World, rng: np.random.Generator, left: np.ndarray) -> np.ndarray:
    """The bank's amounts: equal, with an FX difference, with a charge, or with a flat charge."""
    n = len(left)
    right = left * np.exp(rng.normal(0, world.fx, n))
    kind = rng.random(n)
    charge = kind < world.charge
    right[charge] = (left * (1 - rng.uniform(0.002, 0.015, n)))[charge]
    if world.flat:
        flat = (kind >= world.charge) & (kind < world.charge + 0.2)
        right[flat] = np.maximum(left - rng.choice(np.array(world.flat), n), 1)[flat]
    equal = rng.random(n) < world.equal
    right[equal] = left[equal]
    return np.maximum(np.round(right), 1).astype(np.int64)

"""The parts of every line's memo as one Arrow table, with how frequent each part is.

Frequencies come from group counts over both sides, so "J B" is weak evidence and a rare name is
strong, and no line's probability depends on which other lines happened to be sampled.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tieout.matching.lines import Side
from tieout.matching.memo import Memo, Vocabulary, split
from tieout.matching.repeats import repeat_rate

HEAD_CHARACTERS = 32  # a memo's start, for blocking
COMPARED_CHARACTERS = 64  # names longer than this are compared by their start


def text_columns(left: Side, right: Side, known: Vocabulary) -> tuple[pa.Table, pa.Table]:
    """One table a side, in the side's order.

    head: the start of the memo, for blocking; name, cut_name, purpose, type: parts of the
    memo; long_name: the name with an uncertain last word; name_n, cut_n, extended_n: lines of
    both sides with this name, with a name that starts like the cut one, with this name and more
    words; purpose_ppm, type_ppm: share of the lines with such a part whose part agrees, in parts
    per million; repeat_rate, repeat_mean: see repeats.py.
    """
    sides = (left, right)
    memos = [_split_all(side.texts, s, known) for s, side in enumerate(sides)]
    every = [m for side in memos for m in side]
    names = Counter(m.name for m in every if m)
    sorted_names = np.array(sorted(_long(m) for m in every if m) or [""], dtype=np.str_)
    starts = {m.cut_name for m in every if m and m.cut_name}
    cut_n = dict(zip(starts, _starting_with(sorted_names, list(starts)), strict=True))
    extended = _starting_with(sorted_names, [f"{name} " for name in names])
    extended_n = dict(zip(names, extended, strict=True))
    purposes = _shares([m.purpose for m in every if m and m.purpose])
    types = _shares([m.type for m in every if m and m.type])
    tables = []
    for side, side_memos in zip(sides, memos, strict=True):
        rate, mean = repeat_rate(side, [m.name if m else None for m in side_memos])
        there = [m or Memo("") for m in side_memos]
        columns = {
            "head": pa.array(
                [_head(t) if m else None for t, m in zip(side.texts, side_memos, strict=True)],
                pa.string(),
            ),
            "name": pa.array([m.name if m else None for m in side_memos], pa.string()),
            "cut_name": pa.array([m.cut_name for m in there], pa.string()),
            "long_name": pa.array([_long(m) if m else None for m in side_memos], pa.string()),
            "purpose": pa.array([m.purpose for m in there], pa.string()),
            "type": pa.array([m.type for m in there], pa.string()),
            "name_n": _int32([names[m.name] for m in there]),
            "cut_n": _int32([cut_n.get(m.cut_name or "", 0) for m in there]),
            "extended_n": _int32([extended_n.get(m.name, 0) for m in there]),
            "purpose_ppm": _int32([purposes.get(m.purpose or "", 0) for m in there]),
            "type_ppm": _int32([types.get(m.type or "", 0) for m in there]),
            "repeat_rate": rate,
            "repeat_mean": mean,
        }
        tables.append(pa.table(columns))
    return tables[0], tables[1]


def _split_all(texts: list[str], side: int, known: Vocabulary) -> list[Memo | None]:
    """Every line's memo; each distinct text is split once."""
    parts = {text: split(text, side, known) for text in set(texts)}
    return [parts[text] for text in texts]


def _head(text: str) -> str:
    return " ".join(text.casefold().split())[:HEAD_CHARACTERS]


def _long(memo: Memo) -> str:
    return (memo.cut_name or memo.name)[:COMPARED_CHARACTERS]


def _starting_with(sorted_names: npt.NDArray[np.str_], starts: list[str]) -> list[int]:
    """How many of the sorted names start with each of these."""
    if not starts:
        return []
    low = np.searchsorted(sorted_names, np.array([s[:COMPARED_CHARACTERS] for s in starts]))
    high = np.searchsorted(
        sorted_names, np.array([s[:COMPARED_CHARACTERS] + "\U0010ffff" for s in starts])
    )
    counts: list[int] = (high - low).tolist()
    return counts


def _shares(parts: list[str]) -> dict[str, int]:
    """Parts per million of the lines with such a part whose part starts like this one."""
    if not parts:
        return {}
    words = list(set(parts))
    counts = _starting_with(np.array(sorted(parts), dtype=np.str_), words)
    return {w: max(n * 1_000_000 // len(parts), 1) for w, n in zip(words, counts, strict=True)}


def _int32(values: list[int]) -> pa.Array:
    return pa.array(values, pa.int32())

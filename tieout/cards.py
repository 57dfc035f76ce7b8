"""Card numbers never reach storage: what looks like one is cut to its first six and last four."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# 13 to 19 digits that begin like a card of a known network, in one run or in groups of four.
_CANDIDATE = r"\b(?:[3-6]\d{12,18}|[3-6]\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{1,7})\b"
_SHORTEST = 13
# What every candidate holds, wherever its word begins and ends.
_PIECE = r"[3-6]\d{12}|[3-6]\d{3}[ -]\d{4}[ -]\d{4}[ -]\d"
# Made by the platform: one word of 32 or 64 digits and letters, which holds no shorter word.
_HASHES = {"record_id", "source_file_sha256"}
_PATTERN = re.compile(_CANDIDATE)
_DIGIT_SUM = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]  # of the doubled digit


def _is_luhn_valid(digits: str) -> bool:
    total = sum(
        _DIGIT_SUM[int(digit)] if position % 2 else int(digit)
        for position, digit in enumerate(reversed(digits))
    )
    return total % 10 == 0


def _truncate(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    if not _is_luhn_valid(digits):
        return match[0]
    return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"


def truncate_text(text: str) -> str:
    """The text with every full card number truncated to first six and last four digits."""
    return _PATTERN.sub(_truncate, text)


def truncate_cards(data: pa.Table) -> tuple[pa.Table, int]:
    """The table with every text cell truncated, and how many cells held a card number.

    One search of a column's memory tells whether it is worth a search cell by cell, which finds the
    few to look at; only those are looked at in Python.
    """
    found = 0
    for index, field in enumerate(data.schema):
        if field.name in _HASHES or not pa.types.is_string(field.type):
            continue
        column = data.column(index)
        if not any(_may_hold_one(chunk) for chunk in column.chunks):
            continue
        hits = pc.fill_null(pc.match_substring_regex(column, _CANDIDATE), False)
        if not pc.any(hits).as_py():
            continue
        old = column.filter(hits).to_pylist()
        new = [truncate_text(text) for text in old]
        found += sum(a != b for a, b in zip(old, new, strict=True))
        mended = pc.replace_with_mask(column.combine_chunks(), hits.combine_chunks(), pa.array(new))
        data = data.set_column(index, field, mended)
    return data, found


def _may_hold_one(text: pa.StringArray) -> bool:
    """Whether a piece of a card number is in the texts, taken as one text without gaps.

    To search the cells one by one costs many times what the search of their bytes does.
    """
    if (pc.max(pc.binary_length(text)).as_py() or 0) < _SHORTEST:
        return False
    _, offsets, data = text.buffers()
    places = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    ends = pa.py_buffer(places[[0, -1]])
    whole = pa.StringArray.from_buffers(1, ends, data)
    return bool(pc.match_substring_regex(whole, _PIECE)[0].as_py())

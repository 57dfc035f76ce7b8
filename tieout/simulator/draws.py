"""Random numbers that are counted, not consumed.

A number depends on the seed, the name of its stream and an index, and on nothing that was drawn
before. So any part of a simulation can be made alone, in any order and in any number of
processes, and has the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bits: TypeAlias = npt.NDArray[np.uint64]
Ints: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_U = np.uint64

# Thirty-two signs each, five bits a sign. A letter occurs in one case only, so that ids stay
# different when a bank prints them in capitals; digits come last, so that the first sixteen
# signs are letters.
CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
MIXED = "aBcDeFgHjKLmNpQrStUvWxYz23456789"
SMALL = "abcdefghjkmnpqrstuvwxyz023456789"

_INJECTIVE_PAIRS = 7  # seven times ten bits hold all 64 bits: different numbers, different ids


def mix(value: Bits) -> Bits:
    """The finaliser of splitmix64: a bijection of 64-bit numbers that looks random."""
    value = value + _U(0x9E3779B97F4A7C15)
    value = (value ^ (value >> _U(30))) * _U(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> _U(27))) * _U(0x94D049BB133111EB)
    mixed: Bits = value ^ (value >> _U(31))
    return mixed


class Draws:
    """All random numbers of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def bits(self, stream: str, index: Bits) -> Bits:
        """One 64-bit number an index; within a stream, different indexes never collide."""
        digest = hashlib.sha256(f"{self.seed}/{stream}".encode()).digest()
        return mix(mix(index) ^ _U(int.from_bytes(digest[:8], "little")))

    def below(self, stream: str, index: Bits, limit: int) -> Ints:
        """Whole numbers from 0 up to but not including `limit`, which is at most 2**32."""
        scaled = (self.bits(stream, index) >> _U(32)) * _U(limit) >> _U(32)
        return scaled.astype(np.int64)

    def between(self, stream: str, index: Bits, low: int, high: int) -> Ints:
        """Whole numbers from `low` to `high`, both included."""
        return self.below(stream, index, high - low + 1) + low

    def pick(self, stream: str, index: Bits, weights: Sequence[int]) -> Ints:
        """Positions in `weights`, each as often as its weight says."""
        steps = np.cumsum(np.asarray(weights, np.int64))
        drawn = self.below(stream, index, int(steps[-1]))
        return np.searchsorted(steps, drawn, side="right").astype(np.int64)

    def chance(self, stream: str, index: Bits, per_ten_thousand: int) -> Mask:
        """True for about so many of ten thousand."""
        hit: Mask = self.below(stream, index, 10_000) < per_ten_thousand
        return hit

    def order(self, stream: str, index: Bits) -> Ints:
        """A random order of the positions, for choosing an exact number of them by rank."""
        return np.argsort(self.bits(stream, index), kind="stable").astype(np.int64)


def tokens(prefix: str, bits: Bits, alphabet: str = MIXED, width: int = 16) -> pa.StringArray:
    """Ids: the prefix and `width` signs, the first of them a letter.

    A letter in front keeps an id from ever being mistaken for a card number. Built as Arrow
    buffers, because a million Python strings would take longer than everything else.
    """
    if width <= 2 * _INJECTIVE_PAIRS or width % 2:
        raise ValueError(f"an id needs an even number of signs above 14, not {width}")
    signs, head = np.frombuffer(alphabet.encode(), np.uint8), prefix.encode()
    # Two signs at a time, ten bits looked up as one number of sixteen.
    pairs = np.stack([np.tile(signs, 32), np.repeat(signs, 32)], axis=1).view(np.uint16).ravel()
    body = np.empty((len(bits), width // 2), np.uint16)
    more, whole = mix(bits), width // 2 - _INJECTIVE_PAIRS
    for pair in range(whole):
        body[:, pair] = pairs[(more >> _U(10 * pair)) & _U(1023)]
    for pair in range(_INJECTIVE_PAIRS):
        body[:, whole + pair] = pairs[(bits >> _U(10 * pair)) & _U(1023)]
    text = np.empty((len(bits), len(head) + width), np.uint8)
    text[:, : len(head)] = np.frombuffer(head, np.uint8)
    text[:, len(head) :] = body.view(np.uint8)
    text[:, len(head)] = signs[more & _U(15)]
    offsets = np.arange(len(bits) + 1, dtype=np.int32) * np.int32(text.shape[1])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.StringArray.from_buffers(len(bits), buffers[1], buffers[2])


def token(prefix: str, bits: int, alphabet: str = MIXED, width: int = 16) -> str:
    """One id, for what there are few of."""
    return str(tokens(prefix, np.array([bits], np.uint64), alphabet, width)[0].as_py())

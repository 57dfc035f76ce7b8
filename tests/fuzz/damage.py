"""What happens to files on their way, by chance that a seed decides."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

BYTES_MAX = 1 << 20
_TOKENS = (
    b'"', b",", b";", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"-", b"\xe2\x82",
    b"9" * 18, b"9" * 40, b"0", b".", b"1e5", b"4111111111111111", b"\xc2\xa0", b"<", b"&#0;", b"{",
    b"\\u0000", b"2026-02-30", b"99999999", b"/", b":61:", b"XXX",
)  # fmt: skip


def damaged(seed: str, originals: tuple[bytes, ...]) -> bytes:
    """One file, damaged by chance that is the same for the same seed."""
    chance = random.Random(seed)
    data = chance.choice(originals)
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_DAMAGES)(chance, data)
    return data if len(data) < BYTES_MAX else data[:BYTES_MAX]


def _truncate(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randint(0, len(data))]


def _cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + data[at + chance.randint(1, 60) :]


def _flip(chance: random.Random, data: bytes) -> bytes:
    body = bytearray(data)
    for _ in range(chance.randint(1, 8) if body else 0):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return bytes(body)


def _token(chance: random.Random, data: bytes) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(_TOKENS) + data[at + chance.randint(0, 3) :]


def _lines(chance: random.Random, data: bytes) -> bytes:
    """A line is lost, repeated, or changes places with another."""
    lines = data.splitlines(keepends=True) or [b""]
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(3)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines[one:one] = [lines[other]] * chance.randint(1, 3)
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _columns(chance: random.Random, data: bytes) -> bytes:
    """Two columns change places, or one is lost, in all lines or from one on."""
    mark = max((b",", b";", b"\t", b"|"), key=data.count)
    lines = data.split(b"\n")
    width = max(line.count(mark) for line in lines) + 1
    one, other = chance.randrange(width), chance.randrange(width)
    is_lost = chance.random() < 0.3
    for place in range(chance.choice((0, chance.randrange(len(lines)))), len(lines)):
        cells = lines[place].split(mark)
        if len(cells) > max(one, other):
            cells[one], cells[other] = cells[other], cells[one]
            if is_lost:
                del cells[one]
            lines[place] = mark.join(cells)
    return b"\n".join(lines)


def _encoding(chance: random.Random, data: bytes) -> bytes:
    target = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252", "utf-7"))
    return data.decode("utf-8", errors="replace").encode(target, errors="replace")


def _marks(chance: random.Random, data: bytes) -> bytes:
    """Decimal points become commas or the other way round, here and there."""
    old, new = chance.choice(((rb"\.", b","), (rb",", b"."), (rb"\.", b"'")))
    share = chance.choice((0.1, 1.0))
    pattern = rb"(?<=[0-9])" + old + rb"(?=[0-9])"
    return re.sub(pattern, lambda found: new if chance.random() < share else found[0], data)


def _newlines(chance: random.Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", chance.choice((b"\r", b"\r\n", b"\n\n")))


def _numbers(chance: random.Random, data: bytes) -> bytes:
    """A number becomes a huge one, another one, none, or one with a sign or decimals."""
    numbers = list(re.finditer(rb"[0-9]+", data))
    if not numbers:
        return data
    found = chance.choice(numbers)
    digits = chance.choice(
        (b"9" * chance.randint(1, 25), b"0", b"", b"-1", b"1.005", b"00", b"1E+22")
    )
    return data[: found.start()] + digits + data[found.end() :]


def _twice(chance: random.Random, data: bytes) -> bytes:
    """A piece of the file comes again elsewhere, or all of it many times."""
    if chance.random() < 0.1:
        return data * chance.randint(2, 20)
    start = chance.randint(0, len(data))
    piece, at = data[start : start + chance.randint(1, 500)], chance.randint(0, len(data))
    return data[:at] + piece + data[at:]


_DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _truncate, _cut, _flip, _token, _lines, _columns, _encoding, _marks, _newlines, _numbers,
    _twice,
)  # fmt: skip

"""Splitting the bytes of a text file into records, without parsing them.

The splitting decides how many records a file has, and every byte of the file belongs to exactly
one of them; the parsers downstream are held against that count. It works on whole blocks with
NumPy, and the outcome does not depend on where the blocks happen to be cut.

A line break inside quotes does not end a record. A quote that is never closed must not swallow
the rest of the file, so a record of several lines is believed only if it has the right number of
fields and its quotes stand where quotes may stand. Otherwise its first line alone is faulty and
splitting resumes on the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tieout.formats.base import UnreadableFile

# No settlement record comes near this; it bounds how far an open quote is followed and how much
# of a block is carried into the next one.
RECORD_BYTES_MAX = 1 << 20

Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

_LF, _CR, _QUOTE, _NUL = 10, 13, 34, 0
_FINE, _NUL_BYTE, _BARE_CR, _BAD_QUOTE, _OPEN_QUOTE, _WRONG_WIDTH = range(6)
_REASONS = {
    _NUL_BYTE: "the line holds a NUL byte",
    _BARE_CR: "the line holds a line break of another kind than the rest of the file",
    _BAD_QUOTE: "the line has a quote in the middle of a field",
    _OPEN_QUOTE: "the line has a quote that is never closed",
}


class Dialect(NamedTuple):
    """How records are written: byte values, and the number of fields of a good record.

    Without a delimiter every line is a record of one field, and quotes mean nothing.
    """

    delimiter: int | None
    newline: int
    width: int


@dataclass(frozen=True)
class Split:
    """The records of one block, as offsets into `data`; they follow each other without gaps."""

    data: bytes
    line: Ints
    """The first physical line of each record, from 1 for the first of the file."""
    start: Ints
    end: Ints
    """Where the record's text ends; `next_start` is after the line break that follows."""
    next_start: Ints
    width: Ints
    fault: npt.NDArray[np.int8]
    is_multiline: bool
    dialect: Dialect

    @property
    def blank(self) -> Flags:
        """Records without a single character."""
        return np.equal(self.start, self.end)

    @property
    def good(self) -> Flags:
        """Records that a parser can be given."""
        return np.equal(self.fault, _FINE) & ~self.blank

    def text(self, chosen: Flags | Ints) -> list[str]:
        """The original text of the chosen records; NUL is shown as ␀, which databases can hold."""
        places = zip(self.start[chosen], self.end[chosen], strict=True)
        return [self.data[a:b].decode().replace("\0", "␀") for a, b in places]

    def originals(self, records: Ints) -> Callable[[Flags], list[str]]:
        """How the original text is found of those that are chosen among these records."""
        return lambda chosen: self.text(records[chosen])

    def faults(self) -> Iterator[tuple[int, str, str]]:
        """Line, text and reason of each record that cannot be parsed."""
        chosen = (self.fault != _FINE) & ~self.blank
        rows = zip(self.line[chosen], self.fault[chosen], self.width[chosen], strict=True)
        for (line, fault, width), text in zip(rows, self.text(chosen), strict=True):
            wrong_width = f"expected {self.dialect.width} fields, found {width}"
            yield int(line), text, _REASONS.get(int(fault), wrong_width)


def split(blocks: Iterator[bytes], dialect: Dialect, first_line: int = 1) -> Iterator[Split]:
    """All records of the text, block by block; a text without any is one block of none."""
    rest, line, is_empty = b"", first_line, True
    for block in blocks:
        rest += block
        part, lines = _split_block(rest, dialect, line, is_last=False)
        line += lines
        rest = rest[len(part.data) :]
        if len(part.line):
            is_empty = False
            yield part
    if rest or is_empty:
        part, _ = _split_block(rest, dialect, line, is_last=True)
        yield part


def _split_block(data: bytes, dialect: Dialect, line: int, *, is_last: bool) -> tuple[Split, int]:
    """The records that are complete in the data, and how many physical lines they take."""
    lines = _Lines.of(data, dialect, is_last=is_last)
    _check_length(np.append(lines.stop - lines.start, len(data) - lines.stop[-1:].sum()), line)
    pairs, alone, cut = _follow_quotes(lines, dialect.width, len(data), is_last=is_last)
    first, last = pairs.T
    # A line is the first of its record unless a record that began earlier reaches over it.
    reach = np.zeros(cut + 1, dtype=np.int64)
    reach[first + 1] += 1
    reach[last + 1] -= 1
    begin = np.flatnonzero(np.cumsum(reach[:cut]) == 0)
    final = np.append(begin[1:], cut)[: len(begin)] - 1

    fault, width = lines.fault_outside[begin], lines.width(begin, final)
    fault[(fault == _FINE) & np.isin(begin, alone)] = _OPEN_QUOTE
    fault[(fault == _FINE) & (width != dialect.width)] = _WRONG_WIDTH
    consumed = int(lines.stop[cut - 1]) if cut else 0
    part = Split(
        data[:consumed],
        begin + line,
        lines.start[begin],
        lines.end[final],
        lines.stop[final],
        width,
        fault,
        bool(len(pairs)) or lines.has_bare_breaks,
        dialect,
    )
    return part, cut


def _check_length(lengths: Ints, line: int) -> None:
    if lengths.max() > RECORD_BYTES_MAX:
        raise UnreadableFile(
            f"line {line + int((lengths > RECORD_BYTES_MAX).argmax())} is longer than "
            f"{RECORD_BYTES_MAX:,} bytes: this is no delimited text"
        )


def _follow_quotes(
    lines: _Lines, width: int, available: int, *, is_last: bool
) -> tuple[Ints, Ints, int]:
    """Which lines belong together, which leave a quote open, and how many lines are settled.

    Only lines with an odd number of quotes can begin or end a record of several lines. Each is
    tried with the next such line; running sums make one trial cheap, so the work is linear.
    """
    odd = np.flatnonzero(lines.quotes & 1)
    if not len(odd):
        return np.empty((0, 2), dtype=np.int64), odd, len(lines.stop)
    first, last = odd[:-1], odd[1:]
    fits = (
        (lines.width(first, last) == width)
        & lines.is_fine(first, last)
        & (lines.stop[last] - lines.start[first] <= RECORD_BYTES_MAX)
    )
    trials, position = fits.tolist(), 0
    pairs, alone = [], []
    while position < len(trials):
        if trials[position]:
            pairs.append((odd[position], odd[position + 1]))
            position += 2
        else:
            alone.append(odd[position])
            position += 1
    cut = len(lines.stop)
    if position < len(odd):
        open_line = int(odd[position])
        may_close = available - int(lines.start[open_line]) <= RECORD_BYTES_MAX
        if not is_last and may_close and lines.fault_outside[open_line] == _FINE:
            cut = open_line
        else:
            alone.append(open_line)
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(alone, dtype=np.int64), cut


@dataclass(frozen=True)
class _Lines:
    """What is known of each physical line, both if it begins outside quotes and if inside."""

    start: Ints
    end: Ints
    stop: Ints
    quotes: Ints
    outside: Ints
    """Delimiters outside quotes, if the line begins outside quotes."""
    fault_outside: npt.NDArray[np.int8]
    inside_sum: Ints
    """Running sum of the delimiters outside quotes, if the line begins inside quotes."""
    fault_inside_sum: Ints
    has_bare_breaks: bool

    @classmethod
    def of(cls, data: bytes, dialect: Dialect, *, is_last: bool) -> _Lines:
        body = np.frombuffer(data, dtype=np.uint8)
        stop = np.flatnonzero(body == dialect.newline) + 1
        if is_last and len(body) and (not len(stop) or stop[-1] != len(body)):
            stop = np.append(stop, len(body))
        start = np.append(0, stop)[:-1]
        body = body[: stop[-1] if len(stop) else 0]
        end = stop - (body[stop - 1] == dialect.newline)
        end -= (end > start) & (body[end - 1] == _CR)

        quotes = _Quotes(data, body, start, end, stop, dialect.delimiter)
        outside, inside = quotes.split_all(dialect.delimiter)
        breaks = _find(data, body, _CR if dialect.newline == _LF else _LF)
        breaks = breaks[breaks < end[np.searchsorted(stop, breaks, side="right")]]
        bare_outside, bare_inside = quotes.split(breaks)
        nul = np.add(*quotes.split(_find(data, body, _NUL)))
        bad_outside, bad_inside = quotes.misplaced()
        fault = np.full(len(start), _FINE, dtype=np.int8)
        fault[bare_outside > 0] = _BARE_CR
        fault[bad_outside > 0] = _BAD_QUOTE
        fault[nul > 0] = _NUL_BYTE
        return cls(
            start=start,
            end=end,
            stop=stop,
            quotes=quotes.count,
            outside=outside,
            fault_outside=fault,
            inside_sum=_running(inside),
            fault_inside_sum=_running(nul + bad_inside + bare_inside),
            has_bare_breaks=len(breaks) > 0,
        )

    def width(self, first: Ints, last: Ints) -> Ints:
        """The number of fields of a record from its first to its last line."""
        following: Ints = self.inside_sum[last + 1] - self.inside_sum[first + 1]
        return self.outside[first] + following + 1

    def is_fine(self, first: Ints, last: Ints) -> Flags:
        """Whether nothing is wrong with a record from its first to its last line."""
        following = self.fault_inside_sum[last + 1] - self.fault_inside_sum[first + 1]
        fine: Flags = (self.fault_outside[first] == _FINE) & (following == 0)
        return fine


class _Quotes:
    """The quotes of the lines, by which a place in a line is outside or inside of them."""

    def __init__(
        self,
        data: bytes,
        body: npt.NDArray[np.uint8],
        start: Ints,
        end: Ints,
        stop: Ints,
        delimiter: int | None,
    ) -> None:
        self.data, self.body, self.delimiter = data, body, delimiter
        self.start, self.end = start, end
        self.bounds = np.append(start, stop[-1:])
        self.places = _find(data, body, _QUOTE if delimiter is not None else None)
        first = np.searchsorted(self.places, self.bounds)
        self.first, self.count = first[:-1], np.diff(first)
        if len(self.places):
            # Whether an odd number of quotes has gone by, at each byte of the block.
            self.is_odd = np.bitwise_xor.accumulate(np.equal(body, _QUOTE))

    def split(self, places: Ints) -> tuple[Ints, Ints]:
        """How many of the places in each line follow an even and an odd number of quotes in it.

        The places are of characters other than quotes.
        """
        if not len(places):
            return self._none(), self._none()
        first = np.searchsorted(places, self.bounds)
        total = np.diff(first)
        if not len(self.places):
            return total, self._none()
        odd = _running(self.is_odd[places] ^ np.repeat(self.first & 1, total))
        inside = odd[first[1:]] - odd[first[:-1]]
        return total - inside, inside

    def split_all(self, value: int | None) -> tuple[Ints, Ints]:
        """The same of all places of a byte, which are only counted where there are no quotes."""
        if value is None or len(self.places):
            return self.split(_find(self.data, self.body, value))
        before = _counted(np.equal(self.body, value), self.bounds)
        return np.diff(before), self._none()

    def misplaced(self) -> tuple[Ints, Ints]:
        """How many quotes of each line stand in the middle of a field.

        The first result is for lines that begin outside quotes, the second for inside. An opening
        quote belongs after a delimiter, a closing one before a delimiter; two together are one
        quote of the text.
        """
        if not len(self.places):
            return self._none(), self._none()
        line = np.repeat(np.arange(len(self.start)), self.count)
        allowed = [_QUOTE if self.delimiter is None else self.delimiter, _QUOTE]
        opens = (self.places == self.start[line]) | np.isin(self.body[self.places - 1], allowed)
        after = np.minimum(self.places + 1, len(self.body) - 1)
        closes = (self.places + 1 >= self.end[line]) | np.isin(self.body[after], allowed)
        is_first = ((np.arange(len(line)) - self.first[line]) & 1) == 0
        wrong_outside = ~np.where(is_first, opens, closes)
        wrong_inside = ~np.where(is_first, closes, opens)
        lines = len(self.start)
        return (
            np.bincount(line[wrong_outside], minlength=lines),
            np.bincount(line[wrong_inside], minlength=lines),
        )

    def _none(self) -> Ints:
        """Nothing in any of the lines."""
        return np.zeros(len(self.start), dtype=np.int64)


def _find(data: bytes, body: npt.NDArray[np.uint8], value: int | None) -> Ints:
    """Where a byte stands in the body, which is the data or its beginning."""
    # Looking whether there is any is many times faster than looking where.
    if value is None or data.find(value) < 0:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(body == value)


def _counted(flags: Flags, bounds: Ints) -> Ints:
    """How many of the flags are set before each bound.

    They are counted in words of 64, which takes a third of the time of listing where they are.
    """
    packed = np.packbits(flags, bitorder="little")
    words = np.zeros(len(flags) // 64 + 1, dtype="<u8")
    words.view(np.uint8)[: len(packed)] = packed
    counts = np.bitwise_count(words)
    before_word = np.cumsum(counts, dtype=np.int64) - counts
    word, bit = bounds >> 6, (bounds & 63).astype(np.uint64)
    in_word = words[word] & ((np.uint64(1) << bit) - np.uint64(1))
    before: Ints = before_word[word] + np.bitwise_count(in_word)
    return before


def _running(counts: Ints | Flags) -> Ints:
    """Sums of the counts before each index, and of all of them at the end."""
    return np.append(0, np.cumsum(counts))

"""Whether the balances that a report states after each of its lines follow from the lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.base import ControlTotal, Finding
from tieout.formats.lines import Ints
from tieout.money import format_minor


@dataclass
class _Breaks:
    """Places where a balance does not follow from its neighbour."""

    count: int = 0
    first: tuple[int, int, int] | None = None
    """Line, the balance that should stand there, and the one that does."""

    def add(self, lines: Ints, expected: Ints, found: Ints) -> None:
        places = np.flatnonzero(expected != found)
        self.count += len(places)
        if len(places) and self.first is None:
            place = places[0]
            self.first = int(lines[place]), int(expected[place]), int(found[place])


@dataclass
class _Chain:
    """The lines of one currency in the order of the file: oldest first, or newest first."""

    first: tuple[int, int]
    """Net and balance."""
    last: tuple[int, int]
    last_line: int = 0
    net: int = 0
    rising: _Breaks = field(default_factory=_Breaks)
    falling: _Breaks = field(default_factory=_Breaks)

    def add(self, lines: Ints, net: Ints, balance: Ints, *, is_first: bool) -> None:
        self.net += int(net.astype(object).sum())
        if not is_first:
            lines = np.append(self.last_line, lines)
            net, balance = np.append(self.last[0], net), np.append(self.last[1], balance)
        self.rising.add(lines[1:], balance[:-1] + net[1:], balance[1:])
        self.falling.add(lines[1:], balance[:-1] - net[:-1], balance[1:])
        self.last, self.last_line = (int(net[-1]), int(balance[-1])), int(lines[-1])


class Chains:
    """The balances of each currency of a file, block by block."""

    def __init__(self) -> None:
        self._chains: dict[str, _Chain] = {}
        self._without = 0

    def add(self, rows: pa.Table, balance: str) -> None:
        """Take the lines of a block; `balance` is the column of the balances after them."""
        self._without += rows[balance].null_count
        rows = rows.filter(pc.is_valid(rows[balance]))
        for currency in pc.unique(rows["currency"]).to_pylist():
            some = rows.filter(pc.equal(rows["currency"], currency))
            lines, net, stated = (
                some[name].to_numpy() for name in ("source_line", "net_minor", balance)
            )
            is_first = currency not in self._chains
            if is_first:
                ends = int(net[0]), int(stated[0])
                self._chains[currency] = _Chain(ends, ends)
            self._chains[currency].add(lines, net, stated, is_first=is_first)

    def parts(self) -> Iterator[ControlTotal | Finding]:
        """The last balance against the first and the lines, and where the chain first breaks."""
        # One line alone, or two, chain either way: the file as a whole says which is right.
        is_falling = (
            sum(chain.falling.count - chain.rising.count for chain in self._chains.values()) < 0
        )
        for currency, chain in self._chains.items():
            oldest, newest = (chain.last, chain.first) if is_falling else (chain.first, chain.last)
            opening = oldest[1] - oldest[0]
            yield ControlTotal(
                "balance", f"balance in {currency}", currency, newest[1], opening + chain.net
            )
            breaks = chain.falling if is_falling else chain.rising
            if breaks.first:
                line, expected, found = breaks.first
                yield Finding(
                    "balance_does_not_chain",
                    f"the balance is {format_minor(found, currency)} where the lines come to "
                    f"{format_minor(expected, currency)}; there are {breaks.count} such places in "
                    f"{currency}",
                    line,
                )
        if self._without and self._chains:
            message = f"{self._without} lines state no balance; they are not in the chain"
            yield Finding("lines_without_balance", message)

"""A file on its way to the company, and a processor's report with the lines that are in it."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.simulator.payouts import Payout
from tieout.simulator.settlement import Lines


@dataclass(frozen=True)
class File:
    """One file below the inbox: its content, how many records it has, and when it is delivered."""

    name: str
    content: bytes
    rows: int
    delivered_at: int  # seconds since 1970


@dataclass(frozen=True)
class Report:
    """What a processor reports in one file: its lines in order, and their payouts."""

    name: str
    lines: Lines
    payouts: tuple[Payout, ...]
    delivered_at: int

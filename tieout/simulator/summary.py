"""What was written, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tieout.simulator.amounts import volume
from tieout.simulator.months import Month
from tieout.simulator.payments import AUTHORISED, INVALID, Attempts
from tieout.simulator.phases import Size, phase_of
from tieout.simulator.rates import Rates


@dataclass(frozen=True)
class MonthSummary:
    """What a month was made to be; amounts are minor units of the US dollar."""

    month: str
    phase: int
    volume_usd_minor: int
    cost_minor: int
    attempts: int
    valid: int
    authorised: int
    captured: int
    represents: str  # how many payments of the real month each one stands for


@dataclass(frozen=True)
class Summary:
    """What was written."""

    months: tuple[MonthSummary, ...]
    files: int
    rows: dict[str, int]
    errors: dict[str, int]


def summary_of(month: Month, size: Size, rates: Rates, attempts: Attempts) -> MonthSummary:
    """The summary of a month, counted from the attempts that the company recorded.

    An attempt whose status it has wrong is counted as its records have it: not captured.
    """
    recorded = attempts.take(np.flatnonzero(attempts.is_recorded))
    return MonthSummary(
        month=str(month),
        phase=phase_of(month).number,
        volume_usd_minor=volume(rates, attempts),
        cost_minor=size.cost_minor,
        attempts=len(recorded),
        valid=int((recorded.status != INVALID).sum()),
        authorised=int((recorded.status >= AUTHORISED).sum()),
        captured=int(recorded.is_seen_captured.sum()),
        represents=str(size.represents),
    )

"""Decoys that are more than a line: twins among the payments, and files that are sent again.

A decoy looks like an error and is none. The truth names it as a case that must be matched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from pathlib import PurePosixPath

import numpy as np

from tieout.simulator import adyen, stripe
from tieout.simulator.draws import Draws
from tieout.simulator.errors import NO_ERROR
from tieout.simulator.payouts import Payout
from tieout.simulator.phases import ADYEN


def report_of(payout: Payout) -> str:
    """The name of the report that a payout is in."""
    if payout.processor == ADYEN:
        return adyen.file_name(payout.batch)
    return stripe.file_name(payout.day)


def sent_again(draws: Draws, made: Sequence[Payout], share: Fraction) -> list[Payout]:
    """The reports of a month that are delivered twice, a payout of each to tell it by.

    The payout has no error of its own, so that whatever breaks it is the second delivery. A report
    in which every payout has an error is not sent again.
    """
    of_report: dict[str, list[Payout]] = defaultdict(list)
    for payout in made:
        if payout.fate == NO_ERROR:
            of_report[report_of(payout)].append(payout)
    witnesses = [payouts[0] for _, payouts in sorted(of_report.items())]
    keys = np.array([payout.key for payout in witnesses], np.uint64)
    chosen = draws.order("redelivered", keys)[: ceil(share * len(witnesses))]
    return [witnesses[place] for place in sorted(chosen.tolist())]


def second_name(report: str) -> str:
    """What a report is called when it is delivered for the second time."""
    path = PurePosixPath(report)
    return str(path.with_name(f"{path.stem}_again{path.suffix}"))

"""How processors' reports are delivered: as they should be, twice, cut off, or first wrongly.

A report that is delivered twice or restated is a decoy: it must be matched. One that is cut off
loses the line it is cut in and all that come after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath

import numpy as np

from tieout.simulator import adyen, stripe
from tieout.simulator.draws import Draws
from tieout.simulator.errors import ErrorRates, Fate, Share, deal, kinds_of, rates_of
from tieout.simulator.events import CAPTURE
from tieout.simulator.payouts import Payout
from tieout.simulator.phases import ADYEN
from tieout.simulator.reports import File, Report
from tieout.simulator.schedule import DAY
from tieout.simulator.settlement import FEE, PAYOUT, Lines

_RESTATED_AFTER = 3 * DAY
_FEWEST_LINES = 10  # of a report that is cut off


@dataclass(frozen=True)
class Delivery:
    """One report, what befell it, and the files it came in; `witness` is a payout without a fate.

    `line` is the position of the line that the file is cut in, or that was first stated wrongly.
    """

    report: Report
    fate: int
    witness: Payout | None
    line: int
    files: tuple[File, ...]

    @property
    def restated(self) -> list[tuple[str, str]]:
        """The name of the report and of the file that counts, where that is another one."""
        is_restated = self.fate == Fate.REPORT_RESTATED
        return [(self.report.name, self.files[-1].name)] if is_restated else []


def deliver(
    draws: Draws, reports: Sequence[Report], rates: ErrorRates, last_eligible: date
) -> Iterator[Delivery]:
    """The deliveries of a month's reports."""
    witnesses = [_witness(report, last_eligible) for report in reports]
    plain = [_plain_line(r, w) for r, w in zip(reports, witnesses, strict=True)]
    last = [_last_line(report) for report in reports]
    index = np.array([report.payouts[0].key for report in reports], np.uint64)
    seen = np.array([witness is not None for witness in witnesses], np.bool_)
    fates = deal(
        draws,
        "delivery",
        index,
        rates_of(rates, kinds_of(Share.REPORTS)),
        seen,
        {
            Fate.FILE_TRUNCATED: seen & (np.array(last, np.int64) >= 0),
            Fate.REPORT_RESTATED: seen & (np.array(plain, np.int64) >= 0),
        },
    )
    for place, (report, fate) in enumerate(zip(reports, fates.tolist(), strict=True)):
        line = last[place] if fate == Fate.FILE_TRUNCATED else plain[place]
        files = tuple(_files(draws, report, fate, line))
        yield Delivery(report, fate, witnesses[place], line, files)


def _witness(report: Report, last_eligible: date) -> Payout | None:
    """A payout that has no error of its own, so that whatever breaks it is the delivery.

    None where another payout is booked with it, or where it could still be in transit.
    """
    if any(payout.day > last_eligible for payout in report.payouts):
        return None
    booked_with = {p.booked_with for p in report.payouts if p.booked_with != p.key}
    alone = (
        payout
        for payout in report.payouts
        if payout.fate == Fate.NONE and payout.booked_with == payout.key
        if payout.key not in booked_with
    )
    return next(alone, None)


def _plain_line(report: Report, witness: Payout | None) -> int:
    """A capture of the witness that nothing befell, or -1.

    -1 also where the report has a wrong total: it would be wrong in both files.
    """
    if witness is None or any(p.fate == Fate.PAYOUT_TOTAL_WRONG for p in report.payouts):
        return -1
    some = report.lines
    plain = (some.kind == CAPTURE) & (some.fate == Fate.NONE) & (some.charged == some.currency)
    found = np.flatnonzero(plain & (some.payout_key == witness.key))
    return int(found[0]) if len(found) else -1


def _last_line(report: Report) -> int:
    """The last line of a payment in an Adyen report, or -1 where it cannot be told what is lost."""
    some = report.lines
    last = int(np.flatnonzero(some.kind < FEE).max(initial=-1))
    can_be_told = (
        last >= _FEWEST_LINES
        and some.processor[last] == ADYEN
        and some.kind[last] == CAPTURE
        and some.fate[last] == Fate.NONE
        and report.payouts[0].fate == Fate.NONE
    )
    return last if can_be_told else -1


def _files(draws: Draws, report: Report, fate: int, line: int) -> Iterator[File]:
    content = _content(draws, report)
    rows = len(report.lines)
    whole = File(report.name, content, rows, report.delivered_at)
    if fate == Fate.FILE_TRUNCATED:
        yield replace(whole, content=_cut(content, line), rows=line + 1)
    elif fate == Fate.REPORT_RESTATED:
        first = replace(report, lines=_misstated(report.lines, line))
        yield replace(whole, content=_content(draws, first))
        later = report.delivered_at + _RESTATED_AFTER
        yield replace(whole, name=_second_name(report.name, "restated"), delivered_at=later)
    else:
        yield whole
        if fate == Fate.FILE_REDELIVERED:
            later = report.delivered_at + DAY
            yield replace(whole, name=_second_name(report.name, "again"), delivered_at=later)


def _content(draws: Draws, report: Report) -> bytes:
    of_adyen = report.payouts[0].processor == ADYEN
    return adyen.content(draws, report) if of_adyen else stripe.content(draws, report)


def _cut(content: bytes, line: int) -> bytes:
    """All up to the middle of a line; the header is not counted."""
    lines = content.split(b"\n")
    kept, cut = lines[: line + 1], lines[line + 1]
    return b"\n".join([*kept, cut[: len(cut) // 2]])


def _misstated(lines: Lines, line: int) -> Lines:
    """The lines with one amount too high, and the payout higher by as much."""
    paid = (lines.kind == PAYOUT) & (lines.payout_key == lines.payout_key[line])
    more = lines.gross[line] // 10 + 1
    change = np.where(paid, -more, 0)
    change[line] = more
    return replace(
        lines, gross=lines.gross + change, seen=lines.seen + change, value=lines.value + change
    )


def _second_name(report: str, how: str) -> str:
    """What a report is called when it comes for the second time."""
    path = PurePosixPath(report)
    return str(path.with_name(f"{path.stem}_{how}{path.suffix}"))

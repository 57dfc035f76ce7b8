"""What happens to the payments of a month: captures, refunds, chargebacks and their reversals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tieout.simulator.draws import Bits, Draws, Ints, Mask
from tieout.simulator.errors import Fate
from tieout.simulator.incidents import Incident, disputes_times
from tieout.simulator.months import Month
from tieout.simulator.payments import (
    CAPTURED,
    Attempts,
)
from tieout.simulator.schedule import DAY, TAIL_DAYS, seconds

EVENT_TYPES = ("capture", "refund", "chargeback", "chargeback_reversal", "refund_reversal")
CAPTURE, REFUND, CHARGEBACK, REVERSAL, RETURNED_REFUND = KINDS = range(len(EVENT_TYPES))

_REFUNDS = 220  # of ten thousand captured payments
_RETURNED = 150  # of ten thousand refunds
_DISPUTES = 12


@dataclass(frozen=True)
class Events:
    """Events of one kind or several: what happened, to which attempt, how much, and when.

    `index` is the attempt's own, so an event is named by its kind and that index.
    """

    kind: Ints
    row: Ints  # the position in the month's attempts
    index: Bits
    amount: Ints  # positive, in the currency of the attempt
    at: Ints

    def where(self, chosen: Mask) -> Events:
        """The chosen ones of the events."""
        return Events(
            self.kind[chosen],
            self.row[chosen],
            self.index[chosen],
            self.amount[chosen],
            self.at[chosen],
        )


def events(
    draws: Draws, month: Month, attempts: Attempts, fate: Ints, incidents: Sequence[Incident]
) -> Events:
    """Everything that happens to a month's captured payments, until shortly after its end.

    Of the fates two are seen here: that of a payment which is refunded before it is settled, and
    that of one whose refund comes back.
    """
    captured = np.flatnonzero(attempts.status == CAPTURED)
    index, at = attempts.index[captured], attempts.captured_at[captured]
    amount = attempts.captured[captured]
    end = seconds(month.last_day) + (TAIL_DAYS + 1) * DAY

    refunded_at = at + draws.between("refund.delay", index, DAY // 8, 12 * DAY)
    must_return = fate[captured] == Fate.REFUND_RETURNED
    is_early = (fate[captured] == Fate.REFUND_BEFORE_SETTLEMENT) | must_return
    soon = at + draws.between("refund.early", index, 3600, DAY // 3)
    refunded_at = np.where(is_early, soon, refunded_at)
    is_refunded = (draws.chance("refund", index, _REFUNDS) & (refunded_at < end)) | is_early
    returned_at = refunded_at + draws.between("refund.return.delay", index, 2 * DAY, 5 * DAY)
    may_return = draws.chance("refund.return", index, _RETURNED) & (returned_at < end)
    is_returned = is_refunded & (may_return | must_return)
    in_full = draws.chance("refund.full", index, 7000)
    part = amount * draws.between("refund.percent", index, 10, 80) // 100

    disputed_at = at + draws.between("dispute.delay", index, 2 * DAY, 16 * DAY)
    rate = _DISPUTES * disputes_times(incidents, month)
    is_disputed = draws.chance("dispute", index, rate) & (disputed_at < end) & ~is_refunded
    reversed_at = disputed_at + draws.between("reversal.delay", index, 2 * DAY, 9 * DAY)
    is_reversed = is_disputed & draws.chance("reversal", index, 4000) & (reversed_at < end)

    everyone = np.ones(len(captured), np.bool_)
    refund = np.where(in_full, amount, np.maximum(part, 1))
    parts = [
        (CAPTURE, everyone, amount, at),
        (REFUND, is_refunded, refund, refunded_at),
        (CHARGEBACK, is_disputed, amount, disputed_at),
        (REVERSAL, is_reversed, amount, reversed_at),
        (RETURNED_REFUND, is_returned, refund, returned_at),
    ]
    return Events(
        kind=np.concatenate([np.full(int(chosen.sum()), kind) for kind, chosen, _, _ in parts]),
        row=np.concatenate([captured[chosen] for _, chosen, _, _ in parts]),
        index=np.concatenate([index[chosen] for _, chosen, _, _ in parts]),
        amount=np.concatenate([minor[chosen] for _, chosen, minor, _ in parts]),
        at=np.concatenate([moment[chosen] for _, chosen, _, moment in parts]),
    )

"""Which payment gets which fate, and what a fate changes before anything else is made of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from tieout.simulator.draws import Draws, Ints
from tieout.simulator.errors import ErrorRates, Fate, Share, deal, kinds_of, rates_of
from tieout.simulator.months import Month
from tieout.simulator.payments import CAPTURED, Attempts
from tieout.simulator.phases import ADYEN, SETTLED_IN
from tieout.simulator.schedule import DAY, QUIET_DAYS, central_european_offset, seconds

# A settlement line that is missing for more than seven days is late, for more than ten missing:
# the deadlines of the platform's policy.
_LATE_DAYS = (7, 10)
VERY_LATE_DAYS = 20
REPEATED_AFTER_DAYS = 16  # longer than any processor's report covers
_SETTLES_WITHIN = 8
_OCTOBER = 10
_CALM = 12  # days in which a refund can be paid and come back
_DEALT_APART = (Fate.PAYMENT_UNRECORDED, Fate.SAME_AMOUNT_TWINS)


def plant(
    draws: Draws, month: Month, attempts: Attempts, rates: ErrorRates, window_end: date
) -> Ints:
    """The fate of each attempt. Errors are chosen by rank: exact in number, never two on one.

    None is planted in the last days of the window, where a missing record could just be late.
    """
    end, at = seconds(window_end) + DAY, attempts.captured_at
    captured = (attempts.status == CAPTURED) & attempts.is_recorded & ~attempts.is_twin
    usually = captured & (at < end - (QUIET_DAYS + 1) * DAY)
    converted = SETTLED_IN[attempts.currency] != attempts.currency
    in_month = usually & (at < seconds(month.last_day) - _CALM * DAY)
    alone = in_month & (attempts.attempt_no == 1) & (at >= seconds(month.first_day) + 2 * DAY)
    after, until = _LATE_DAYS
    late = captured & (at >= end - (until + 1) * DAY) & (at < end - (after + 1) * DAY)
    especially = {
        Fate.SETTLEMENT_LINE_LATE: late,
        # Those of a month's end would be booked after the one month of files that follows it.
        Fate.SETTLEMENT_LINE_REPEATED: in_month
        & (at < end - (REPEATED_AFTER_DAYS + _SETTLES_WITHIN) * DAY),
        Fate.SETTLEMENT_VERY_LATE: in_month & (at < end - (VERY_LATE_DAYS + _SETTLES_WITHIN) * DAY),
        Fate.SETTLEMENT_FX_WRONG: usually & converted & (attempts.processor == ADYEN),
        Fate.REFUND_RETURNED: in_month,
        Fate.CUT_OFF_EDGE: alone,
    }
    kinds = [kind for kind in kinds_of(Share.PAYMENTS) if kind not in _DEALT_APART]
    own = rates_of(rates, kinds)
    fate = deal(draws, "error", attempts.index, own, usually, especially)
    fate[~attempts.is_recorded] = Fate.PAYMENT_UNRECORDED
    # One record for each pair, by the twin that came second.
    fate[attempts.likeness != attempts.payment] = Fate.SAME_AMOUNT_TWINS
    return fate


def befallen(draws: Draws, month: Month, attempts: Attempts, fate: Ints) -> Attempts:
    """The attempts as their fates have them: what the company knows of them, and when they were."""
    known = attempts.is_seen_captured & (fate != Fate.PAYMENT_STATUS_WRONG)
    moved = np.flatnonzero(fate == Fate.CUT_OFF_EDGE)
    shift = np.zeros(len(attempts), np.int64)
    shift[moved] = _to_an_edge(draws, month, attempts.take(moved)) - attempts.captured_at[moved]
    return replace(
        attempts,
        is_seen_captured=known,
        created_at=attempts.created_at + shift,
        captured_at=attempts.captured_at + shift,
    )


def _to_an_edge(draws: Draws, month: Month, moved: Attempts) -> Ints:
    """The last second before a midnight, or the first one after it, where the processor is.

    In October some are put into the hour that the clocks of Amsterdam show twice.
    """
    zone = np.where(moved.processor == ADYEN, central_european_offset(moved.captured_at), 0)
    midnight = (moved.captured_at + zone) // DAY * DAY - zone
    edge: Ints = midnight - draws.below("edge", moved.index, 2)
    if month.month == _OCTOBER:
        summer_ends = seconds(month.last_day) - (month.last_day.weekday() + 1) % 7 * DAY + 3600
        twice = summer_ends + draws.between("edge.twice", moved.index, -3600, 3599)
        is_twice = (moved.processor == ADYEN) & draws.chance("edge.is_twice", moved.index, 5000)
        edge = np.where(is_twice, twice, edge)
    return edge

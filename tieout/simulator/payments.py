"""One month's attempts to pay, with an exact volume and an exact success rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil

import numpy as np

from tieout.simulator.draws import Bits, Draws, Ints, Mask
from tieout.simulator.incidents import Incident, busy_days
from tieout.simulator.months import Month
from tieout.simulator.phases import (
    ADYEN,
    MARKETS,
    STRIPE,
    Phase,
    Size,
    phase_of,
)
from tieout.simulator.schedule import DAY, QUIET_DAYS, moments, seconds

STATUSES = ("invalid", "blocked", "authentication_failed", "declined", "authorised", "captured")
INVALID, BLOCKED, AUTHENTICATION_FAILED, DECLINED, AUTHORISED, CAPTURED = range(6)

DECLINES = (
    "insufficient_funds",
    "do_not_honor",
    "expired_card",
    "incorrect_cvc",
    "processing_error",
    "lost_card",
)
_DECLINE_WEIGHTS = (40, 32, 10, 9, 6, 3)

BRANDS = ("visa", "mastercard", "amex", "discover", "jcb")
_BRAND_WEIGHTS = (52, 32, 9, 4, 3)
FUNDINGS = ("credit", "debit", "prepaid")
_FUNDING_WEIGHTS = (55, 40, 5)
METHODS = ("card", "apple_pay", "google_pay")
_METHOD_WEIGHTS_BY_PHASE = (
    (1, 0, 0),
    (1, 0, 0),
    (94, 4, 2),
    (85, 9, 6),
    (76, 14, 10),
    (70, 18, 12),
)

_INVALID_ONE_IN = 50
_SMALLEST_MINOR = 1_00
_WEIGHTS = 4096  # steps of the distribution of amounts


@dataclass(frozen=True)
class Attempts:
    """The attempts of a month, a column an attribute; texts are kept as codes until written.

    `index` identifies an attempt for all time, `payment` is the index of the payment's first
    attempt. Moments are seconds since 1970 and amounts minor units of `currency`. An attempt that
    was not captured has the moment 0 and the captured amount 0.
    """

    index: Bits
    payment: Bits
    attempt_no: Ints
    merchant: Ints
    market: Ints
    currency: Ints
    processor: Ints
    method: Ints
    brand: Ints
    funding: Ints
    issuer: Ints
    status: Ints
    decline: Ints
    amount: Ints
    captured: Ints
    created_at: Ints
    captured_at: Ints
    likeness: Bits  # the payment whose payer, merchant and amount this one has: usually its own
    is_recorded: Mask  # whether the company's own records know of the attempt
    is_seen_captured: Mask  # whether they know that it was captured

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Ints) -> Attempts:
        """Some of the attempts."""
        return Attempts(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @property
    def is_twin(self) -> Mask:
        """Which attempts are one of a pair with the same payer, merchant and amount."""
        second = self.likeness != self.payment
        either: Mask = second | np.isin(self.payment, self.likeness[second])
        return either


def attempts(
    draws: Draws,
    month: Month,
    size: Size,
    incidents: Sequence[Incident],
    twins: Fraction,
    unrecorded: Fraction,
) -> Attempts:
    """All attempts of a month: the valid ones, those that were invalid requests, and those that
    the company never recorded.

    They have no amounts yet: `with_amounts` gives them theirs. A share of `twins` of the captured
    payments is made again by the same payer, minutes later. The unrecorded ones, a share of the
    valid, come on top of the month's size, so that its own records still add up to its figures.
    """
    phase = phase_of(month)
    recorded = size.attempts + size.attempts // _INVALID_ONE_IN
    count = recorded + ceil(unrecorded * size.attempts)
    index = _indexes(month, count)
    first, attempt_no, status = _outcomes(draws, index[:recorded], size)
    first = np.concatenate([first, np.arange(recorded, count)])
    attempt_no = np.concatenate([attempt_no, np.ones(count - recorded, np.int64)])
    status = np.concatenate([status, np.full(count - recorded, CAPTURED)])
    payment = index[first]
    made = _moments(draws, index[:recorded], month, size.attempts, busy_days(incidents, month))
    made = np.concatenate([made, _early(draws, index[recorded:], month)])
    created = _created(draws, index, month, made, first, attempt_no)
    is_alone = (status == CAPTURED) & (attempt_no == 1) & (np.arange(count) < recorded)
    like, created = _twins(draws, index, month, created, is_alone, twins)
    likeness = payment[like]
    currency, market, merchant = _merchants(draws, likeness, phase)
    captured_at = _captured_at(draws, index, month, created, status)
    domestic = draws.chance("issuer.domestic", likeness, 9000)
    visitor = draws.pick("issuer", likeness, [m.weight for m in MARKETS[: phase.countries]])
    return Attempts(
        index=index,
        payment=payment,
        attempt_no=attempt_no,
        merchant=merchant,
        market=market,
        currency=currency,
        processor=np.where(
            draws.below("processor", likeness, 100) < phase.adyen_percent, ADYEN, STRIPE
        ),
        method=draws.pick("method", likeness, _METHOD_WEIGHTS_BY_PHASE[phase.number - 1]),
        brand=draws.pick("brand", likeness, _BRAND_WEIGHTS),
        funding=draws.pick("funding", likeness, _FUNDING_WEIGHTS),
        issuer=np.where(domestic, market, visitor),
        status=status,
        decline=np.where(status == DECLINED, draws.pick("decline", index, _DECLINE_WEIGHTS), -1),
        amount=np.zeros(count, np.int64),
        captured=np.zeros(count, np.int64),
        created_at=created,
        captured_at=captured_at,
        likeness=likeness,
        is_recorded=np.arange(count) < recorded,
        is_seen_captured=(status == CAPTURED) & (np.arange(count) < recorded),
    )


def _indexes(month: Month, count: int) -> Bits:
    """Numbers that no other attempt of any month has."""
    return np.arange(count, dtype=np.uint64) + np.uint64(month.ordinal << 32)


def _outcomes(draws: Draws, index: Bits, size: Size) -> tuple[Ints, Ints, Ints]:
    """For each attempt the row of its payment's first attempt, its number, and its status.

    Failures are chosen by rank, so their number is exact. Most failed payments are tried again:
    an attempt elsewhere in the month becomes the second or third attempt of that payment.
    """
    valid = index[: size.attempts]
    ranked = draws.order("failure", valid)
    failed, succeeded = ranked[: size.failures], ranked[size.failures :]
    first = np.arange(len(index), dtype=np.int64)
    attempt_no = np.ones(len(index), np.int64)

    again = len(failed) // 8  # payments that fail twice
    opened, reopened = failed[again:], failed[:again]
    first[reopened] = opened[:again]
    attempt_no[reopened] = 2
    retried = min(len(opened) * 7 // 10, len(succeeded))
    saviours = succeeded[len(succeeded) - retried :]
    first[saviours] = opened[:retried]
    attempt_no[saviours] = np.where(np.arange(retried) < again, 3, 2)

    status = np.full(len(index), INVALID, np.int64)
    status[succeeded] = np.where(
        draws.chance("uncaptured", valid[succeeded], 50), AUTHORISED, CAPTURED
    )
    kinds = np.array([DECLINED, AUTHENTICATION_FAILED, BLOCKED])
    status[failed] = kinds[draws.pick("failure.kind", valid[failed], (75, 15, 10))]
    return first, attempt_no, status


def _merchants(draws: Draws, payment: Bits, phase: Phase) -> tuple[Ints, Ints, Ints]:
    """Currency, market and number of the merchant of each payment: a few merchants sell much."""
    share = draws.below("merchant", payment, 1 << 20)
    merchant = (share * share >> 20) * share * phase.merchants >> 40
    weights = [market.weight for market in MARKETS[: phase.countries]]
    market = draws.pick(f"market.{phase.number}", merchant.astype(np.uint64), weights)
    return np.array([m.currency for m in MARKETS], np.int64)[market], market, merchant


def _moments(draws: Draws, index: Bits, month: Month, valid: int, busy: Mapping[int, int]) -> Ints:
    """A moment of the month for each attempt, valid or not, as if each were a payment's first."""
    jitter = draws.below("moment", index, 1 << 32)
    return np.concatenate(
        [
            moments(month, valid, jitter[:valid], busy),
            moments(month, len(index) - valid, jitter[valid:], busy),
        ]
    )


def _early(draws: Draws, index: Bits, month: Month) -> Ints:
    """Moments of the first half of a month: what is settled of them by its end is settled."""
    moment: Ints = seconds(month.first_day) + draws.below("moment.early", index, 15 * DAY)
    return moment


def _created(
    draws: Draws, index: Bits, month: Month, made: Ints, first: Ints, attempt_no: Ints
) -> Ints:
    """When each attempt was made: a later attempt comes minutes after the one before.

    Nothing leaves its month, because the month's success rate counts what was made in it.
    """
    minutes = draws.between("retry", index[first], 1, 240)
    last = seconds(month.last_day) + DAY - 60
    start = np.minimum(made[first], last - 120)
    again = np.minimum(start + minutes * 60 * (attempt_no - 1), last + attempt_no)
    alone = np.minimum(made, last)
    moment: Ints = np.where(attempt_no > 1, again, alone)
    return moment


def _twins(
    draws: Draws, index: Bits, month: Month, created: Ints, is_alone: Mask, share: Fraction
) -> tuple[Ints, Ints]:
    """For each attempt the row that it is like, and when it is made: a twin soon after the first.

    None is made in the last days of the month, so that both are settled in any window.
    """
    like = np.arange(len(index), dtype=np.int64)
    if not share:
        return like, created
    last = seconds(month.last_day) - QUIET_DAYS * DAY
    eligible = np.flatnonzero(is_alone & (created < last))
    ranked = eligible[draws.order("twin", index[eligible])]
    count = min(ceil(share * len(eligible)), len(eligible) // 2)
    originals, twins = ranked[:count], ranked[count : 2 * count]
    like[twins] = originals
    moment = created.copy()
    moment[twins] = created[originals] + draws.between("twin.seconds", index[twins], 60, 1800)
    return like, moment


def _captured_at(draws: Draws, index: Bits, month: Month, created: Ints, status: Ints) -> Ints:
    """Most payments are captured at once, some when the goods are sent, all in their month."""
    later = draws.chance("capture.later", index, 400)
    delay = np.where(
        later,
        draws.between("capture.hours", index, 3600, 72_000),
        draws.between("capture.seconds", index, 2, 8),
    )
    captured_at = np.minimum(created + delay, seconds(month.last_day) + DAY - 1)
    return np.where(status == CAPTURED, captured_at, 0)

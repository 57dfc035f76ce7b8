"""One month's attempts to pay, with an exact volume and an exact success rate."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from tieout.simulator.draws import Bits, Draws, Ints
from tieout.simulator.months import Month
from tieout.simulator.phases import (
    ADYEN,
    MARKETS,
    STRIPE,
    Phase,
    Size,
    phase_of,
)
from tieout.simulator.schedule import DAY, moments, seconds

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

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Ints) -> Attempts:
        """Some of the attempts."""
        return Attempts(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def attempts(draws: Draws, month: Month, size: Size) -> Attempts:
    """All attempts of a month: the valid ones first, then those that were invalid requests.

    They have no amounts yet: `with_amounts` gives them theirs.
    """
    phase = phase_of(month)
    count = size.attempts + size.attempts // _INVALID_ONE_IN
    index = _indexes(month, count)
    first, attempt_no, status = _outcomes(draws, index, size)
    payment = index[first]
    currency, market, merchant = _merchants(draws, payment, phase)
    created = _created(draws, index, month, size.attempts, first, attempt_no)
    captured_at = _captured_at(draws, index, month, created, status)
    domestic = draws.chance("issuer.domestic", payment, 9000)
    visitor = draws.pick("issuer", payment, [m.weight for m in MARKETS[: phase.countries]])
    return Attempts(
        index=index,
        payment=payment,
        attempt_no=attempt_no,
        merchant=merchant,
        market=market,
        currency=currency,
        processor=np.where(
            draws.below("processor", payment, 100) < phase.adyen_percent, ADYEN, STRIPE
        ),
        method=draws.pick("method", payment, _METHOD_WEIGHTS_BY_PHASE[phase.number - 1]),
        brand=draws.pick("brand", payment, _BRAND_WEIGHTS),
        funding=draws.pick("funding", payment, _FUNDING_WEIGHTS),
        issuer=np.where(domestic, market, visitor),
        status=status,
        decline=np.where(status == DECLINED, draws.pick("decline", index, _DECLINE_WEIGHTS), -1),
        amount=np.zeros(count, np.int64),
        captured=np.zeros(count, np.int64),
        created_at=created,
        captured_at=captured_at,
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


def _created(
    draws: Draws, index: Bits, month: Month, valid: int, first: Ints, attempt_no: Ints
) -> Ints:
    """When each attempt was made: a later attempt comes minutes after the one before.

    Nothing leaves its month, because the month's success rate counts what was made in it.
    """
    jitter = draws.below("moment", index, 1 << 32)
    created = np.concatenate(
        [
            moments(month, valid, jitter[:valid]),
            moments(month, len(index) - valid, jitter[valid:]),
        ]
    )
    minutes = draws.between("retry", index[first], 1, 240)
    last = seconds(month.last_day) + DAY - 60
    start = np.minimum(created[first], last - 120)
    again = np.minimum(start + minutes * 60 * (attempt_no - 1), last + attempt_no)
    alone = np.minimum(created, last)
    moment: Ints = np.where(attempt_no > 1, again, alone)
    return moment


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

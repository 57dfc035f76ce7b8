"""The errors that are planted, and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from math import ceil

import numpy as np
import pyarrow as pa

from tieout.simulator.draws import Bits, Draws, Ints
from tieout.simulator.payments import CAPTURED, Attempts
from tieout.simulator.schedule import DAY, QUIET_DAYS, seconds

_MOST = Fraction(1, 2)
_RARE = Fraction(1, 10)


@dataclass(frozen=True)
class ErrorRates:
    """How often each error is planted: a share of captured payments, or of payouts.

    A share is rounded up to a whole number a month, so an error that is wanted at all is planted
    in every month. Decoys are no errors and must be matched: a split capture, and the last three,
    which are planted only where they are asked for. Twins are a share of captured payments, files
    that are delivered again a share of the processors' reports.
    """

    settlement_line_missing: Fraction = Fraction(2, 10_000)
    settlement_line_unknown: Fraction = Fraction(2, 10_000)
    settlement_line_duplicated: Fraction = Fraction(2, 10_000)
    settlement_amount_wrong: Fraction = Fraction(2, 10_000)
    settlement_currency_wrong: Fraction = Fraction(1, 10_000)
    ledger_posting_missing: Fraction = Fraction(2, 10_000)
    ledger_amount_wrong: Fraction = Fraction(2, 10_000)
    journal_unbalanced: Fraction = Fraction(1, 10_000)
    split_capture: Fraction = Fraction(4, 10_000)
    payout_total_wrong: Fraction = Fraction(1, 100)
    bank_entry_missing: Fraction = Fraction(1, 100)
    bank_amount_wrong: Fraction = Fraction(1, 100)
    refund_before_settlement: Fraction = Fraction(0)
    same_amount_twins: Fraction = Fraction(0)
    file_redelivered: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        for kinds in (PAYMENT_ERRORS, PAYOUT_ERRORS, (TWINS_NAME,), (REDELIVERED_NAME,)):
            shares = {name: getattr(self, name) for name in kinds}
            for name, share in shares.items():
                if share < 0:
                    raise ValueError(f"the error rate {name} is {share}, below 0")
            if sum(shares.values()) > _MOST:
                raise ValueError(
                    f"the error rates {', '.join(shares)} add up to {sum(shares.values())}; "
                    f"they must leave at least {1 - _MOST} without an error"
                )

    @classmethod
    def none(cls) -> ErrorRates:
        """A world without errors."""
        return cls.scaled(Fraction(0))

    @classmethod
    def scaled(cls, factor: Fraction) -> ErrorRates:
        """The usual mixture of errors, so many times as often."""
        return cls(**{field.name: getattr(cls(), field.name) * factor for field in fields(cls)})

    @classmethod
    def per_payment(cls, rate: Fraction) -> ErrorRates:
        """The usual mixture, with so many planted records a captured payment in all.

        Payouts are few and large, so never more than one in ten gets each of its errors.
        """
        usual = cls()
        factor = rate / sum(getattr(usual, name) for name in PAYMENT_ERRORS)
        shares = {name: getattr(usual, name) * factor for name in PAYMENT_ERRORS}
        rare = {name: min(getattr(usual, name) * factor, _RARE) for name in PAYOUT_ERRORS}
        return cls(**shares, **rare)


@dataclass(frozen=True)
class Kind:
    """Where an error shows, and as what."""

    leg: str
    break_type: str | None


KINDS = {
    "settlement_line_missing": Kind("payment_settlement", "missing_in_settlement"),
    "settlement_line_unknown": Kind("payment_settlement", "missing_in_payments"),
    "settlement_line_duplicated": Kind("payment_settlement", "duplicate"),
    "settlement_amount_wrong": Kind("payment_settlement", "amount_mismatch"),
    "settlement_currency_wrong": Kind("payment_settlement", "currency_mismatch"),
    "ledger_posting_missing": Kind("payment_ledger", "missing_in_ledger"),
    "ledger_amount_wrong": Kind("payment_ledger", "amount_mismatch"),
    "journal_unbalanced": Kind("ledger_balance", "unbalanced_journal"),
    "split_capture": Kind("payment_settlement", None),
    "refund_before_settlement": Kind("payment_settlement", None),
    "payout_total_wrong": Kind("batch_payout", "control_total_mismatch"),
    "bank_entry_missing": Kind("payout_bank", "missing_in_bank"),
    "bank_amount_wrong": Kind("payout_bank", "amount_mismatch"),
    "same_amount_twins": Kind("payment_settlement", None),
    "file_redelivered": Kind("batch_payout", None),
}

PAYMENT_ERRORS = tuple(KINDS)[:10]
PAYOUT_ERRORS = tuple(KINDS)[10:13]
TWINS_NAME, REDELIVERED_NAME = tuple(KINDS)[13:]
DECOYS = tuple(name for name, kind in KINDS.items() if kind.break_type is None)
# The fate of a payment or payout is a position in KINDS, or NO_ERROR.
NO_ERROR = -1
(
    LINE_MISSING,
    LINE_UNKNOWN,
    LINE_DUPLICATED,
    LINE_AMOUNT,
    LINE_CURRENCY,
    POSTING_MISSING,
    LEDGER_AMOUNT,
    UNBALANCED,
    SPLIT,
    EARLY_REFUND,
    PAYOUT_TOTAL,
    BANK_MISSING,
    BANK_AMOUNT,
    TWINS,
    REDELIVERED,
) = range(len(KINDS))

TRUTH = pa.schema(
    [
        pa.field("error_id", pa.string(), nullable=False),
        pa.field("error_type", pa.string(), nullable=False),
        pa.field("expected", pa.string(), nullable=False),  # broken, or matched for a decoy
        pa.field("leg", pa.string(), nullable=False),
        pa.field("break_type", pa.string()),
        pa.field("month", pa.string(), nullable=False),
        pa.field("processor", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        # The money that does not match, in minor units, without a sign.
        pa.field("amount_minor", pa.int64(), nullable=False),
        pa.field("payment_id", pa.string()),
        pa.field("event_id", pa.string()),  # the attempt
        # The key of the leg: the processor's reference, the journal, or the payout's reference.
        pa.field("reference", pa.string(), nullable=False),
        pa.field("line_id", pa.string()),  # of the line that is there and should not be
        pa.field("file", pa.string(), nullable=False),  # below the inbox
    ]
)


def plant(draws: Draws, month: Attempts, rates: ErrorRates, window_end: date) -> Ints:
    """The fate of each attempt. Errors are chosen by rank: exact in number, never two on one."""
    last = seconds(window_end) - QUIET_DAYS * DAY
    is_twin = month.is_twin
    eligible = np.flatnonzero((month.status == CAPTURED) & (month.captured_at < last) & ~is_twin)
    shares = [getattr(rates, name) for name in PAYMENT_ERRORS]
    fate = _deal(draws, "error", month.index, eligible, shares, LINE_MISSING)
    # One record for each pair, by the twin that came second.
    fate[month.likeness != month.payment] = TWINS
    return fate


def plant_in_payouts(draws: Draws, index: Bits, eligible: Ints, rates: ErrorRates) -> Ints:
    """The fate of each payout."""
    shares = [getattr(rates, name) for name in PAYOUT_ERRORS]
    return _deal(draws, "payout.error", index, eligible, shares, PAYOUT_TOTAL)


def _deal(
    draws: Draws,
    stream: str,
    index: Bits,
    eligible: Ints,
    shares: list[Fraction],
    first: int,
) -> Ints:
    fate = np.full(len(index), NO_ERROR, np.int64)
    ranked = eligible[draws.order(stream, index[eligible])]
    start = 0
    for kind, share in enumerate(shares, first):
        end = start + ceil(share * len(eligible))
        fate[ranked[start:end]] = kind
        start = end
    return fate


def wrong_by(draws: Draws, index: Bits, amount: Ints) -> Ints:
    """By how much a wrong amount is off: a few coins up to a twentieth, never nothing."""
    return 1 + draws.below("error.delta", index, 1 << 16) * (amount // 20) // (1 << 16)

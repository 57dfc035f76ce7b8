"""The errors that can be planted, how often, and where each of them must show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from fractions import Fraction
from math import ceil

import numpy as np

from tieout.simulator.draws import Bits, Draws, Ints, Mask

_MOST = Fraction(1, 2)
_RARE = Fraction(1, 20)


class Fate(IntEnum):
    """What befalls a payment, a payout or a file; the lower-case name is the error's type."""

    NONE = -1
    SETTLEMENT_LINE_MISSING = 0
    SETTLEMENT_LINE_LATE = 1
    SETTLEMENT_LINE_UNKNOWN = 2
    SETTLEMENT_LINE_DUPLICATED = 3
    SETTLEMENT_LINE_REPEATED = 4
    SETTLEMENT_AMOUNT_WRONG = 5
    SETTLEMENT_CURRENCY_WRONG = 6
    SETTLEMENT_FEE_WRONG = 7
    SETTLEMENT_FX_WRONG = 8
    PAYMENT_UNRECORDED = 9
    PAYMENT_STATUS_WRONG = 10
    LEDGER_POSTING_MISSING = 11
    LEDGER_POSTING_UNKNOWN = 12
    LEDGER_POSTING_DUPLICATED = 13
    LEDGER_AMOUNT_WRONG = 14
    JOURNAL_UNBALANCED = 15
    SPLIT_CAPTURE = 16
    SETTLEMENT_VERY_LATE = 17
    REFUND_BEFORE_SETTLEMENT = 18
    REFUND_RETURNED = 19
    CUT_OFF_EDGE = 20
    SAME_AMOUNT_TWINS = 21
    PAYOUT_TOTAL_WRONG = 22
    BANK_ENTRY_MISSING = 23
    BANK_ENTRY_UNKNOWN = 24
    BANK_ENTRY_DUPLICATED = 25
    BANK_AMOUNT_WRONG = 26
    PAYOUTS_NETTED = 27
    FILE_TRUNCATED = 28
    FILE_REDELIVERED = 29
    REPORT_RESTATED = 30
    STATEMENT_BALANCE_WRONG = 31

    @property
    def error_type(self) -> str:
        """The name in the truth and on the command line."""
        return self.name.lower()


class Share(StrEnum):
    """What an error rate is a share of."""

    PAYMENTS = "captured payments"
    PAYOUTS = "payouts"
    REPORTS = "processors' reports"
    STATEMENTS = "bank statements"


@dataclass(frozen=True)
class Kind:
    """One kind of error: how often it usually is, and the break types that it shows as by leg.

    A kind without a break type is a decoy: it looks like an error and must be matched.
    """

    of: Share
    usual: Fraction
    shows: Mapping[str, str | None]

    @property
    def is_decoy(self) -> bool:
        """Whether it must be matched."""
        return set(self.shows.values()) == {None}


def _often(count: int, share: Share, **shows: str | None) -> Kind:
    """So often: payments of ten thousand, all others of a hundred."""
    whole = 10_000 if share == Share.PAYMENTS else 100
    return Kind(share, Fraction(count, whole), shows)


_P, _O, _R, _S = Share.PAYMENTS, Share.PAYOUTS, Share.REPORTS, Share.STATEMENTS
KINDS: Mapping[Fate, Kind] = {
    Fate.SETTLEMENT_LINE_MISSING: _often(2, _P, payment_settlement="missing_in_settlement"),
    Fate.SETTLEMENT_LINE_LATE: _often(1, _P, payment_settlement="late"),
    Fate.SETTLEMENT_LINE_UNKNOWN: _often(2, _P, payment_settlement="missing_in_payments"),
    Fate.SETTLEMENT_LINE_DUPLICATED: _often(2, _P, payment_settlement="duplicate"),
    Fate.SETTLEMENT_LINE_REPEATED: _often(1, _P, payment_settlement="duplicate"),
    Fate.SETTLEMENT_AMOUNT_WRONG: _often(2, _P, payment_settlement="amount_mismatch"),
    Fate.SETTLEMENT_CURRENCY_WRONG: _often(1, _P, payment_settlement="currency_mismatch"),
    Fate.SETTLEMENT_FEE_WRONG: _often(2, _P, fee_contract="fee_mismatch"),
    Fate.SETTLEMENT_FX_WRONG: _often(1, _P, fx_conversion="fx_mismatch"),
    Fate.PAYMENT_UNRECORDED: _often(
        1, _P, payment_ledger="missing_in_payments", payment_settlement="missing_in_payments"
    ),
    Fate.PAYMENT_STATUS_WRONG: _often(
        1, _P, payment_ledger="status_mismatch", payment_settlement="status_mismatch"
    ),
    Fate.LEDGER_POSTING_MISSING: _often(2, _P, payment_ledger="missing_in_ledger"),
    Fate.LEDGER_POSTING_UNKNOWN: _often(1, _P, payment_ledger="missing_in_payments"),
    Fate.LEDGER_POSTING_DUPLICATED: _often(1, _P, payment_ledger="duplicate"),
    Fate.LEDGER_AMOUNT_WRONG: _often(2, _P, payment_ledger="amount_mismatch"),
    Fate.JOURNAL_UNBALANCED: _often(1, _P, ledger_balance="unbalanced_journal"),
    Fate.SPLIT_CAPTURE: _often(4, _P, payment_settlement=None),
    Fate.SETTLEMENT_VERY_LATE: _often(1, _P, payment_settlement=None),
    Fate.REFUND_BEFORE_SETTLEMENT: _often(1, _P, payment_settlement=None),
    Fate.REFUND_RETURNED: _often(1, _P, payment_settlement=None),
    Fate.CUT_OFF_EDGE: _often(1, _P, payment_settlement=None),
    Fate.SAME_AMOUNT_TWINS: _often(2, _P, payment_settlement=None),
    Fate.PAYOUT_TOTAL_WRONG: _often(1, _O, batch_payout="control_total_mismatch"),
    Fate.BANK_ENTRY_MISSING: _often(
        1, _O, payout_bank="missing_in_bank", clearing="missing_in_bank"
    ),
    Fate.BANK_ENTRY_UNKNOWN: _often(
        1, _O, payout_bank="unknown_reference", clearing="unknown_reference"
    ),
    Fate.BANK_ENTRY_DUPLICATED: _often(1, _O, payout_bank="duplicate", clearing="duplicate"),
    Fate.BANK_AMOUNT_WRONG: _often(
        1, _O, payout_bank="amount_mismatch", clearing="amount_mismatch"
    ),
    Fate.PAYOUTS_NETTED: _often(4, _O, payout_bank=None, clearing=None),
    Fate.FILE_TRUNCATED: _often(
        1, _R, payment_settlement="missing_in_settlement", payout_bank="missing_in_bank"
    ),
    Fate.FILE_REDELIVERED: _often(2, _R, batch_payout=None),
    Fate.REPORT_RESTATED: _often(2, _R, batch_payout=None),
    Fate.STATEMENT_BALANCE_WRONG: _often(
        1, _S, files="control_total_mismatch", ledger_bank="amount_mismatch"
    ),
}

NAMES = tuple(fate.error_type for fate in Fate if fate is not Fate.NONE)


def kinds_of(share: Share) -> tuple[Fate, ...]:
    """The kinds whose rate is a share of this."""
    return tuple(fate for fate, kind in KINDS.items() if kind.of == share)


@dataclass(frozen=True)
class ErrorRates:
    """How often each error is planted: shares in the order of `NAMES`.

    A share is rounded up to a whole number a month, so an error that is wanted at all is planted
    in every month that has a place for it.
    """

    shares: tuple[Fraction, ...] = tuple(kind.usual for kind in KINDS.values())

    def __post_init__(self) -> None:
        for share in Share:
            own = {fate.error_type: self[fate] for fate in kinds_of(share)}
            for name, rate in own.items():
                if rate < 0:
                    raise ValueError(f"the error rate {name} is {rate}, below 0")
            if sum(own.values()) > _MOST:
                raise ValueError(
                    f"the error rates {', '.join(own)} add up to {sum(own.values())}; "
                    f"they must leave at least {1 - _MOST} of {share} without an error"
                )

    def __getitem__(self, fate: Fate) -> Fraction:
        return self.shares[fate]

    def changed(self, rates: Mapping[str, Fraction]) -> ErrorRates:
        """The same but for these error types."""
        for name in rates:
            if name not in NAMES:
                raise ValueError(f"there is no error type {name!r}; known are {', '.join(NAMES)}")
        return ErrorRates(
            tuple(rates.get(name, share) for name, share in zip(NAMES, self.shares, strict=True))
        )

    @classmethod
    def none(cls) -> ErrorRates:
        """A world without errors and without decoys."""
        return cls.scaled(Fraction(0))

    @classmethod
    def only(cls, **rates: Fraction) -> ErrorRates:
        """A world with these error types alone."""
        return cls.none().changed(rates)

    @classmethod
    def scaled(cls, factor: Fraction) -> ErrorRates:
        """The usual mixture of errors, so many times as often."""
        return cls(tuple(share * factor for share in cls().shares))

    @classmethod
    def per_payment(cls, rate: Fraction) -> ErrorRates:
        """The usual mixture, with so many planted records a captured payment in all.

        Payouts and files are few and large, so never more than one in twenty gets each error.
        """
        usual = cls()
        payments = kinds_of(Share.PAYMENTS)
        factor = rate / sum(usual[fate] for fate in payments)
        return cls(
            tuple(
                share * factor if fate in payments else min(share * factor, _RARE)
                for fate, share in zip(KINDS, usual.shares, strict=True)
            )
        )


def deal(
    draws: Draws,
    stream: str,
    index: Bits,
    rates: Mapping[Fate, Fraction],
    usually: Mask,
    especially: Mapping[Fate, Mask],
) -> Ints:
    """A fate for each index: exact in number by rank, and never two for one.

    A fate is dealt to those of `usually`, or to its own choice in `especially`; its number is a
    share of `usually`, as far as there are enough.
    """
    fate = np.full(len(index), Fate.NONE, np.int64)
    ranked = draws.order(stream, index)
    total = int(usually.sum())
    for kind, share in rates.items():
        if share:
            free = especially.get(kind, usually)[ranked] & (fate[ranked] == Fate.NONE)
            fate[ranked[np.flatnonzero(free)[: ceil(share * total)]]] = kind
    return fate


def rates_of(rates: ErrorRates, kinds: Iterable[Fate]) -> dict[Fate, Fraction]:
    """The shares of some kinds."""
    return {kind: rates[kind] for kind in kinds}


def wrong_by(draws: Draws, index: Bits, amount: Ints) -> Ints:
    """By how much a wrong amount is off: a few coins up to a twentieth, never nothing."""
    return 1 + draws.below("error.delta", index, 1 << 16) * (amount // 20) // (1 << 16)

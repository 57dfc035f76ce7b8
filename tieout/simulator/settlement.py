"""What the processors make of the events: lines with fees, collected into payouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.simulator import errors as planted
from tieout.simulator.draws import CAPITALS, Bits, Draws, Ints, Mask, tokens
from tieout.simulator.events import CAPTURE, CHARGEBACK, REFUND, REVERSAL, Events
from tieout.simulator.identifiers import references
from tieout.simulator.incidents import Incident, delays
from tieout.simulator.payments import Attempts
from tieout.simulator.phases import ADYEN, CURRENCIES, PROCESSORS, STRIPE
from tieout.simulator.schedule import (
    ADYEN_CLOSING_DAYS,
    ADYEN_SETTLED_DAYS,
    DAY,
    STRIPE_AVAILABLE_DAYS,
    closing_days,
    stripe_payout_days,
)

# Two kinds of line beside the kinds of events.
FEE, PAYOUT = REVERSAL + 1, REVERSAL + 2

# What a line may be labelled with. The won stands in for a yen that is labelled wrongly: a wrong
# label keeps the number of decimals, so that the digits of the amount stay what they were.
LABELS = (*CURRENCIES, "KRW")
_WRONG_LABEL = np.array([1, 0, 1, 4])

MERCHANT_ACCOUNTS = ("TieoutDemoUS", "TieoutDemoEU", "TieoutDemoUK", "TieoutDemoJP")

# Fees in hundredths of a percent, interchange by credit, debit and prepaid.
_INTERCHANGE_BPS = np.array([120, 40, 90])
_SCHEME_BPS = 13
_MARKUP_BPS = 12
_MARKUP_FIXED = 5
_DISPUTE_FEE = 15_00

_LATE_ONE_IN_TEN_THOUSAND = 300
# By how many days a capture is late that is refunded first: the refund is then paid out before.
_LATE_FOR_REFUND = 4
UNKNOWN = np.uint64(1 << 63)  # makes an index that no attempt has


@dataclass(frozen=True)
class Lines:
    """Settlement lines; amounts are signed from the company's point of view."""

    kind: Ints
    index: Bits  # of the attempt, or of the payout that a fee or payout line belongs to
    copy: Ints  # tells lines of one event apart
    payment: Bits
    processor: Ints
    currency: Ints
    label: Ints  # the currency that the payer is said to have seen, as a position in LABELS
    gross: Ints
    interchange: Ints
    scheme: Ints
    markup: Ints
    brand: Ints
    funding: Ints
    issuer: Ints
    at: Ints
    paid_on: Ints

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def fees(self) -> Ints:
        """All fees of each line."""
        return self.interchange + self.scheme + self.markup

    @property
    def net(self) -> Ints:
        """What each line adds to its payout."""
        return self.gross - self.fees

    @property
    def payout_key(self) -> Ints:
        """Numbers the payout of each line: one for each day, processor and currency."""
        place = self.paid_on * len(PROCESSORS) + self.processor
        return place * len(CURRENCIES) + self.currency

    def take(self, rows: Ints | Mask) -> Lines:
        """Some of the lines."""
        return Lines(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @classmethod
    def concat(cls, parts: Sequence[Lines]) -> Lines:
        """All the lines of the parts."""
        columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(cls)}
        return cls(**{name: np.concatenate(arrays) for name, arrays in columns.items()})

    def bits(self, draws: Draws) -> Bits:
        """A number that no other line has."""
        tag = (self.kind * 4 + self.copy).astype(np.uint64) << np.uint64(56)
        return draws.bits("line", self.index ^ tag)


def lines(
    draws: Draws,
    attempts: Attempts,
    happened: Events,
    fate: Ints,
    incidents: Sequence[Incident],
) -> Lines:
    """The lines of all events of a month's payments, with the errors of `fate` in them."""
    own = _fates(happened, fate)
    kept = np.flatnonzero(own != planted.LINE_MISSING)
    doubled = np.flatnonzero(
        np.isin(own, (planted.SPLIT, planted.LINE_DUPLICATED, planted.LINE_UNKNOWN))
    )
    rows = np.concatenate([kept, doubled])
    copy = np.repeat([0, 1], [len(kept), len(doubled)])
    own, kind, index = own[rows], happened.kind[rows], happened.index[rows]
    payer = attempts.take(happened.row[rows])
    at = happened.at[rows]

    gross = _gross(draws, own, copy, index, happened.amount[rows])
    incoming = np.isin(kind, (CAPTURE, REVERSAL))
    unknown = np.where((own == planted.LINE_UNKNOWN) & (copy == 1), UNKNOWN, np.uint64(0))
    is_capture = kind == CAPTURE
    return Lines(
        kind=kind,
        index=index ^ unknown,
        copy=copy,
        payment=payer.payment ^ unknown,
        processor=payer.processor,
        currency=payer.currency,
        label=np.where(own == planted.LINE_CURRENCY, _WRONG_LABEL[payer.currency], payer.currency),
        gross=np.where(incoming, gross, -gross),
        interchange=np.where(is_capture, _part(gross, _INTERCHANGE_BPS[payer.funding]), 0),
        scheme=np.where(is_capture, _part(gross, _SCHEME_BPS), 0),
        markup=np.where(
            is_capture,
            _part(gross, _MARKUP_BPS) + _MARKUP_FIXED,
            np.where(kind == CHARGEBACK, _DISPUTE_FEE, 0),
        ),
        brand=payer.brand,
        funding=payer.funding,
        issuer=payer.issuer,
        at=at,
        paid_on=paid_on(draws, own, kind, index, payer.processor, at, incidents),
    )


def _fates(happened: Events, fate: Ints) -> Ints:
    """The fate of each event: errors are planted in captures only."""
    return np.where(happened.kind == CAPTURE, fate[happened.row], planted.NO_ERROR)


def _gross(draws: Draws, own: Ints, copy: Ints, index: Bits, amount: Ints) -> Ints:
    """The gross of each line: a split capture is two parts, a wrong amount is too high or low."""
    part = amount * 2 // 5
    split = np.where(copy == 1, part, amount - part)
    delta = planted.wrong_by(draws, index, amount)
    wrong = np.where(draws.chance("error.sign", index, 5000), amount + delta, amount - delta)
    return np.select(
        [own == planted.SPLIT, own == planted.LINE_AMOUNT], [split, wrong], default=amount
    )


def _part(amount: Ints, bps: Ints | int) -> Ints:
    share: Ints = (amount * bps + 5_000) // 10_000
    return share


def paid_on(
    draws: Draws,
    fate: Ints,
    kind: Ints,
    index: Bits,
    processor: Ints,
    at: Ints,
    incidents: Sequence[Incident],
) -> Ints:
    """The day on which each event is paid out; a few captures take days longer than usual."""
    is_late = draws.chance("late", index, _LATE_ONE_IN_TEN_THOUSAND)
    late = np.where(is_late, draws.between("late.days", index, 1, 3), 0)
    late = np.maximum(late, delays(incidents, draws, index, at))
    late = np.maximum(late, np.where(fate == planted.EARLY_REFUND, _LATE_FOR_REFUND, 0))
    day = at // DAY + np.where(kind == CAPTURE, late, 0)
    return np.where(
        processor == STRIPE,
        stripe_payout_days(day + STRIPE_AVAILABLE_DAYS),
        closing_days(day + ADYEN_SETTLED_DAYS, ADYEN_CLOSING_DAYS),
    )


def line_references(draws: Draws, some: Lines) -> pa.Array:
    """What the processor calls the event of each line; null for fees and payouts."""
    columns = [
        references(draws, kind, some.index, some.processor)
        for kind in (CAPTURE, REFUND, CHARGEBACK, REVERSAL)
    ]
    nothing = pa.nulls(len(some), pa.string())
    return pc.choose(pa.array(np.minimum(some.kind, FEE)), *columns, nothing)


def line_ids(draws: Draws, some: Lines) -> pa.Array:
    """The processor's own id of each line: Stripe's balance transaction, Adyen's modification."""
    bits = some.bits(draws)
    return pc.if_else(
        pa.array(some.processor == ADYEN),
        tokens("", bits, CAPITALS, 16),
        tokens("txn_", bits, width=20),
    )

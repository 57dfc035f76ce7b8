"""What the processors make of the events: lines with fees, collected into payouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from tieout.simulator import errors as planted
from tieout.simulator.draws import CAPITALS, Bits, Draws, Ints, Mask, tokens
from tieout.simulator.errors import Fate
from tieout.simulator.events import (
    CAPTURE,
    CHARGEBACK,
    KINDS,
    RETURNED_REFUND,
    REVERSAL,
    Events,
)
from tieout.simulator.exchange import convert
from tieout.simulator.fates import REPEATED_AFTER_DAYS, VERY_LATE_DAYS
from tieout.simulator.identifiers import references
from tieout.simulator.incidents import Incident, delays
from tieout.simulator.payments import Attempts
from tieout.simulator.phases import (
    ADYEN,
    CURRENCIES,
    PROCESSORS,
    SETTLED_IN,
    SETTLEMENT_CURRENCIES,
    STRIPE,
)
from tieout.simulator.pricing import capture_fees, dispute_fee
from tieout.simulator.rates import Rates
from tieout.simulator.schedule import (
    ADYEN_CLOSING_DAYS,
    ADYEN_SETTLED_DAYS,
    DAY,
    STRIPE_AVAILABLE_DAYS,
    central_european_offset,
    closing_days,
    stripe_payout_days,
)
from tieout.simulator.text import by_group

INCOMING = (CAPTURE, REVERSAL, RETURNED_REFUND)

# Kinds of line beside the kinds of events.
FEE, RESERVE, PAYOUT = range(len(KINDS), len(KINDS) + 3)

# What a line may be labelled with. Two currencies stand in for those whose decimals no other has:
# a wrong label keeps the number of decimals, so that the digits of the amount stay what they were.
LABELS = (*CURRENCIES, "KRW", "BHD")
_WRONG_LABEL = np.array(
    [LABELS.index(c) for c in ["EUR", "USD", "EUR", "KRW", "USD", "EUR", "USD", "EUR", "BHD"]]
)

MERCHANT_ACCOUNTS = ("TieoutDemoUS", "TieoutDemoEU", "TieoutDemoUK", "TieoutDemoJP")

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
    charged: Ints  # the currency of the payment
    label: Ints  # the currency that the payer is said to have seen, as a position in LABELS
    seen: Ints  # what the payer saw, in that currency
    currency: Ints  # the currency of settlement, in which all that follows is
    rate: Ints  # from the one to the other, in units of `ONE`
    value: Ints  # what the gross would be at the reference rate
    gross: Ints
    interchange: Ints
    scheme: Ints
    markup: Ints
    brand: Ints
    funding: Ints
    issuer: Ints
    at: Ints
    paid_on: Ints
    fate: Ints
    off: Ints  # by how much a planted error has changed the gross or the fees

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
        return place * len(SETTLEMENT_CURRENCIES) + self.currency

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
    rates: Rates,
    attempts: Attempts,
    happened: Events,
    fate: Ints,
    incidents: Sequence[Incident],
) -> Lines:
    """The lines of all events of a month's payments, with the errors of `fate` in them."""
    own = _fates(happened, fate)
    absent = (Fate.SETTLEMENT_LINE_MISSING, Fate.SETTLEMENT_LINE_LATE)
    twofold = (
        Fate.SPLIT_CAPTURE,
        Fate.SETTLEMENT_LINE_DUPLICATED,
        Fate.SETTLEMENT_LINE_REPEATED,
        Fate.SETTLEMENT_LINE_UNKNOWN,
    )
    kept, doubled = np.flatnonzero(~np.isin(own, absent)), np.flatnonzero(np.isin(own, twofold))
    rows = np.concatenate([kept, doubled])
    copy = np.repeat([0, 1], [len(kept), len(doubled)])
    own, kind, index = own[rows], happened.kind[rows], happened.index[rows]
    payer = attempts.take(happened.row[rows])
    at = happened.at[rows]

    amount = _amounts(draws, own, copy, index, happened.amount[rows])
    seen = np.where(np.isin(kind, INCOMING), amount, -amount)
    settled = convert(rates, seen, payer.currency, at)
    wrong = np.isin(own, (Fate.SETTLEMENT_FX_WRONG, Fate.SETTLEMENT_FEE_WRONG))
    off = np.where(wrong, planted.wrong_by(draws, index, abs(settled.gross)), 0)
    # Two more than a rounding could explain.
    off = np.where(own == Fate.SETTLEMENT_FX_WRONG, off + 2, off)
    gross = settled.gross + np.where(own == Fate.SETTLEMENT_FX_WRONG, off, 0)
    unknown = np.where((own == Fate.SETTLEMENT_LINE_UNKNOWN) & (copy == 1), UNKNOWN, np.uint64(0))
    is_capture = kind == CAPTURE
    fees = capture_fees(gross, payer.processor, payer.brand, payer.funding, at)
    too_much = np.where(own == Fate.SETTLEMENT_FEE_WRONG, off, 0)
    return Lines(
        kind=kind,
        index=index ^ unknown,
        copy=copy,
        payment=payer.payment ^ unknown,
        processor=payer.processor,
        charged=payer.currency,
        label=np.where(
            own == Fate.SETTLEMENT_CURRENCY_WRONG, _WRONG_LABEL[payer.currency], payer.currency
        ),
        seen=seen,
        currency=SETTLED_IN[payer.currency],
        rate=settled.rate,
        value=settled.value,
        gross=gross,
        interchange=np.where(is_capture, fees.interchange, 0),
        scheme=np.where(is_capture, fees.scheme, 0),
        markup=np.where(
            is_capture,
            fees.markup + too_much,
            np.where(kind == CHARGEBACK, dispute_fee(len(rows)), 0),
        ),
        brand=payer.brand,
        funding=payer.funding,
        issuer=payer.issuer,
        at=at,
        paid_on=paid_on(draws, own, copy, kind, index, payer.processor, at, incidents),
        fate=own,
        off=off,
    )


def _fates(happened: Events, fate: Ints) -> Ints:
    """The fate of each event: errors are planted in captures only."""
    return np.where(happened.kind == CAPTURE, fate[happened.row], Fate.NONE)


def _amounts(draws: Draws, own: Ints, copy: Ints, index: Bits, amount: Ints) -> Ints:
    """The amount of each line: a split capture is two parts, a wrong amount is too high or low."""
    part = amount * 2 // 5
    split = np.where(copy == 1, part, amount - part)
    delta = planted.wrong_by(draws, index, amount)
    wrong = np.where(draws.chance("error.sign", index, 5000), amount + delta, amount - delta)
    return np.select(
        [own == Fate.SPLIT_CAPTURE, own == Fate.SETTLEMENT_AMOUNT_WRONG],
        [split, wrong],
        default=amount,
    )


def paid_on(  # noqa: PLR0913
    draws: Draws,
    fate: Ints,
    copy: Ints,
    kind: Ints,
    index: Bits,
    processor: Ints,
    at: Ints,
    incidents: Sequence[Incident],
) -> Ints:
    """The day on which each event is paid out; a few captures take days longer than usual.

    A processor's day ends at midnight where it is: Adyen's in Amsterdam, Stripe's in UTC.
    """
    is_late = draws.chance("late", index, _LATE_ONE_IN_TEN_THOUSAND)
    late = np.where(is_late, draws.between("late.days", index, 1, 3), 0)
    late = np.maximum(late, delays(incidents, draws, index, at))
    late = np.maximum(late, np.where(fate == Fate.REFUND_BEFORE_SETTLEMENT, _LATE_FOR_REFUND, 0))
    late = np.maximum(late, np.where(fate == Fate.SETTLEMENT_VERY_LATE, VERY_LATE_DAYS, 0))
    # An edge can lie in the last days of the window: late, it would be in transit at its end.
    late = np.where(fate == Fate.CUT_OFF_EDGE, 0, late)
    again = (fate == Fate.SETTLEMENT_LINE_REPEATED) & (copy == 1)
    late = late + np.where(again, REPEATED_AFTER_DAYS, 0)
    local = at + np.where(processor == ADYEN, central_european_offset(at), 0)
    day = local // DAY + np.where(kind == CAPTURE, late, 0)
    return np.where(
        processor == STRIPE,
        stripe_payout_days(day + STRIPE_AVAILABLE_DAYS),
        closing_days(day + ADYEN_SETTLED_DAYS, ADYEN_CLOSING_DAYS),
    )


def line_references(draws: Draws, some: Lines) -> pa.Array:
    """What the processor calls the event of each line; null for fees and payouts."""

    def make(kind: int, rows: Ints) -> pa.Array:
        if kind == FEE:
            return pa.nulls(len(rows), pa.string())
        return references(draws, kind, some.index[rows], some.processor[rows])

    return by_group(np.minimum(some.kind, FEE), make)


def line_ids(draws: Draws, some: Lines) -> pa.Array:
    """The processor's own id of each line: Stripe's balance transaction, Adyen's modification."""
    bits = some.bits(draws)

    def make(processor: int, rows: Ints) -> pa.Array:
        if processor == ADYEN:
            return tokens("", bits[rows], CAPITALS, 16)
        return tokens("txn_", bits[rows], width=20)

    return by_group(some.processor, make)

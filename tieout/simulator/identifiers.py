"""What everything is called, by the company and by the processors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tieout.simulator.draws import CAPITALS, SMALL, Bits, Draws, Ints, mix, tokens
from tieout.simulator.events import CAPTURE, EVENT_TYPES, REFUND, RETURNED_REFUND
from tieout.simulator.phases import ADYEN
from tieout.simulator.text import by_group


def charge_references(draws: Draws, index: Bits, processor: Ints) -> pa.Array:
    """What the processor calls each attempt: a charge id or a PSP reference."""
    return processor_references(draws, "charge", "ch_", index, processor)


def processor_references(
    draws: Draws, stream: str, prefix: str, index: Bits, processor: Ints
) -> pa.Array:
    """A processor's name for an event: with Stripe's prefix, or sixteen capitals of Adyen."""
    bits = draws.bits(f"{stream}.reference", index)

    def make(which: int, rows: Ints) -> pa.Array:
        if which == ADYEN:
            return tokens("", bits[rows], CAPITALS, 16)
        return tokens(prefix, bits[rows], width=20)

    return by_group(processor, make)


def payment_ids(draws: Draws, payment: Bits) -> pa.Array:
    """The company's names of payments, by the index of their first attempt."""
    return tokens("pay_", draws.bits("payment.id", payment), SMALL)


def attempt_ids(draws: Draws, index: Bits) -> pa.Array:
    """The company's names of attempts."""
    return tokens("att_", draws.bits("attempt.id", index), SMALL)


def merchant_ids(merchant: Ints) -> pa.Array:
    """The company's names of merchants, by their number; the same under every seed."""
    return tokens("mrc_", mix(merchant.astype(np.uint64)), SMALL)


def event_ids(draws: Draws, kind: int, index: Bits) -> pa.Array:
    """The company's own names of events of one kind."""
    if kind == CAPTURE:
        return attempt_ids(draws, index)
    prefix = {REFUND: "ref_", RETURNED_REFUND: "rtn_"}.get(kind, "dsp_")
    return tokens(prefix, draws.bits(f"{EVENT_TYPES[kind]}.id", index), SMALL)


def references(draws: Draws, kind: int, index: Bits, processor: Ints) -> pa.Array:
    """The processor's names of events of one kind; a refund that comes back keeps its name."""
    if kind == CAPTURE:
        return charge_references(draws, index, processor)
    kind = REFUND if kind == RETURNED_REFUND else kind
    prefix = "re_" if kind == REFUND else "dp_"
    return processor_references(draws, EVENT_TYPES[kind], prefix, index, processor)

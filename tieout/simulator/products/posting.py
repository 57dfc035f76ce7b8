"""What a product gives back, and how its journals are put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tieout.simulator.accounts import code
from tieout.simulator.draws import Bits, Draws, Ints
from tieout.simulator.ledger import Journals
from tieout.simulator.text import Column


@dataclass(frozen=True)
class Products:
    """Exports by the name of their contract table, and what the ledger posts for them."""

    tables: dict[str, pa.Table]
    journals: list[Journals]


@dataclass(frozen=True)
class Posting:
    """What journals of one kind are about, a journal each.

    `index` identifies what is posted among all of its event type, `reference` is its name.
    Moments are seconds since 1970.
    """

    index: Bits
    currency: Ints
    at: Ints
    payment_id: Column
    merchant_id: Column
    reference: Column

    def journals(self, draws: Draws, event_type: str, *lines: tuple[str, Ints]) -> Journals:
        """A journal each, of lines with an account and minor units: debits are positive.

        A line of nothing is never posted, so a journal that would have one is left out.
        """
        amounts = np.stack([minor for _, minor in lines])
        chosen = np.flatnonzero((amounts != 0).all(axis=0))
        accounts = np.array([code(account) for account, _ in lines], np.int64)
        return Journals(
            event_type=event_type,
            bits=draws.bits(f"journal.{event_type}", self.index[chosen]),
            accounts=np.repeat(accounts[:, np.newaxis], len(chosen), axis=1),
            amounts=amounts[:, chosen],
            currency=self.currency[chosen],
            at=self.at[chosen],
            payment_id=self.payment_id.take(pa.array(chosen)),
            merchant_id=self.merchant_id.take(pa.array(chosen)),
            reference=self.reference.take(pa.array(chosen)),
        )

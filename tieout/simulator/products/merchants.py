"""Which merchants use which product: for good, because it depends on the merchant's number only."""

from __future__ import annotations

import numpy as np

from tieout.simulator.draws import Draws, Ints, Mask

# Of a hundred merchants. No merchant does both, so a payment has one story.
_BILLING = 15
_MARKETPLACES = 8

_SELLERS = 50  # of each marketplace
_FIRST_SELLER = 1 << 32  # above the numbers of all merchants who are paid by customers


def bills(draws: Draws, merchant: Ints) -> Mask:
    """Which merchants sell subscriptions and send invoices through the company."""
    drawn: Mask = draws.below("product", merchant.astype(np.uint64), 100) < _BILLING
    return drawn


def is_marketplace(draws: Draws, merchant: Ints) -> Mask:
    """Which merchants sell for others, who get their share by a transfer."""
    place = draws.below("product", merchant.astype(np.uint64), 100)
    drawn: Mask = (place >= _BILLING) & (place < _BILLING + _MARKETPLACES)
    return drawn


def sellers(marketplace: Ints, place: Ints) -> Ints:
    """The numbers of marketplaces' sellers, who are merchants too; `place` is any number."""
    numbers: Ints = _FIRST_SELLER + marketplace * _SELLERS + place % _SELLERS
    return numbers

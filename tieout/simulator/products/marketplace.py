"""Marketplaces: what a customer pays goes on to a seller, without the marketplace's own fee."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from tieout.contracts import TRANSFERS
from tieout.simulator.draws import SMALL, Draws, tokens
from tieout.simulator.identifiers import merchant_ids, payment_ids
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts
from tieout.simulator.phases import CURRENCIES
from tieout.simulator.products.merchants import is_marketplace, sellers
from tieout.simulator.products.posting import Posting, Products
from tieout.simulator.text import names, timestamps

_LOWEST_PERCENT, _HIGHEST_PERCENT = 5, 15  # what a marketplace keeps; each has its own


def marketplace(draws: Draws, _: Month, attempts: Attempts) -> Products:
    """A transfer for each captured payment of a marketplace, made as soon as it is captured."""
    chosen = attempts.is_seen_captured & is_marketplace(draws, attempts.merchant)
    paid = attempts.take(np.flatnonzero(chosen))
    percent = draws.between(
        "marketplace.percent", paid.merchant.astype(np.uint64), _LOWEST_PERCENT, _HIGHEST_PERCENT
    )
    kept = (paid.captured * percent + 50) // 100
    passed_on = paid.captured - kept
    # By likeness, so that a twin is bought from the seller of the payment that it is like.
    seller = sellers(paid.merchant, draws.below("seller", paid.likeness, 1 << 32))
    posting = Posting(
        index=paid.index,
        currency=paid.currency,
        at=paid.captured_at,
        payment_id=payment_ids(draws, paid.payment),
        merchant_id=merchant_ids(paid.merchant),
        reference=tokens("tr_", draws.bits("transfer.id", paid.index), SMALL),
    )
    columns = {
        "transfer_id": posting.reference,
        "from_merchant_id": posting.merchant_id,
        "to_merchant_id": merchant_ids(seller),
        "amount_minor": pa.array(passed_on),
        "application_fee_minor": pa.array(kept),
        "currency": names(paid.currency, CURRENCIES),
        "created_at": timestamps(paid.captured_at),
        "payment_id": posting.payment_id,
        "updated_at": timestamps(paid.captured_at),
    }
    both = (("merchant_payable", passed_on), ("merchant_payable", -passed_on))
    journals = posting.journals(draws, "transfer", *both)
    # Each journal is between two merchants: the marketplace on its first line, then the seller.
    two = pa.concat_arrays([posting.merchant_id, columns["to_merchant_id"]])
    in_turn = np.arange(2 * len(seller)).reshape(2, -1).T.ravel()
    between = replace(journals, merchant_id=two.take(pa.array(in_turn)))
    return Products({"transfers": pa.table(columns, schema=TRANSFERS.columns)}, [between])

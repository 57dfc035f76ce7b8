"""Taxes that the company adds to its own fee and owes to the merchant's country."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tieout.contracts import TAX_LINES
from tieout.simulator.amounts import merchant_fee
from tieout.simulator.draws import SMALL, Draws, tokens
from tieout.simulator.identifiers import attempt_ids, merchant_ids, payment_ids
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts
from tieout.simulator.phases import COUNTRIES, CURRENCIES
from tieout.simulator.products.jurisdictions import rates_ppm, tax_kinds, tax_on
from tieout.simulator.products.posting import Posting, Products
from tieout.simulator.text import names, timestamps


def taxes(draws: Draws, _: Month, attempts: Attempts) -> Products:
    """A tax line for each captured payment whose fee is taxed; a tax of nothing is not written."""
    rate = rates_ppm(attempts.market)
    fee = merchant_fee(attempts.captured, attempts.currency)
    tax = np.where(attempts.is_seen_captured, tax_on(fee, rate), 0)
    rows = np.flatnonzero(tax)
    taxed, fee, tax = attempts.take(rows), fee[rows], tax[rows]
    posting = Posting(
        index=taxed.index,
        currency=taxed.currency,
        at=taxed.captured_at,
        payment_id=payment_ids(draws, taxed.payment),
        merchant_id=merchant_ids(taxed.merchant),
        reference=tokens("tax_", draws.bits("tax.id", taxed.index), SMALL),
    )
    columns = {
        "tax_line_id": posting.reference,
        "jurisdiction": names(taxed.market, COUNTRIES),
        "tax_kind": tax_kinds(taxed.market),
        "rate_ppm": pa.array(rate[rows]),
        "taxable_minor": pa.array(fee),
        "tax_minor": pa.array(tax),
        "currency": names(taxed.currency, CURRENCIES),
        "created_at": timestamps(taxed.captured_at),
        "merchant_id": posting.merchant_id,
        "reference": attempt_ids(draws, taxed.index),
        "updated_at": timestamps(taxed.captured_at),
    }
    return Products(
        {"tax_lines": pa.table(columns, schema=TAX_LINES.columns)},
        [posting.journals(draws, "tax", ("merchant_payable", tax), ("tax_payable", -tax))],
    )

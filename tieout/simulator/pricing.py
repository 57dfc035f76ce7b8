"""What the processors charge: the prices as the contracts have them, and the fees that follow.

Interchange depends on how a card is funded and scheme fees on its brand; the markup falls from
phase to phase, as the company grows. Rates are parts per million of a line's gross.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from tieout.contracts import FEE_CONTRACTS
from tieout.simulator.draws import Ints
from tieout.simulator.payments import BRANDS, FUNDINGS
from tieout.simulator.phases import ADYEN, PHASES, PROCESSORS
from tieout.simulator.schedule import seconds

_INTERCHANGE = np.array([12_000, 4_000, 9_000])  # by `FUNDINGS`
_SCHEME = np.array([1_300, 1_300, 2_500, 1_500, 1_500])  # by `BRANDS`
_NETWORK = np.array([150, 180, 0, 120, 120])  # by `BRANDS`: billed by the networks themselves
# By phase and processor.
_MARKUP = np.array(
    [[3000, 2800], [2500, 2300], [2000, 1800], [1500, 1300], [1200, 1000], [800, 700]]
)
_MARKUP_FIXED = np.array([10, 10, 8, 6, 5, 3])
_DISPUTE_FEE = 15_00

_STARTS = [date(phase.first_year, 1, 1) for phase in PHASES]


@dataclass(frozen=True)
class Fees:
    """The fees of lines, in minor units of the settlement currency."""

    interchange: Ints
    scheme: Ints
    markup: Ints


def capture_fees(gross: Ints, processor: Ints, brand: Ints, funding: Ints, at: Ints) -> Fees:
    """What is charged for captures of these amounts, by the contract of their day."""
    phase = np.searchsorted([seconds(day) for day in _STARTS], at, side="right") - 1
    return Fees(
        interchange=_part(gross, _INTERCHANGE[funding]),
        scheme=_part(gross, _SCHEME[brand]),
        markup=_part(gross, _MARKUP[phase, processor]) + _MARKUP_FIXED[phase],
    )


def network_fees(gross: Ints, brand: Ints) -> Ints:
    """What the card networks will bill for captures of these amounts, by the contract."""
    return _part(gross, _NETWORK[brand])


def dispute_fee(count: int) -> Ints:
    """What is charged for a chargeback, whatever its amount."""
    return np.full(count, _DISPUTE_FEE, np.int64)


def _part(amount: Ints, ppm: Ints) -> Ints:
    share: Ints = (amount * ppm + 500_000) // 1_000_000
    return share


def contracts() -> pa.Table:
    """The contracts as the company's own export, a row a price."""
    rows: list[dict[str, object]] = []
    for number, processor in enumerate(PROCESSORS):
        common = {"processor": processor, "line_kind": "charge", "fixed_minor": 0}
        common |= {"effective_from": _STARTS[0]}
        for funding, ppm in zip(FUNDINGS, _INTERCHANGE.tolist(), strict=True):
            price = {"fee_component": "interchange", "rate_ppm": ppm, "funding": funding}
            rows.append(common | price)
        for brand, ppm in zip(BRANDS, _SCHEME.tolist(), strict=True):
            rows.append(
                common | {"fee_component": "scheme_fee", "rate_ppm": ppm, "card_brand": brand}
            )
        if number == ADYEN:
            for brand, ppm in zip(BRANDS, _NETWORK.tolist(), strict=True):
                price = {"fee_component": "network_fee", "rate_ppm": ppm, "card_brand": brand}
                rows.append(common | price)
        ends = [start - timedelta(days=1) for start in _STARTS[1:]]
        for place, (start, end) in enumerate(zip(_STARTS, [*ends, None], strict=True)):
            price = {"fee_component": "markup", "rate_ppm": int(_MARKUP[place, number])}
            price |= {"fixed_minor": int(_MARKUP_FIXED[place])}
            rows.append(common | price | {"effective_from": start, "effective_to": end})
        dispute = {"line_kind": "chargeback", "fee_component": "markup", "rate_ppm": 0}
        rows.append(common | dispute | {"fixed_minor": _DISPUTE_FEE})
    named = [
        row | {"contract_line_id": f"{row['processor']}-{n:02d}"} for n, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(named, schema=FEE_CONTRACTS.columns)

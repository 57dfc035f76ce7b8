"""What card networks bill of a month, beside what processors pass on: late, and never quite what
the contracts say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from tieout.contracts import NETWORK_BILLS
from tieout.simulator.draws import SMALL, Draws, Ints, tokens
from tieout.simulator.events import CAPTURE
from tieout.simulator.months import Month
from tieout.simulator.payments import BRANDS
from tieout.simulator.phases import ADYEN, CURRENCIES
from tieout.simulator.pricing import network_fees
from tieout.simulator.schedule import DAY, seconds
from tieout.simulator.settlement import Lines

# How many months after the one it is for, and on which day, each of `BRANDS` sends its bill.
_BILLED = ((1, 12), (2, 20), (1, 25), (2, 5), (2, 27))
_OFF_BY_PER_MILLE = 4


def bills(draws: Draws, month: Month, settled: Sequence[Lines]) -> Iterator[tuple[date, pa.Table]]:
    """The bills for a month's captures, of one day each."""
    every = Lines.concat(settled)
    start, end = seconds(month.first_day), seconds(month.last_day) + DAY
    own = every.take(
        (every.processor == ADYEN)
        & (every.kind == CAPTURE)
        & (every.at >= start)
        & (every.at < end)
    )
    place = own.brand * len(CURRENCIES) + own.currency
    amounts = np.zeros(len(BRANDS) * len(CURRENCIES), np.int64)
    np.add.at(amounts, place, network_fees(own.gross, own.brand))
    for billed_on in sorted({_billed_on(month, brand) for brand in range(len(BRANDS))}):
        places = [
            p
            for p in np.flatnonzero(amounts).tolist()
            if _billed_on(month, p // len(CURRENCIES)) == billed_on
        ]
        if places:
            yield billed_on, _table(draws, month, billed_on, np.array(places), amounts[places])


def _billed_on(month: Month, brand: int) -> date:
    later, day = _BILLED[brand]
    for _ in range(later):
        month = month.next
    return month.first_day.replace(day=day)


def _table(draws: Draws, month: Month, billed_on: date, places: Ints, amounts: Ints) -> pa.Table:
    index = (month.ordinal * 1000 + places).astype(np.uint64)
    off = draws.between("network.off", index, -_OFF_BY_PER_MILLE, _OFF_BY_PER_MILLE)
    count = len(places)
    columns = {
        "bill_line_id": tokens("nbl_", draws.bits("network.bill", index), SMALL),
        "network": pa.array([BRANDS[place // len(CURRENCIES)] for place in places.tolist()]),
        "service_month": pa.array([month.first_day] * count),
        "billed_on": pa.array([billed_on] * count),
        "amount_minor": pa.array(amounts + amounts * off // 1000),
        "currency": pa.array([CURRENCIES[place % len(CURRENCIES)] for place in places.tolist()]),
        "fee_name": pa.repeat("assessments", count),
        "updated_at": pa.nulls(count, NETWORK_BILLS.columns.field("updated_at").type),
    }
    return pa.table(columns, schema=NETWORK_BILLS.columns)

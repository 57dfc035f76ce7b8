"""The truth: a record of every error that was planted, which no reader of the inbox ever sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.simulator import adyen, bank, decoys, stripe
from tieout.simulator import errors as planted
from tieout.simulator.draws import SMALL, Bits, Draws, Ints, token, tokens
from tieout.simulator.events import CAPTURE
from tieout.simulator.identifiers import attempt_ids, charge_references, payment_ids
from tieout.simulator.incidents import Incident
from tieout.simulator.ledger import file_name as ledger_file
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts
from tieout.simulator.payouts import Payout, adyen_batch
from tieout.simulator.phases import ADYEN, CURRENCIES, PROCESSORS
from tieout.simulator.schedule import day_of
from tieout.simulator.settlement import UNKNOWN, Lines, line_ids, paid_on
from tieout.simulator.text import names

_NAMES = tuple(planted.KINDS)
_LEGS = tuple(kind.leg for kind in planted.KINDS.values())
_DECOYS = tuple(place for place, name in enumerate(_NAMES) if name in planted.DECOYS)
_BREAK_TYPES = tuple(kind.break_type for kind in planted.KINDS.values())
_IN_LEDGER = (planted.POSTING_MISSING, planted.LEDGER_AMOUNT, planted.UNBALANCED)
_WRONG_AMOUNT = (planted.LINE_AMOUNT, planted.LEDGER_AMOUNT, planted.UNBALANCED)


def of_payments(
    draws: Draws,
    month: Month,
    attempts: Attempts,
    fate: Ints,
    lines: Lines,
    incidents: Sequence[Incident],
) -> pa.Table:
    """The errors that were planted in the payments of a month."""
    rows = np.flatnonzero(fate != planted.NO_ERROR)
    wrong, kind = attempts.take(rows), fate[rows]
    amount = np.select(
        [np.isin(kind, _WRONG_AMOUNT), np.isin(kind, _DECOYS)],
        [planted.wrong_by(draws, wrong.index, wrong.captured), np.zeros(len(rows), np.int64)],
        wrong.captured,
    )
    unknown = kind == planted.LINE_UNKNOWN
    index = wrong.index ^ np.where(unknown, UNKNOWN, np.uint64(0))
    reference = charge_references(draws, index, wrong.processor)
    event = attempt_ids(draws, wrong.index)
    journal = tokens("jrn_", draws.bits("journal.capture", wrong.index), SMALL)
    reference = pc.if_else(pa.array(np.isin(kind, _IN_LEDGER)), event, reference)
    reference = pc.if_else(pa.array(kind == planted.UNBALANCED), journal, reference)
    known = pa.array(~unknown)
    columns = {
        "error_id": tokens("err_", draws.bits("error.id", wrong.index), SMALL),
        "error_type": names(kind, _NAMES),
        "expected": names(np.isin(kind, _DECOYS).astype(np.int64), ("broken", "matched")),
        "leg": names(kind, _LEGS),
        "break_type": names(kind, _BREAK_TYPES),
        "month": pa.repeat(str(month), len(rows)),
        "processor": names(wrong.processor, PROCESSORS),
        "currency": names(wrong.currency, CURRENCIES),
        "amount_minor": pa.array(amount),
        "payment_id": pc.if_else(known, payment_ids(draws, wrong.payment), None),
        "event_id": pc.if_else(known, event, None),
        "reference": reference,
        "line_id": _second_lines(draws, index, lines),
        "file": pa.array(_files(draws, month, wrong, kind, incidents), pa.string()),
    }
    return pa.table(columns, schema=planted.TRUTH)


def _second_lines(draws: Draws, index: Bits, lines: Lines) -> pa.Array:
    """For each error the id of the line that was added for it, or null where none was."""
    added = lines.take((lines.copy == 1) & (lines.kind == CAPTURE))
    place = pc.index_in(pa.array(index), pa.array(added.index))
    return line_ids(draws, added).take(place)


def _files(
    draws: Draws, month: Month, wrong: Attempts, kind: Ints, incidents: Sequence[Incident]
) -> list[str]:
    """The file of each error, or the one that its line would have been in."""
    capture = np.full(len(wrong), CAPTURE)
    days = paid_on(draws, kind, capture, wrong.index, wrong.processor, wrong.captured_at, incidents)
    files = []
    columns = (kind, wrong.processor, wrong.currency, days)
    for which, processor, currency, day in zip(*(c.tolist() for c in columns), strict=True):
        if which in _IN_LEDGER:
            files.append(ledger_file(month))
        elif processor == ADYEN:
            files.append(adyen.file_name(adyen_batch(day_of(day), currency)))
        else:
            files.append(stripe.file_name(day_of(day)))
    return files


def of_payouts(
    draws: Draws, month: Month, made: Sequence[Payout], again: Sequence[Payout]
) -> pa.Table:
    """The errors in the payouts of a month, and the reports delivered again, a payout for each."""
    rows = []
    for payout in made:
        if payout.fate == planted.NO_ERROR:
            continue
        statement = bank.file_name(Month.of(payout.bank_day), payout.processor)
        by_total = payout.fate == planted.PAYOUT_TOTAL
        off = payout.net - payout.stated if by_total else payout.stated - payout.booked
        file = decoys.report_of(payout) if by_total else statement
        rows.append(_payout_row(draws, month, payout, payout.fate, off, file))
    for payout in again:
        file = decoys.second_name(decoys.report_of(payout))
        rows.append(_payout_row(draws, month, payout, planted.REDELIVERED, 0, file))
    return pa.Table.from_pylist(rows, schema=planted.TRUTH)


def _payout_row(
    draws: Draws, month: Month, payout: Payout, fate: int, off: int, file: str
) -> dict[str, str | int | None]:
    error = _NAMES[fate]
    stream = "file.error.id" if fate == planted.REDELIVERED else "payout.error.id"
    bits = draws.bits(stream, np.array([payout.key], np.uint64))
    return {
        "error_id": token("err_", int(bits[0]), SMALL),
        "error_type": error,
        "expected": "matched" if error in planted.DECOYS else "broken",
        "leg": planted.KINDS[error].leg,
        "break_type": planted.KINDS[error].break_type,
        "month": str(month),
        "processor": PROCESSORS[payout.processor],
        "currency": CURRENCIES[payout.currency],
        "amount_minor": off,
        "payment_id": None,
        "event_id": None,
        "reference": payout.reference,
        "line_id": None,
        "file": file,
    }

"""The truth: a record of every error that was planted, which no reader of the inbox ever sees.

An error that shows in several legs has a row for each of them, under one error id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.simulator import adyen, bank, stripe
from tieout.simulator import errors as planted
from tieout.simulator.bank import Statement
from tieout.simulator.deliveries import Delivery
from tieout.simulator.draws import SMALL, Bits, Draws, Ints, token, tokens
from tieout.simulator.errors import KINDS, NAMES, Fate
from tieout.simulator.events import CAPTURE, REFUND
from tieout.simulator.identifiers import (
    attempt_ids,
    charge_references,
    payment_ids,
    references,
)
from tieout.simulator.incidents import Incident
from tieout.simulator.ledger import file_name as ledger_file
from tieout.simulator.months import Month
from tieout.simulator.payments import Attempts
from tieout.simulator.payouts import Payout, adyen_batch
from tieout.simulator.phases import ADYEN, CURRENCIES, PROCESSORS, SETTLED_IN
from tieout.simulator.schedule import day_of
from tieout.simulator.settlement import UNKNOWN, Lines, line_ids, paid_on
from tieout.simulator.text import names

TRUTH = pa.schema(
    [
        pa.field("error_id", pa.string(), nullable=False),
        pa.field("error_type", pa.string(), nullable=False),
        pa.field("expected", pa.string(), nullable=False),  # broken, or matched for a decoy
        pa.field("leg", pa.string(), nullable=False),
        pa.field("break_type", pa.string()),
        pa.field("month", pa.string(), nullable=False),
        pa.field("processor", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        # The money that does not match, in minor units, without a sign.
        pa.field("amount_minor", pa.int64(), nullable=False),
        pa.field("payment_id", pa.string()),
        pa.field("event_id", pa.string()),  # the attempt
        # By what the leg knows the record: the processor's reference, the journal, the payout's
        # reference on the bank statement, the account and closing day of a statement.
        pa.field("reference", pa.string(), nullable=False),
        pa.field("line_id", pa.string()),  # of the line that is there and should not be
        pa.field("file", pa.string(), nullable=False),  # below the inbox
        pa.field("file_sha256", pa.string()),  # null where that file was not written
    ]
)

_OFF_BY = (Fate.SETTLEMENT_AMOUNT_WRONG, Fate.LEDGER_AMOUNT_WRONG, Fate.JOURNAL_UNBALANCED)
# In the currency of settlement, by the line's own amount there.
_OFF_BY_SETTLED = (Fate.SETTLEMENT_FEE_WRONG, Fate.SETTLEMENT_FX_WRONG)
_IN_LEDGER = (
    Fate.LEDGER_POSTING_MISSING,
    Fate.LEDGER_POSTING_UNKNOWN,
    Fate.LEDGER_POSTING_DUPLICATED,
    Fate.LEDGER_AMOUNT_WRONG,
    Fate.JOURNAL_UNBALANCED,
)
_IS_DECOY = np.array([kind.is_decoy for kind in KINDS.values()])


def of_payments(
    draws: Draws,
    month: Month,
    attempts: Attempts,
    fate: Ints,
    lines: Lines,
    incidents: Sequence[Incident],
) -> list[pa.Table]:
    """The errors that were planted in a month's payments, a table for each leg they show in."""
    tables = []
    for leg in dict.fromkeys(leg for kind in KINDS.values() for leg in kind.shows):
        here = [
            kind for kind in planted.kinds_of(planted.Share.PAYMENTS) if leg in KINDS[kind].shows
        ]
        rows = np.flatnonzero(np.isin(fate, here))
        wrong = attempts.take(rows)
        tables.append(_payments(draws, month, leg, wrong, fate[rows], lines, incidents))
    return tables


def _payments(
    draws: Draws,
    month: Month,
    leg: str,
    wrong: Attempts,
    kind: Ints,
    lines: Lines,
    incidents: Sequence[Incident],
) -> pa.Table:
    unknown = kind == Fate.SETTLEMENT_LINE_UNKNOWN
    index = wrong.index ^ np.where(unknown, UNKNOWN, np.uint64(0))
    own_lines = _line_of(wrong.index, lines)
    settled = np.isin(kind, _OFF_BY_SETTLED)
    currency = np.where(settled, SETTLED_IN[wrong.currency], wrong.currency)
    shown = pa.array([KINDS[Fate(one)].shows[leg] for one in kind.tolist()], pa.string())
    known = pa.array(~unknown)
    columns = {
        "error_id": tokens("err_", draws.bits("error.id", wrong.index), SMALL),
        "error_type": names(kind, NAMES),
        "expected": names(_IS_DECOY[kind].astype(np.int64), ("broken", "matched")),
        "leg": pa.repeat(leg, len(kind)),
        "break_type": shown,
        "month": pa.repeat(str(month), len(kind)),
        "processor": names(wrong.processor, PROCESSORS),
        "currency": names(currency, CURRENCIES),
        "amount_minor": pa.array(_amounts(draws, wrong, kind, own_lines, lines)),
        "payment_id": pc.if_else(known, payment_ids(draws, wrong.payment), None),
        "event_id": pc.if_else(known, attempt_ids(draws, wrong.index), None),
        "reference": _references(draws, leg, wrong, index, kind),
        "line_id": _second_lines(draws, index, lines),
        "file": pa.array(_files(draws, month, leg, wrong, kind, incidents), pa.string()),
        "file_sha256": pa.nulls(len(kind), pa.string()),
    }
    return pa.table(columns, schema=TRUTH)


def _amounts(draws: Draws, wrong: Attempts, kind: Ints, own_lines: Ints, lines: Lines) -> Ints:
    """The money that does not match."""
    off = planted.wrong_by(draws, wrong.index, wrong.captured)
    off_settled = np.where(own_lines >= 0, lines.off[own_lines], 0)
    amount: Ints = np.select(
        [np.isin(kind, _OFF_BY), np.isin(kind, _OFF_BY_SETTLED), _IS_DECOY[kind]],
        [off, off_settled, np.zeros(len(kind), np.int64)],
        wrong.captured,
    )
    return amount


def _line_of(index: Bits, lines: Lines) -> Ints:
    """The position of each attempt's capture among the lines, or -1."""
    captures = np.flatnonzero((lines.kind == CAPTURE) & (lines.copy == 0))
    place = pc.index_in(pa.array(index), pa.array(lines.index[captures]))
    found: Ints = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(captures):
        return found
    place_in_lines: Ints = np.where(found >= 0, captures[found], -1)
    return place_in_lines


def _references(draws: Draws, leg: str, wrong: Attempts, index: Bits, kind: Ints) -> pa.Array:
    if leg == "payment_ledger":
        unknown = np.where(kind == Fate.LEDGER_POSTING_UNKNOWN, UNKNOWN, np.uint64(0))
        return attempt_ids(draws, wrong.index ^ unknown)
    if leg == "ledger_balance":
        return tokens("jrn_", draws.bits("journal.capture", wrong.index), SMALL)
    refunded = pa.array(kind == Fate.REFUND_RETURNED)
    refund = references(draws, REFUND, wrong.index, wrong.processor)
    return pc.if_else(refunded, refund, charge_references(draws, index, wrong.processor))


def _second_lines(draws: Draws, index: Bits, lines: Lines) -> pa.Array:
    """For each error the id of the line that was added for it, or null where none was."""
    added = lines.take((lines.copy == 1) & (lines.kind == CAPTURE))
    place = pc.index_in(pa.array(index), pa.array(added.index))
    return line_ids(draws, added).take(place)


def _files(
    draws: Draws,
    month: Month,
    leg: str,
    wrong: Attempts,
    kind: Ints,
    incidents: Sequence[Incident],
) -> list[str]:
    """The file of each error, or the one that its line would have been in."""
    if leg in ("payment_ledger", "ledger_balance"):
        return [ledger_file(month)] * len(kind)
    capture, again = np.full(len(kind), CAPTURE), np.ones(len(kind), np.int64)
    of_line = (wrong.index, wrong.processor, wrong.captured_at, incidents)
    days = paid_on(draws, kind, again, capture, *of_line)
    currencies = SETTLED_IN[wrong.currency]
    columns = (wrong.processor, currencies, days)
    return [
        adyen.file_name(adyen_batch(day_of(day), currency))
        if processor == ADYEN
        else stripe.file_name(day_of(day))
        for processor, currency, day in zip(*(c.tolist() for c in columns), strict=True)
    ]


def of_payouts(draws: Draws, month: Month, made: Iterable[Payout]) -> Iterator[pa.Table]:
    """The errors that were planted in payouts."""
    for payout in made:
        if payout.fate == Fate.NONE:
            continue
        fate = Fate(payout.fate)
        file = bank.file_name(Month.of(payout.bank_day), payout.processor, payout.currency)
        reference, off = payout.reference, payout.stated - payout.booked
        match fate:
            case Fate.PAYOUT_TOTAL_WRONG:
                off = payout.net - payout.stated
                file = _report_of(payout)
            case Fate.BANK_ENTRY_DUPLICATED:
                off = payout.booked
            case Fate.BANK_ENTRY_UNKNOWN:
                off, reference = bank.unknown_amount(payout), payout.unknown_reference
        for leg, break_type in KINDS[fate].shows.items():
            yield _row(draws, month, payout, fate, leg, break_type, off, reference, file)


def of_deliveries(draws: Draws, month: Month, made: Iterable[Delivery]) -> Iterator[pa.Table]:
    """The errors that were planted in how reports were delivered, and the decoys."""
    for delivery in made:
        fate, payout = Fate(delivery.fate), delivery.witness
        if fate is Fate.NONE or payout is None:
            continue
        file = delivery.files[-1].name
        if fate is not Fate.FILE_TRUNCATED:
            yield _row(draws, month, payout, fate, "batch_payout", None, 0, payout.reference, file)
            continue
        kept, lost = _split(delivery)
        off = abs(int(kept.net.sum()))
        for leg, break_type, minor, reference in (
            ("payout_bank", "missing_in_bank", off, payout.payout_id),
            ("payout_bank", "unknown_reference", payout.booked, payout.reference),
        ):
            yield _row(draws, month, payout, fate, leg, break_type, minor, reference, file)
        settled = charge_references(draws, lost.index, lost.processor)
        row = _row(
            draws,
            month,
            payout,
            fate,
            "payment_settlement",
            "missing_in_settlement",
            abs(int(lost.seen[0])),
            str(settled[0].as_py()),
            file,
        )
        currency = pa.array([CURRENCIES[lost.charged[0]]])
        payment = payment_ids(draws, lost.payment)
        yield _with(_with(row, "currency", currency), "payment_id", payment)


def _split(delivery: Delivery) -> tuple[Lines, Lines]:
    """The lines of a cut file that are whole, and the line of a payment that is lost."""
    lines = delivery.report.lines
    place = np.arange(len(lines))
    return lines.take(place < delivery.line), lines.take(place == delivery.line)


def of_statements(draws: Draws, made: Iterable[Statement]) -> Iterator[pa.Table]:
    """The statements whose closing balance is not what their entries come to."""
    for statement in made:
        if not statement.off:
            continue
        fate = Fate.STATEMENT_BALANCE_WRONG
        key = (statement.month.ordinal * 100 + statement.processor) * 100 + statement.currency
        reference = f"{statement.account} {statement.closing_day}"
        for leg, break_type in KINDS[fate].shows.items():
            yield _table(
                draws,
                statement.month,
                key,
                statement.processor,
                statement.currency,
                fate,
                leg,
                break_type,
                statement.off,
                reference,
                statement.file,
            )


def _row(  # noqa: PLR0913
    draws: Draws,
    month: Month,
    payout: Payout,
    fate: Fate,
    leg: str,
    break_type: str | None,
    off: int,
    reference: str,
    file: str,
) -> pa.Table:
    place = (payout.processor, payout.currency)
    return _table(draws, month, payout.key, *place, fate, leg, break_type, off, reference, file)


def _table(  # noqa: PLR0913
    draws: Draws,
    month: Month,
    key: int,
    processor: int,
    currency: int,
    fate: Fate,
    leg: str,
    break_type: str | None,
    off: int,
    reference: str,
    file: str,
) -> pa.Table:
    bits = draws.bits(f"{fate.error_type}.id", np.array([key], np.uint64))
    row = {
        "error_id": token("err_", int(bits[0]), SMALL),
        "error_type": fate.error_type,
        "expected": "matched" if KINDS[fate].is_decoy else "broken",
        "leg": leg,
        "break_type": break_type,
        "month": str(month),
        "processor": PROCESSORS[processor],
        "currency": CURRENCIES[currency],
        "amount_minor": off,
        "reference": reference,
        "file": file,
    }
    return pa.Table.from_pylist([row], schema=TRUTH)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), values)


def _report_of(payout: Payout) -> str:
    if payout.processor == ADYEN:
        return adyen.file_name(payout.batch)
    return stripe.file_name(payout.day)


def in_files(table: pa.Table, restated: Mapping[str, str]) -> pa.Table:
    """The truth with the file that counts in place of one that was restated."""
    files = [restated.get(name, name) for name in table["file"].to_pylist()]
    return _with(table, "file", pa.array(files, pa.string()))


def with_hashes(table: pa.Table, sha256: Mapping[str, str]) -> pa.Table:
    """The truth with the hash of each error's file."""
    hashes = [sha256.get(name) for name in table["file"].to_pylist()]
    return _with(table, "file_sha256", pa.array(hashes, pa.string()))

"""The totals that the control records of an ACH file state, and the same computed from its entries.

The entry hash is the sum of the routing numbers, of which the last ten digits are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tieout.formats.base import ControlTotal, Finding
from tieout.formats.nacha_records import Entry, File, Record

_HASH_DIGITS = 10**10
_CURRENCY = "USD"
_BLOCK = 10  # records


@dataclass
class _Sums:
    """What some entries come to."""

    records: int = 0
    entry_hash: int = 0
    debits: int = 0
    credits: int = 0

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> _Sums:
        """The sums of those entries whose fields can be read."""
        sums = cls()
        for entry in entries:
            sums.records += 1 + len(entry.addenda)
            try:
                routing, minor, is_credit = entry.routing, entry.minor, entry.is_credit
            except ValueError:
                continue
            sums.entry_hash += routing
            if is_credit:
                sums.credits += minor
            else:
                sums.debits += minor
        return sums


def batch_totals(file: File) -> Iterator[ControlTotal | Finding]:
    """Records, entry hash, debits and credits of each batch (8)."""
    for batch in file.batches:
        scope = f"the batch {batch.header.at(88, 94)} at line {batch.header.line}"
        if batch.control is None:
            message = f"{scope}: the control record (8) is missing; the file may be cut off"
            yield Finding("no_batch_control", message, batch.header.line)
            continue
        yield from _stated(batch.control, scope, _Sums.of(batch.entries), (5, 11, 21, 33))


def file_totals(file: File) -> Iterator[ControlTotal | Finding]:
    """Batches, blocks, records, entry hash, debits and credits of the file (9)."""
    scope = f"the file of {file.header.at(24, 33)}" if file.header else "the file"
    control = file.control
    if control is None:
        message = "the control record of the file (9) is missing; the file may be cut off"
        yield Finding("no_file_control", message)
        return
    blocks = -(-file.records // _BLOCK)
    for name, first, last, computed in (
        ("number_of_batches", 2, 7, len(file.batches)),
        ("number_of_blocks", 8, 13, blocks),
    ):
        yield from _total(control, name, scope, None, first, last, computed)
    yield from _stated(control, scope, _Sums.of(file.entries), (14, 22, 32, 44))


def _stated(
    control: Record, scope: str, sums: _Sums, places: tuple[int, int, int, int]
) -> Iterator[ControlTotal | Finding]:
    """The four totals that both control records have; `places` is where each of them begins."""
    count, hash_, debits, credits_ = places
    own_hash = sums.entry_hash % _HASH_DIGITS
    for name, currency, first, last, computed in (
        ("number_of_entries_and_addenda", None, count, hash_ - 1, sums.records),
        ("entry_hash", None, hash_, debits - 1, own_hash),
        ("sum_of_debits", _CURRENCY, debits, credits_ - 1, sums.debits),
        ("sum_of_credits", _CURRENCY, credits_, credits_ + 11, sums.credits),
    ):
        yield from _total(control, name, scope, currency, first, last, computed)


def _total(
    control: Record,
    name: str,
    scope: str,
    currency: str | None,
    first: int,
    last: int,
    computed: int,
) -> Iterator[ControlTotal | Finding]:
    try:
        stated = control.number(first, last, name.replace("_", " "))
    except ValueError as error:
        yield Finding("control_total_unreadable", f"{scope}: {error}", control.line)
        return
    yield ControlTotal(name, scope, currency, stated, computed, control.line)

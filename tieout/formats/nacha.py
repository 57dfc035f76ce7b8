"""ACH returns: the file (NACHA) in which a bank of the United States says what came back.

A return is an entry with addenda of type 99 and a reason; money moves against the direction of the
entry that is returned. A notification of change (type 98) moves none. The file says why, but names
the company and not its account, where the money stands on the statement: so a row is an advice. An
ACH file without any return is an instruction, of which no money has moved yet: it is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tieout.contracts import BANK_LINES
from tieout.formats.bank import decode, record_lines, rows
from tieout.formats.base import (
    Finding,
    Head,
    Part,
    Quarantined,
    Records,
    Report,
    Structural,
    UnreadableFile,
)
from tieout.formats.nacha_codes import change, follows_return, is_dishonoured, reason
from tieout.formats.nacha_records import Batch, Entry, File, Record, assemble, split
from tieout.formats.nacha_totals import batch_totals, file_totals

_HEADER = re.compile(r"101.{20}[0-9]{6}.{4}[A-Z0-9]094101")
_RETURN, _CHANGE = "99", "98"
_ADVICE = "advice"  # a word of `STATED_IN`
_CURRENCY = "USD"


class NachaReturns:
    """One row per returned entry; the totals of batches and file are checked."""

    format: ClassVar[str] = "nacha_returns"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "bank"
    title: ClassVar[str] = "ACH returns (NACHA)"

    def recognises(self, head: Head) -> bool:
        """Whether the file begins with the header of an ACH file."""
        return _HEADER.match(head.text) is not None

    def read(self, path: Path) -> Iterator[Part]:
        """Returned entries, the totals of each batch and of the file, and which file it is."""
        records = split(decode(path.read_bytes()))
        yield Records(len(records))
        lines, findings = record_lines([record.line for record in records])
        for record, line in zip(records, lines, strict=True):
            record.line = line
        files = assemble(records)
        entries = [entry for file in files for entry in file.entries]
        if not any(entry.addendum(_RETURN, _CHANGE) for entry in entries):
            raise UnreadableFile(
                f"an ACH file of {len(entries)} entries, none of them returned (addenda 99 or "
                "98): it instructs a bank, and what was paid stands on the bank's statement"
            )
        yield from findings
        readings = [_Reading(file) for file in files]
        for reading in readings:
            yield from reading.parts()
        if names := [reading.name for reading in readings if reading.file.header]:
            yield Report(f"ACH returns {'; '.join(names)}")


class _Reading:
    """What becomes of the records of one file."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.lines: list[dict[str, Any]] = []
        self.quarantined = [(stray.line, stray.text.rstrip(), why) for stray, why in file.strays]
        header = file.header
        # Who sent it, when it was made, and which file of that day it is.
        name = (header.at(14, 23), header.at(24, 33), header.at(34, 34)) if header else ()
        self.name = " ".join(filter(None, name)) or "?"
        self.made = _read_day(header.at(24, 29)) if header else None

    def parts(self) -> Iterator[Part]:
        """All there is to say of the file."""
        file = self.file
        for batch in file.batches:
            for entry in batch.entries:
                yield from self._entry(batch, entry)
                # The addenda belong to their entry, which alone is a row or quarantined.
                yield Structural(len(entry.addenda))
            yield Structural(1 + (batch.control is not None))
        yield Structural((file.header is not None) + (file.control is not None) + file.padding)
        yield from batch_totals(file)
        yield from file_totals(file)
        if self.lines:
            yield rows(BANK_LINES, self.lines)
        yield Quarantined.many(self.quarantined)

    def _entry(self, batch: Batch, entry: Entry) -> Iterator[Part]:
        """A row, a finding where no money moves, or a quarantined record."""
        line = entry.record.line
        try:
            changed = entry.addendum(_CHANGE)
            if changed:
                yield Finding(
                    "notification_of_change",
                    f"{change(changed.at(4, 6))}: what the entry {changed.at(7, 21)} said of its "
                    "receiver has changed; the corrected data are in its addenda",
                    line,
                )
                yield Structural(1)
                return
            row = self._row(batch, entry)
        except ValueError as error:
            self.quarantined.append((line, entry.raw, str(error)))
            return
        if row["amount_minor"] == 0:
            message = f"a prenotification was returned, without money: {row['remittance']}"
            yield Finding("prenotification_returned", message, line)
            yield Structural(1)
        else:
            self.lines.append(row)

    def _row(self, batch: Batch, entry: Entry) -> dict[str, Any]:
        header, record = batch.header, entry.record
        returned = entry.addendum(_RETURN)
        if returned is None:
            raise ValueError(
                "the entry was not returned (no addenda 99): it is an instruction, not yet money"
            )
        if sum(addenda.at(2, 3) == _RETURN for addenda in entry.addenda) > 1:
            raise ValueError(
                "the entry has several addenda of a return (99), where the standard has one: "
                "whether money moves back or forth cannot be told"
            )
        account = header.at(41, 50)
        if not account:
            raise ValueError(f"the batch at line {header.line} names no company")
        code = returned.at(4, 6)
        why = reason(code)
        # The return of a credit brings its money back; to dishonour a return undoes it.
        sign = (1 if entry.is_credit else -1) * (-1 if is_dishonoured(code) else 1)
        kind, international = header.at(51, 53), header.at(51, 53) == "IAT"
        said = (header.at(54, 63), why, _information(returned, code, international))
        extra = {
            "original_trace_number": returned.at(7, 21),
            "return_trace_number": returned.at(39, 53) if follows_return(code) else None,
            "standard_entry_class": kind,
            "company": None if international else header.at(5, 20),
        }
        return {
            "account": account,
            "statement_id": f"{self.name}/{header.at(88, 94) or '?'}",
            "booking_date": self._day(header),
            "amount_minor": sign * entry.minor,
            "currency": _CURRENCY,
            "bank_reference": record.at(80, 94) or None,
            # An international entry has the receiver's account in this place.
            "end_to_end_id": None if international else record.at(40, 54) or None,
            "remittance": " ".join(filter(None, said)),
            "counterparty": _counterparty(entry, kind),
            "transaction_code": code,
            "stated_in": _ADVICE,
            "source_line": record.line,
            "extra": json.dumps({name: value for name, value in extra.items() if value}),
        }

    def _day(self, header: Record) -> date:
        """The day of settlement, a number of the year without the year; else the effective day."""
        text = header.at(76, 78)
        if self.made and re.fullmatch(r"[0-9]{3}", text) and 1 <= int(text) <= 366:
            made = self.made
            days = [date(made.year + year, 1, 1) + timedelta(int(text) - 1) for year in (-1, 0, 1)]
            return min(days, key=lambda day: abs(day - made))
        day = _read_day(header.at(70, 75)) or self.made
        if day is None:
            raise ValueError(f"the batch at line {header.line} has no day of settlement")
        return day


def _counterparty(entry: Entry, kind: str) -> str | None:
    """The receiver of the entry that was returned."""
    if kind == "IAT":
        party = entry.addendum("10")
        return party.at(47, 81) or None if party else None
    return entry.record.at(59, 74) if kind == "CTX" else entry.record.at(55, 76) or None


def _information(returned: Record, code: str, international: bool) -> str:
    """The free text of a return; what follows one has fields about it first, or no text at all."""
    if is_dishonoured(code):
        return returned.at(59, 79)
    return "" if follows_return(code) else returned.at(46 if international else 36, 79)


def _read_day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None

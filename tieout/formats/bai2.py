"""BAI2, the bank statement of the United States (cash management balance reporting, version 2).

The as-of date of a group (02) is the booking date of its entries and the day of its balances. An
account (03) of a group is one statement; banks do not number them, so their id is made of the
bank, the day and, where an account number comes again, a count: masked numbers do.

Not all that a file says is money. The records of a group that is a deletion or a test (group
status 2 and 4) are quarantined with that reason, since they are business rows that must not be
booked, and a finding says so once. The entries of an interim report (as-of-date modifier 1 and 3)
are those of a notice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from tieout.contracts import BANK_BALANCES, BANK_LINES
from tieout.formats.bai2_account import Account, Group, read_group
from tieout.formats.bai2_records import Record, Section, assemble, split
from tieout.formats.bai2_values import read_day, read_total
from tieout.formats.bank import decode, rows
from tieout.formats.base import (
    ControlTotal,
    Finding,
    Head,
    Part,
    Quarantined,
    Records,
    Report,
    Rows,
    Structural,
    UnreadableFile,
)

_HEADER = re.compile(r"01,[^,]*,[^,]*,[0-9]{6},|01(?:,[^,]*){7},2\s*/")
_TRAILERS = {"file": "99", "group": "98", "account": "49"}
_CHILDREN = {"file": "groups", "group": "accounts"}


class Bai2:
    """One row per entry (16) and per balance of each account (03) and day."""

    format: ClassVar[str] = "bai2"
    version: ClassVar[int] = 3
    source: ClassVar[str] = "bank"
    title: ClassVar[str] = "Bank statement, BAI2"

    def recognises(self, head: Head) -> bool:
        """Whether the file begins with a BAI file header: its date or its version is in place."""
        return _HEADER.match(head.first_line.strip()) is not None

    def read(self, path: Path) -> Iterator[Part]:
        """Entries and balances, the totals of each account, group and file, the report's name."""
        text = decode(path.read_bytes())
        count = sum(1 for line in text.split("\n") if line.strip())
        records = split(text)
        files, strays = assemble(records)
        if not any(file.sections for file in files):
            raise UnreadableFile(
                f"no group (02), so no statement: the file has {count} lines that are not empty, "
                "and is cut off, damaged, or not written one record a line"
            )
        reading = _Reading()
        for file in files:
            reading.file(file)
        for record, reason in strays:
            reading.quarantine(record, reason)
        yield Records(count)
        # A continuation belongs to its record, which alone is a row or quarantined.
        yield Structural(reading.structural + sum(len(record.lines) - 1 for record in records))
        yield from reading.rows_and_report()
        yield from reading.parts


class _Reading:
    """What is known of a delivery while its files, groups and accounts pass by."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.structural = 0
        self._quarantined: list[tuple[int, str, str]] = []
        self._accounts: list[Account] = []
        self._versions: list[str] = []
        self._seen: Counter[tuple[str, str]] = Counter()

    def quarantine(self, record: Record, reason: object) -> None:
        """Sets a record apart, with its continuations."""
        self._quarantined.append((record.line, record.raw, str(reason)))

    def rows_and_report(self) -> Iterator[Part]:
        """All rows, all that is quarantined, and which report it is."""
        booked = [account for account in self._accounts if not account.problem]
        lines = [line for account in booked for line in account.lines]
        if lines:
            yield rows(BANK_LINES, lines)
        tables = [account.stated_balances.data for account in booked if account.balances]
        if tables:
            yield Rows(BANK_BALANCES, pa.concat_tables(tables))
        if self._quarantined:
            yield Quarantined.many(self._quarantined)
        if booked:
            made = max(self._versions, default=None)
            yield Report(_report_id(booked, made), made)

    def file(self, section: Section) -> None:
        """One file, from its header to its trailer (01 … 99)."""
        scope = "the file"
        if section.header is None:
            message = "the file header (01) is missing, so when the file was made is not known"
            self.parts.append(Finding("no_file_header", message))
        else:
            try:
                name, version = _read_header(section.header)
            except ValueError as error:
                self.quarantine(section.header, error)
            else:
                scope = f"the file {name}"
                self._versions.append(version)
                self.structural += 1
        accounts = [account for group in section.sections for account in self._group(group)]
        self._trailer("file", section, scope, accounts)

    def _group(self, section: Section) -> list[Account]:
        """One group (02 … 98)."""
        header = section.header
        assert header is not None  # only a file can lack its header
        group, problem, scope = None, None, f"the group at line {header.line}"
        try:
            group = read_group(header)
        except ValueError as error:
            self.quarantine(header, error)
            problem = f"the group (02) at line {header.line} cannot be read: {error}"
        else:
            self.structural += 1
            problem = group.withheld
            scope = f"{scope} from {group.originator} of {group.day}"
        accounts = [self._account(account, group, problem) for account in section.sections]
        if group is not None:
            self._say_what_it_is(group, scope)
        self._trailer("group", section, scope, accounts)
        return accounts

    def _say_what_it_is(self, group: Group, scope: str) -> None:
        """The finding on a group that is anything but an update."""
        if group.withheld:
            message = f"{scope} is quarantined and not booked: {group.withheld}"
            self.parts.append(Finding(f"{group.kind}_group", message, group.line))
        elif group.kind == "correction":
            message = (
                f"{scope} corrects what was reported before (status 3): it is booked, and the "
                "earlier report is superseded only if it covers the same accounts and days"
            )
            self.parts.append(Finding("correction_group", message, group.line))

    def _account(self, section: Section, group: Group | None, problem: str | None) -> Account:
        """One account of a group (03 … 49)."""
        header = section.header
        assert header is not None  # only a file can lack its header
        account = Account(header, group, problem)
        if not account.problem:
            self._number(account)
        try:
            self.structural += not account.read_summary()
        except ValueError as error:
            self.quarantine(header, error)
        for record in section.entries:
            try:
                self.structural += not account.read_entry(record)
            except ValueError as error:
                self.quarantine(record, error)
        self._accounts.append(account)
        self._trailer("account", section, account.scope, [account])
        if not account.problem:
            self.parts += account.balance_totals()
            self.parts += account.summary_totals()
        return account

    def _number(self, account: Account) -> None:
        """Keeps apart the statements of accounts that show the same number on the same day."""
        assert account.group is not None  # else the account has a problem
        key = (account.number, account.statement_id)
        self._seen[key] += 1
        if self._seen[key] > 1:
            account.statement_id += f"/{self._seen[key]}"
            message = (
                f"the account {account.number} comes more than once on {account.group.day}, as "
                f"masked numbers do: kept apart as statement {account.statement_id}"
            )
            self.parts.append(Finding("repeated_account", message, account.line))

    def _trailer(self, level: str, section: Section, scope: str, accounts: list[Account]) -> None:
        """The control total and counts of a trailer (49, 98, 99) against what the section has.

        The control total is the sum of all amounts of its accounts as they are written: balances,
        summaries and entries alike. It shows that the transmission is whole. Where accounts have
        different currencies it is a number without a unit, so it has no currency.
        """
        trailer = section.trailer
        if trailer is None:
            message = (
                f"{scope}: the trailer ({_TRAILERS[level]}) is missing, so its control total "
                "cannot be checked; the file may be cut off"
            )
            self.parts.append(Finding(f"no_{level}_trailer", message))
            return
        fields = trailer.fields
        try:
            total = read_total(fields.next())
            children = read_total(fields.next()) if level in _CHILDREN else None
            count = read_total(fields.next())
        except ValueError as error:
            self.quarantine(trailer, error)
            return
        self.structural += 1
        currencies = {account.currency for account in accounts}
        currency = currencies.pop() if len(currencies) == 1 else None
        computed = sum(account.total for account in accounts)
        lines = trailer.last_number - section.first_number + 1
        for name, unit, stated, own in (
            (f"{level}_control_total", currency, total, computed),
            (f"number_of_{_CHILDREN.get(level)}", None, children, len(section.sections)),
            ("number_of_records", None, count, lines),
        ):
            if stated is not None:
                self.parts.append(ControlTotal(name, scope, unit, stated, own, trailer.line))


def _read_header(record: Record) -> tuple[str, str]:
    """The sender's number of a file (01), and when it was made, as text that sorts."""
    fields = record.fields
    sender, _receiver, day, clock, number = (fields.next() for _ in range(5))
    _length, _block, version = (fields.next() for _ in range(3))
    if version not in {"", "2"}:
        raise UnreadableFile(
            f"the file header at line {record.line} says BAI version {version!r}, expected '2'"
        )
    made = read_day(day, "file creation date")
    digits = clock.replace(":", "")[:4]
    time = digits if re.fullmatch(r"[0-9]{4}", digits) else "0000"
    return f"{number or '?'} from {sender or '?'}", f"{made}T{time} {number:0>8}"


def _report_id(accounts: list[Account], made: str | None) -> str:
    """The accounts and the days they are reported for.

    A bank gives every file it sends a number of its own, a restated one too, so that number
    cannot be part of the name; it orders the deliveries. Interim reports follow each other on one
    day, and none of them replaces another, so theirs says when they were `made`.
    """
    days: dict[tuple[str, str, bool], list[date]] = {}
    for account in accounts:
        assert account.group is not None  # else the account has a problem
        group = account.group
        days.setdefault((account.number, group.originator, group.is_notice), []).append(group.day)
    names = []
    for (number, originator, is_notice), found in days.items():
        first, last = min(found), max(found)
        until = f"..{last}" if last != first else ""
        interim = f" interim {made or '?'}" if is_notice else ""
        names.append(f"{number}/{originator}@{first}{until}{interim}")
    return "; ".join(names)

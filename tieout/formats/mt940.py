"""MT940 and MT942, the bank statement and the interim report of SWIFT.

The file is split tag by tag with their lines, so that every entry is accounted for. One that cannot
be read is quarantined and stops no other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from tieout.contracts import BANK_LINES
from tieout.formats.amounts import parse_minor
from tieout.formats.bank import (
    NOTICE,
    Balance,
    balance_rows,
    closing_totals,
    decode,
    report_name,
    rows,
)
from tieout.formats.base import (
    ControlTotal,
    Finding,
    Head,
    Part,
    Quarantined,
    Records,
    Report,
    UnreadableFile,
)
from tieout.formats.swift_entries import read_balance, read_entry
from tieout.formats.swift_tags import BALANCES, RECORD, Tag, names, split, with_details

_SUMMARIES = {"90D": ("debits", -1), "90C": ("credits", 1)}
_SUMMARY = re.compile(r"([0-9]{1,5})([A-Z]{3})([0-9]+,?[0-9]*)")


def _is_mt942(head: Head) -> bool:
    """An interim report: floor limits and totals where a statement has its balances."""
    found = names(head)
    return {"20", "34F"} <= found and not found & BALANCES.keys()


class Mt940:
    """One row per entry (:61:) and per balance of each statement or page."""

    format: ClassVar[str] = "mt940"
    version: ClassVar[int] = 4
    source: ClassVar[str] = "bank"
    title: ClassVar[str] = "Bank statement, SWIFT MT940"

    def recognises(self, head: Head) -> bool:
        """Whether the file has fields of a statement; one alone is a fragment of anything."""
        fields = {name[:2] for name in names(head)} & {"20", "25", "28", "60", "61", "62"}
        return len(fields) > 1 and not _is_mt942(head)

    def read(self, path: Path) -> Iterator[Part]:
        """Entries and balances, the closing total of each page, and the report's name."""
        text = decode(path.read_bytes())
        messages = list(split(text))
        if not any(tag.name[:2] == "60" for tags in messages for tag in tags):
            raise UnreadableFile("no opening balance (:60F: or :60M:), so no currency")
        yield from _read(text, [_Statement(tags) for tags in messages])


class Mt942:
    """One row per entry (:61:) of each interim report; its entries are those of a notice."""

    format: ClassVar[str] = "mt942"
    version: ClassVar[int] = 3
    source: ClassVar[str] = "bank"
    title: ClassVar[str] = "Bank interim report, SWIFT MT942"

    def recognises(self, head: Head) -> bool:
        """Whether the file has the floor limit of an interim report and no balance."""
        return _is_mt942(head)

    def read(self, path: Path) -> Iterator[Part]:
        """Entries, the totals of debits and credits of each report, and the report's name."""
        text = decode(path.read_bytes())
        messages = list(split(text))
        if not any(tag.name == "34F" for tags in messages for tag in tags):
            raise UnreadableFile("no floor limit (:34F:), so no currency")
        yield from _read(text, [_InterimReport(tags) for tags in messages])


def _read(text: str, statements: list[_Statement]) -> Iterator[Part]:
    yield Records(len(RECORD.findall(text)))
    for statement in statements:
        yield from statement.parts()
    yield Report("; ".join(dict.fromkeys(statement.report for statement in statements)))


class _Statement:
    """One statement, or one page of it."""

    word = "statement"
    currency_tag, currency_name = "60", "opening balance (:60F:)"
    currency_pattern = r"[CD][0-9]{6}([A-Z]{3})"
    stated_in: str | None = None

    def __init__(self, tags: list[Tag]) -> None:
        first: dict[str, Tag] = {}
        for tag in tags:
            first.setdefault(tag.name[:2], tag)
        self.tags = tags
        self.texts = {name: tag.text.partition("\n")[0].strip() for name, tag in first.items()}
        self.line = tags[0].line
        # Polish banks write the account as a party is written, behind a slash.
        self.account = self.texts.get("25", "").lstrip("/") or None
        number = (self.texts.get("28"), self.texts.get("20"))
        self.statement_id = " ".join(filter(None, number)) or None
        self.scope = f"{self.account or 'an account'} {self.word} {self.statement_id or '?'}"
        currency = re.match(self.currency_pattern, self.texts.get(self.currency_tag, ""))
        self.currency = currency[1] if currency else None
        self.balances: list[Balance] = []
        self.lines: list[dict[str, Any]] = []

    def parts(self) -> Iterator[Part]:
        """Its rows, what is quarantined of it, and its totals."""
        quarantined: list[tuple[int, str, str]] = []
        for tag in with_details(self.tags):
            try:
                finding = self._take(tag)
            except ValueError as error:
                quarantined.append((tag.line, tag.raw, str(error)))
                continue
            if finding:
                yield finding
        if self.lines:
            yield rows(BANK_LINES, self.lines)
        if quarantined:
            yield Quarantined.many(quarantined)
        if self.account and self.statement_id and self.balances:
            yield balance_rows(self.account, self.statement_id, self.balances)
        yield from self.totals()

    def _take(self, tag: Tag) -> Finding | None:
        if not (self.account and self.statement_id):
            raise ValueError(f"the {self.word} has no account (:25:) or no number (:28C:, :20:)")
        if tag.name != "61":
            self.take_balance(tag)
            return None
        if self.currency is None:
            raise ValueError(f"the {self.word} has no {self.currency_name}, so no currency")
        row, finding = read_entry(tag, self.currency)
        row |= {"account": self.account, "statement_id": self.statement_id}
        self.lines.append(row | {"stated_in": self.stated_in})
        return finding

    def take_balance(self, tag: Tag) -> None:
        """Keep a balance; `ValueError` says why it cannot be read."""
        self.balances.append(read_balance(tag))

    def totals(self) -> Iterator[ControlTotal | Finding]:
        """The closing total, or why it cannot be checked."""
        sums: Counter[str] = Counter()
        for row in self.lines:
            sums[row["currency"]] += row["amount_minor"]
        yield from closing_totals(self.scope, self.balances, sums, self.line)

    @property
    def report(self) -> str:
        """Which statement it is, or which page of one."""
        return report_name(self.account, self.statement_id, self.balances)


class _InterimReport(_Statement):
    """One interim report; what it states is the number and sum of its debits and credits."""

    word = "report"
    currency_tag, currency_name = "34", "floor limit (:34F:)"
    currency_pattern = r"([A-Z]{3})"
    stated_in = NOTICE

    def take_balance(self, tag: Tag) -> None:
        """An interim report has no balance, so what looks like one has no known meaning."""
        raise ValueError(f"a balance (:{tag.name}:) within an interim report")

    def totals(self) -> Iterator[ControlTotal | Finding]:
        """The totals of debits (:90D:) and credits (:90C:), where they are stated."""
        for tag in self.tags:
            if tag.name not in _SUMMARIES:
                continue
            what, sign = _SUMMARIES[tag.name]
            own = [row["amount_minor"] for row in self.lines if row["amount_minor"] * sign > 0]
            found = _SUMMARY.match(tag.text)
            try:
                if found is None:
                    raise ValueError("it is not: count, currency, sum")
                minor = parse_minor(found[3], found[2], ",")
            except ValueError as error:
                message = f"{self.scope}: the total (:{tag.name}:) cannot be read: {error}"
                yield Finding("summary_unreadable", message, tag.line)
                continue
            yield ControlTotal(
                f"number_of_{what}", self.scope, None, int(found[1]), len(own), tag.line
            )
            yield ControlTotal(
                f"sum_of_{what}", self.scope, found[2], minor, abs(sum(own)), tag.line
            )

    @property
    def report(self) -> str:
        """Which report it is: banks that number all reports of a day alike state the time."""
        days: set[date] = {row["booking_date"] for row in self.lines}
        name = report_name(self.account, self.statement_id, (), days)
        made = self.texts.get("13")
        return f"{name} {made}" if made else name

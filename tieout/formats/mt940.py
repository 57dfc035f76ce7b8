"""MT940, the bank statement of SWIFT.

The file is split here, tag by tag with their lines, so that every entry is accounted for; the
library `mt940` takes a single entry (:61:) or balance apart. One that it cannot read is quarantined
and stops no other.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import mt940

from tieout.contracts import BANK_LINES
from tieout.formats.amounts import parse_minor
from tieout.formats.bank import (
    Balance,
    balance_rows,
    closing_totals,
    decode,
    report_name,
    rows,
)
from tieout.formats.base import (
    Finding,
    Head,
    Part,
    Quarantined,
    Records,
    Report,
    UnreadableFile,
)
from tieout.formats.field86 import read_details

_BALANCES = {
    "60": "opening",
    "60F": "opening",
    "60M": "interim_opening",
    "62": "closing",
    "62F": "closing",
    "62M": "interim_closing",
    "64": "available",
    "65": "forward",
}
_OTHER_TAGS = (
    "13",
    "13D",
    "20",
    "21",
    "25",
    "25P",
    "28",
    "28C",
    "34F",
    "61",
    "86",
    "90C",
    "90D",
    "NS",
)
_TAGS = frozenset({*_BALANCES, *_OTHER_TAGS})
_AFTER_CLOSING = frozenset({"64", "65", "86", "90C", "90D", "NS"})

# A tag begins a line, or follows the opening of the SWIFT text block on its line.
_BEGIN = r"^(?:\{(?:1:.*\{)?4:)?"
_TAG = re.compile(_BEGIN + r":([0-9]{2}[A-Z]?|NS):(.*)")
_RECORD = re.compile(_BEGIN + r":(?:61|60[FM]?|62[FM]?|64|65):", re.MULTILINE)
_TRAILER = re.compile(r"-(?:\}.*|XXX)?\s*")

# A single tag is read outside any statement of the library; the options only matter to statements.
_CONTEXT = mt940.models.Transactions()
_ENTRY, _LONG_REFERENCE = mt940.tags.Statement(), mt940.tags.StatementGLS()
_BALANCE = mt940.tags.OpeningBalance()
_SIGNS = {"C": 1, "RD": 1, "D": -1, "RC": -1}


@dataclass
class _Tag:
    name: str
    line: int
    lines: list[str]
    details: list[_Tag] = field(default_factory=list)  # the :86: fields of a :61:

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()

    @property
    def raw(self) -> str:
        texts = (f":{tag.name}:{tag.text}" for tag in (self, *self.details))
        return "\n".join(texts)


def is_mt942(head: Head) -> bool:
    """An interim report: floor limits and totals where a statement has its balances."""
    names = _names(head)
    return {"20", "34F"} <= names and not names & _BALANCES.keys()


class Mt940:
    """One row per entry (:61:) and per balance of each statement or page."""

    format: ClassVar[str] = "mt940"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "bank"
    title: ClassVar[str] = "Bank statement, SWIFT MT940"

    def recognises(self, head: Head) -> bool:
        """Whether the file has fields of a statement; one alone is a fragment of anything."""
        fields = {name[:2] for name in _names(head)} & {"20", "25", "28", "60", "61", "62"}
        return len(fields) > 1 and not is_mt942(head)

    def read(self, path: Path) -> Iterator[Part]:
        """Entries and balances, the closing total of each page, and the report's name."""
        text = decode(path.read_bytes())
        statements = list(_split(text))
        if not any(tag.name[:2] == "60" for tags in statements for tag in tags):
            raise UnreadableFile("no opening balance (:60F: or :60M:), so no currency")
        yield Records(len(_RECORD.findall(text)))
        names: list[str] = []
        for tags in statements:
            statement = _Statement(tags)
            yield from statement.parts()
            names.append(statement.report)
        yield Report("; ".join(dict.fromkeys(names)))


def _names(head: Head) -> set[str]:
    return {found[1] for line in head.text.splitlines() if (found := _TAG.match(line))} & _TAGS


def _split(text: str) -> Iterator[list[_Tag]]:
    """The tags of each statement.

    A statement begins with :20:, with a SWIFT envelope, or, should :20: be missing, with whatever
    cannot follow a closing balance.
    """
    tags: list[_Tag] = []
    current: _Tag | None = None
    closed = False
    for number, line in enumerate(text.split("\n"), start=1):
        found = _TAG.match(line)
        name = found[1] if found and found[1] in _TAGS else None
        begins = name == "20" or (closed and name and name not in _AFTER_CLOSING)
        if tags and (begins or line.startswith(("{1:", "{4:"))):
            yield tags
            tags, current, closed = [], None, False
        if found and name:
            current = _Tag(name, number, [found[2]])
            tags.append(current)
            closed = closed or name[:2] == "62"
        elif _TRAILER.fullmatch(line) or (found and current and current.name != "86"):
            # What follows the trailer, or a tag of the bank's own, continues nothing.
            current = None
        elif current:
            current.lines.append(line)
    if tags:
        yield tags


class _Statement:
    """One statement, or one page of it."""

    def __init__(self, tags: list[_Tag]) -> None:
        first: dict[str, _Tag] = {}
        for tag in tags:
            first.setdefault(tag.name[:2], tag)
        texts = {name: tag.text.partition("\n")[0].strip() for name, tag in first.items()}
        self.line = tags[0].line
        self.account = texts.get("25") or None
        self.statement_id = " ".join(filter(None, (texts.get("28"), texts.get("20")))) or None
        self.scope = f"{self.account or 'an account'} statement {self.statement_id or '?'}"
        opening = re.match(r"[CD][0-9]{6}([A-Z]{3})", texts.get("60", ""))
        self.currency = opening[1] if opening else None
        self.records = _with_details(tags)
        self.balances: list[Balance] = []

    def parts(self) -> Iterator[Part]:
        lines: list[dict[str, Any]] = []
        sums: Counter[str] = Counter()
        quarantined: list[tuple[int, str, str]] = []
        for tag in self.records:
            try:
                if not (self.account and self.statement_id):
                    raise ValueError(
                        "the statement has no account (:25:) or no number (:28C:, :20:)"
                    )
                if tag.name != "61":
                    self.balances.append(_balance(tag))
                    continue
                if self.currency is None:
                    raise ValueError("the statement has no opening balance (:60F:), so no currency")
                row, finding = _entry(tag, self.currency)
            except ValueError as error:
                quarantined.append((tag.line, tag.raw, str(error)))
                continue
            lines.append(row | {"account": self.account, "statement_id": self.statement_id})
            sums[self.currency] += row["amount_minor"]
            if finding:
                yield finding
        if lines:
            yield rows(BANK_LINES, lines)
        if quarantined:
            yield Quarantined.many(quarantined)
        if self.account and self.statement_id and self.balances:
            yield balance_rows(self.account, self.statement_id, self.balances)
        yield from closing_totals(self.scope, self.balances, sums, self.line)

    @property
    def report(self) -> str:
        return report_name(self.account, self.statement_id, self.balances)


def _with_details(tags: list[_Tag]) -> list[_Tag]:
    """The entries and balances; a :86: belongs to the entry before it, or to the statement."""
    records: list[_Tag] = []
    entry: _Tag | None = None
    for tag in tags:
        if tag.name == "61" or tag.name in _BALANCES:
            records.append(tag)
            entry = tag if tag.name == "61" else None
        elif tag.name == "86" and entry:
            entry.details.append(tag)
    return records


def _entry(tag: _Tag, currency: str) -> tuple[dict[str, Any], Finding | None]:
    """The columns of one entry; `ValueError` says why it cannot be read."""
    groups = _entry_groups(tag)
    sign = _SIGNS.get((groups["status"] or "").upper())
    if sign is None:
        raise ValueError(f"the debit/credit mark {groups['status']!r} is not C, D, RC or RD")
    minor = sign * parse_minor(groups["amount"], currency, ",")
    stated_day = groups["day"]
    # German banks give a value date of 30 February, by the calendar of 30-day months.
    groups = mt940.processors.date_fixup_pre_processor(_CONTEXT, _ENTRY, groups)
    # The library gives the entry date, written without a year, the year nearest the value date.
    data = _ENTRY(_CONTEXT, groups)
    value, booked = _plain(data["date"]), _plain(data.get("entry_date", data["date"]))
    finding = None
    if groups["day"] != stated_day:
        message = f"the value date is day {stated_day} of a shorter month; read as {value}"
        finding = Finding("value_date_adjusted", message, tag.line)
    reference = (groups["bank_reference"] or "").strip()
    details = [read_details(detail.lines) for detail in tag.details]
    return {
        "booking_date": booked,
        "value_date": value,
        "amount_minor": minor,
        "currency": currency,
        "bank_reference": None if reference in {"", "NONREF"} else reference,
        "end_to_end_id": next((d.end_to_end_id for d in details if d.end_to_end_id), None),
        "remittance": " ".join(d.remittance for d in details if d.remittance) or None,
        "counterparty": next((d.counterparty for d in details if d.counterparty), None),
        "transaction_code": (groups["id"] or "").strip() or None,
        "source_line": tag.line,
        "extra": _extra(groups),
    }, finding


def _entry_groups(tag: _Tag) -> dict[str, Any]:
    """The subfields of :61:, by the library's pattern."""
    first, *rest = [line.rstrip() for line in tag.lines if line.strip()] or [""]
    text = "\n".join(filter(None, (first, " ".join(rest))))
    found = _ENTRY.re.match(text)
    # Some banks give references longer than the standard's 16 characters, which would swallow the
    # bank's reference behind them, or leave nothing to continue with.
    if found is None or ("//" in first and found["bank_reference"] is None):
        found = _LONG_REFERENCE.re.match(text) or found
    if found is None:
        raise ValueError(
            "the entry (:61:) is not: date, debit/credit mark, amount, type, reference"
        )
    return found.groupdict()


def _extra(groups: dict[str, Any]) -> str | None:
    """What no canonical column has a place for: the customer's reference and the second line."""
    names = {"customer_reference": "customer_reference", "extra_details": "supplementary_details"}
    found = {new: (groups[old] or "").strip() for old, new in names.items()}
    kept = {name: text for name, text in found.items() if text not in {"", "NONREF"}}
    return json.dumps(kept, ensure_ascii=False) if kept else None


def _balance(tag: _Tag) -> Balance:
    found = _BALANCE.re.fullmatch(tag.text)
    if found is None:
        raise ValueError(f"the balance (:{tag.name}:) is not: C or D, date, currency, amount")
    day = mt940.models.Date(year=found["year"], month=found["month"], day=found["day"])
    minor = parse_minor(found["amount"], found["currency"], ",")
    signed = -minor if found["status"] in "Dd" else minor
    return Balance(tag.line, _BALANCES[tag.name], _plain(day), signed, found["currency"])


def _plain(day: object) -> date:
    """A date of the library as one of Python's own, which is all that Arrow takes."""
    assert isinstance(day, date)
    return date(day.year, day.month, day.day)

"""One statement of an OFX file: its account, entries and balances.

Customers download any days they like, so downloads overlap. An entry is therefore known again by
the bank's id of it (FITID), together with its day and amount, since some banks use an id twice.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from tieout.cards import truncate_text
from tieout.contracts import BANK_LINES
from tieout.formats.amounts import parse_minor
from tieout.formats.bank import Balance, balance_rows, rows
from tieout.formats.base import Finding, Part, Quarantined, Structural
from tieout.formats.ofx_elements import Element

_ENTRY, _PENDING = "STMTTRN", "STMTTRNP"
_BALANCES = {"LEDGERBAL": "closing", "AVAILBAL": "available"}
RECORDS = frozenset({_ENTRY, _PENDING, *_BALANCES})

# A day, perhaps a time, and perhaps the hours that the bank's clock is east of Greenwich.
_TIME = re.compile(
    r"([0-9]{8})(?:[0-9]{2}(?:[0-9]{2}(?:[0-9]{2}(?:[.,][0-9]{1,6})?)?)?)?"
    r"(?:\s*\[\s*[+-]?[0-9]{1,2}(?:[.:][0-9]{1,2})?(?::[^\]]*)?\])?"
)
_SIGNS = {"CREDIT": 1, "DEBIT": -1}
_OWN_CURRENCY = "CURRENCY/CURSYM"
_NO_REFERENCE = frozenset({"NONREF", "NOTPROVIDED"})
_IN_COLUMNS = frozenset(
    {"TRNTYPE", "DTPOSTED", "DTAVAIL", "TRNAMT", "FITID", "NAME", "PAYEE/NAME", "MEMO", "REFNUM",
     _OWN_CURRENCY}
)  # fmt: skip


class Statement:
    """A statement of a bank account (STMTRS) or of a credit card (CCSTMTRS)."""

    def __init__(self, element: Element, records: list[Element], text: str) -> None:
        self.records = records
        self.line = element.line
        self._text = text
        account = element.text("BANKACCTFROM/ACCTID", "CCACCTFROM/ACCTID")
        # The account of a credit card is the number of the card.
        self.account = truncate_text(account) if account else None
        self.currency = element.text("CURDEF")
        # The list of entries may lack its end tag, and is then no element of its own.
        self._period = [element.text(f"BANKTRANLIST/{n}", n) for n in ("DTSTART", "DTEND")]
        self.scope = f"the statement of {self.account or 'an account'}"
        self.lines: list[dict[str, Any]] = []
        self.balances: list[Balance] = []
        self._seen: Counter[str] = Counter()

    @property
    def statement_id(self) -> str:
        """The days that were asked for, or else those that came."""
        days = self._days or sorted({str(line["booking_date"]) for line in self.lines})
        return f"{days[0]}..{days[-1]}" if days else "?"

    @property
    def report(self) -> str | None:
        """Account and days, so that the same download made again supersedes this one."""
        return f"{self.account}/{self.statement_id}" if self.account and self._days else None

    @property
    def _days(self) -> list[str]:
        """The first and the last day, where the statement says them."""
        try:
            return [str(_day(text)) for text in self._period if text is not None]
        except ValueError:
            return []

    def parts(self) -> Iterator[Part]:
        """Its rows, what is not booked or quarantined of it, and what is doubtful."""
        quarantined: list[tuple[int, str, str]] = []
        for record in self.records:
            try:
                yield from self._take(record)
            except ValueError as error:
                raw = self._text[record.start : record.end]
                quarantined.append((record.line, raw, str(error)))
        if self.lines:
            yield rows(BANK_LINES, [{**r, "statement_id": self.statement_id} for r in self.lines])
        if self.balances and self.account:
            yield balance_rows(self.account, self.statement_id, self.balances)
        if quarantined:
            yield Quarantined.many(quarantined)
        unnamed = sum(line["entry_id"] is None for line in self.lines)
        if unnamed:
            message = (
                f"{self.scope} has {unnamed} entries without an id (FITID): a download of the "
                "same days would count them again"
            )
            yield Finding("no_entry_id", message, self.line)

    def _take(self, record: Element) -> Iterator[Part]:
        """Read one record; `ValueError` says why it cannot be read."""
        if not self.account:
            raise ValueError("the statement has no account (ACCTID)")
        if not (record.text(_OWN_CURRENCY) or self.currency):
            raise ValueError("the statement has no currency (CURDEF)")
        if record.name in _BALANCES:
            currency = record.text(_OWN_CURRENCY) or self.currency or ""
            minor = _minor(record.text("BALAMT"), currency)
            kind, day = _BALANCES[record.name], _day(record.text("DTASOF"))
            self.balances.append(Balance(record.line, kind, day, minor, currency))
        elif record.name == _PENDING:
            yield Structural(1)
            message = "the entry is pending, not booked, so it is no row yet"
            yield Finding("entry_not_booked", message, record.line)
        else:
            row = self._entry(record)
            self.lines.append(row)
            yield from self._doubts(record, row)

    def _entry(self, record: Element) -> dict[str, Any]:
        action = record.text("CORRECTACTION")
        if action == "DELETE":
            raise ValueError(f"it takes back the entry {record.text('CORRECTFITID')}")
        # An entry may be in a currency of its own; one that was converted keeps the account's.
        currency = record.text(_OWN_CURRENCY) or self.currency or ""
        minor, day = _minor(record.text("TRNAMT"), currency), _day(record.text("DTPOSTED"))
        available = record.text("DTAVAIL")
        name, memo = record.text("NAME"), record.text("MEMO")
        reference = record.text("REFNUM")
        identifier = record.text("FITID")
        extra = {path: value for path, value in record.values() if path not in _IN_COLUMNS}
        return {
            "account": self.account,
            "booking_date": day,
            "value_date": _day(available) if available else None,
            "amount_minor": minor,
            "currency": currency,
            "bank_reference": identifier,
            "end_to_end_id": None if reference in _NO_REFERENCE else reference,
            # Where the text is long, it begins in the name.
            "remittance": " ".join(filter(None, (name, memo if memo != name else None))) or None,
            "counterparty": name or record.text("PAYEE/NAME"),
            "transaction_code": record.text("TRNTYPE"),
            "entry_id": self._entry_id(identifier, day, minor, currency),
            "source_line": record.line,
            "extra": json.dumps(extra, ensure_ascii=False) if extra else None,
        }

    def _entry_id(self, identifier: str | None, day: date, minor: int, currency: str) -> str | None:
        if identifier is None:
            return None
        name = f"{self.account}/{identifier}/{day}/{minor} {currency}"
        self._seen[name] += 1
        # What one download has twice stays two entries, in every download in the same way.
        return name if self._seen[name] == 1 else f"{name}/{self._seen[name]}"

    def _doubts(self, record: Element, row: dict[str, Any]) -> Iterator[Finding]:
        if row["entry_id"] and row["entry_id"].endswith(f"{row['currency']}/2"):
            message = f"{self.scope} has the entry {row['bank_reference']} twice, with one amount"
            yield Finding("duplicate_entry", message, record.line)
        if record.text("CORRECTACTION") == "REPLACE":
            message = (
                f"the entry replaces {record.text('CORRECTFITID')}: it is booked, and what it "
                "replaces is too if it was downloaded before"
            )
            yield Finding("entry_corrected", message, record.line)
        kind = row["transaction_code"]
        if row["amount_minor"] * _SIGNS.get(kind, 0) < 0:
            message = f"the entry is called a {kind}, but its amount is read as it is signed"
            yield Finding("direction_doubtful", message, record.line)


def _minor(text: str | None, currency: str) -> int:
    """Signed minor units; the decimal mark is a point or, as some banks write, a comma."""
    if text is None:
        raise ValueError("the amount is missing")
    return parse_minor(text, currency, "," if "," in text else ".")


def _day(text: str | None) -> date:
    """The day that the bank's own clock shows, whatever its zone."""
    found = _TIME.fullmatch(text.strip()) if text else None
    if found is None:
        raise ValueError(f"the time {text!r} is not written YYYYMMDDHHMMSS")
    try:
        return date.fromisoformat(found[1])
    except ValueError as error:
        raise ValueError(f"the time {text!r} is on no day of the calendar: {error}") from None

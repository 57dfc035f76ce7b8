"""An entry (:61:) or a balance of a SWIFT account message, taken apart by the library `mt940`.

A `ValueError` says why one cannot be read; it stops no other.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import mt940

from tieout.formats.amounts import parse_minor
from tieout.formats.bank import Balance
from tieout.formats.base import Finding
from tieout.formats.field86 import read_details
from tieout.formats.swift_tags import BALANCES, Tag

# A single tag is read outside any statement of the library; the options only matter to statements.
_CONTEXT = mt940.models.Transactions()
_ENTRY = mt940.tags.StatementGLS()  # an entry whose references may be of any length
_BALANCE = mt940.tags.OpeningBalance()
_SIGNS = {"C": 1, "RD": 1, "D": -1, "RC": -1}
_EXPECTED = re.compile(r"[0-9]{6}(?:[0-9]{4})?(E[CD])")
# Zeros that fill an amount up to a width, in an entry and in a balance.
_FILLED_ENTRY = re.compile(r"([0-9]{6}(?:[0-9]{4})?R?[DC][A-Z]?)0+(?=[0-9])")
_FILLED_BALANCE = re.compile(r"([DC][0-9]{6}[A-Z]{3})0+(?=[0-9])")
_REST_OF_AMOUNT = re.compile(r"[.,'’]| *[0-9]")


def read_entry(tag: Tag, currency: str) -> tuple[dict[str, Any], Finding | None]:
    """The columns of one entry; `ValueError` says why it cannot be read."""
    groups = _entry_groups(tag)
    sign = _SIGNS.get((groups["status"] or "").upper())
    if sign is None:
        raise ValueError(f"the debit/credit mark {groups['status']!r} is not C, D, RC or RD")
    minor = sign * parse_minor(groups["amount"], currency, ",")
    stated_day = groups["day"]
    # German banks give a value date of 30 February, by the calendar of 30-day months.
    groups = mt940.processors.date_fixup_pre_processor(_CONTEXT, _ENTRY, groups)
    try:
        # The library gives the entry date, written without a year, the year nearest the value date.
        data = _ENTRY(_CONTEXT, groups)
    except ValueError as error:
        raise ValueError(f"the date of the entry is none of the calendar: {error}") from None
    value, booked = _plain(data["date"]), _plain(data.get("entry_date", data["date"]))
    finding = None
    if groups["day"] != stated_day:
        message = f"the value date is day {stated_day} of a shorter month; read as {value}"
        finding = Finding("value_date_adjusted", message, tag.line)
    reference = groups["bank_reference"].strip()
    details = [read_details(detail.lines) for detail in tag.details if detail.name == "86"]
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


def _entry_groups(tag: Tag) -> dict[str, Any]:
    """The subfields of :61:, by the library's pattern."""
    first, *rest = [line.rstrip() for line in tag.lines if line.strip()] or [""]
    if expected := _EXPECTED.match(first):
        raise ValueError(f"the entry is only expected (mark {expected[1]}), not booked")
    # Some banks give references longer than the standard's 16 characters, so the pattern does not
    # see the bank's own: it is whatever the line has left. The second line is the supplement.
    entry, _, bank_reference = _FILLED_ENTRY.sub(r"\1", first, count=1).partition("//")
    found = _ENTRY.re.match(entry)
    if found is None:
        raise ValueError(
            "the entry (:61:) is not: date, debit/credit mark, amount, type, reference"
        )
    # The pattern takes the beginning of an amount, and what is left of it for a reference.
    before, after = entry[: found.end("amount")], entry[found.end("amount") :]
    if _REST_OF_AMOUNT.match(after):
        raise ValueError(
            f"the amount in {entry[found.start('amount') :]!r} is not written with digits and a "
            "decimal comma alone, or is longer than 15 characters"
        )
    # Some banks write a space between the amount and the type.
    found = _ENTRY.re.match(before + after.lstrip()) or found
    return found.groupdict() | {
        "bank_reference": bank_reference,
        "supplement": " ".join(rest),
        "non_swift": "\n".join(detail.text for detail in tag.details if detail.name == "NS"),
    }


def _extra(groups: dict[str, Any]) -> str | None:
    """What no canonical column has a place for: the customer's reference, the second line, and the
    field of the bank's own (:NS:), whose numbered lines mean what the bank says."""
    names = {
        "customer_reference": "customer_reference",
        "supplement": "supplementary_details",
        "non_swift": "non_swift",
    }
    found = {new: (groups[old] or "").strip() for old, new in names.items()}
    kept = {name: text for name, text in found.items() if text not in {"", "NONREF"}}
    return json.dumps(kept, ensure_ascii=False) if kept else None


def read_balance(tag: Tag) -> Balance:
    """One balance."""
    found = _BALANCE.re.fullmatch(_FILLED_BALANCE.sub(r"\1", tag.text, count=1))
    if found is None:
        raise ValueError(f"the balance (:{tag.name}:) is not: C or D, date, currency, amount")
    day = mt940.models.Date(year=found["year"], month=found["month"], day=found["day"])
    minor = parse_minor(found["amount"], found["currency"], ",")
    signed = -minor if found["status"] in "Dd" else minor
    return Balance(tag.line, BALANCES[tag.name], _plain(day), signed, found["currency"])


def _plain(day: object) -> date:
    """A date of the library as one of Python's own, which is all that Arrow takes."""
    assert isinstance(day, date)
    return date(day.year, day.month, day.day)

"""An entry (:61:) or a balance of a SWIFT account message, taken apart by the library `mt940`.

A `ValueError` says why one cannot be read; it stops no other.
"""

from __future__ import annotations

import json
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
_ENTRY, _LONG_REFERENCE = mt940.tags.Statement(), mt940.tags.StatementGLS()
_BALANCE = mt940.tags.OpeningBalance()
_SIGNS = {"C": 1, "RD": 1, "D": -1, "RC": -1}


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


def _entry_groups(tag: Tag) -> dict[str, Any]:
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


def read_balance(tag: Tag) -> Balance:
    """One balance."""
    found = _BALANCE.re.fullmatch(tag.text)
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

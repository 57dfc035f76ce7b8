"""The elements of ISO 20022 account messages: entries, balances, and what they are made of.

Elements are found by local name, because the namespace only says the version and some banks leave
it out. A `ValueError` says why an element cannot be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from lxml import etree

from tieout.formats.amounts import parse_minor
from tieout.formats.bank import Balance

_UNSIGNED = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*|Z|[+-]\d{2}:\d{2})?", re.ASCII)

_REMITTANCE = (
    "Ustrd",
    "Strd/CdtrRefInf/Ref",
    "Strd/CdtrRefInf/CdtrRef",  # version 1
    "Strd/RfrdDocInf/Nb",
    "Strd/AddtlRmtInf",
)
NOT_BOOKED = frozenset({"PDNG", "INFO", "FUTR"})


def entry_columns(entry: etree._Element) -> dict[str, Any]:
    """The columns of one entry; `ValueError` says why it cannot be read."""
    minor, currency, _ = amount(entry)
    booked, value = _day(entry, "BookgDt"), _day(entry, "ValDt")
    if booked is None and value is None:
        raise ValueError("the entry has neither a booking date nor a value date")
    details = entry.findall(_path("NtryDtls/TxDtls"))
    one = details[0] if len(details) == 1 else None
    end_to_end = text_of(one, "Refs/EndToEndId") if one is not None else None
    return {
        "booking_date": booked or value,
        "value_date": value,
        "amount_minor": minor,
        "currency": currency,
        "bank_reference": text_of(entry, "AcctSvcrRef", "NtryDtls/TxDtls/Refs/AcctSvcrRef"),
        "end_to_end_id": None if end_to_end == "NOTPROVIDED" else end_to_end,
        "remittance": _remittance(entry, details),
        "counterparty": _counterparty(entry, details),
        "transaction_code": _code(entry, details),
        "extra": _extra(entry, details),
    }


def batches(entry: etree._Element) -> Iterator[tuple[str, str | None, int, int]]:
    """What batches state of the transactions that are given with them, and what these come to.

    Name, currency (none for a count), stated and computed. `ValueError` says why it cannot be
    checked; a batch whose transactions are not given, or are in other currencies, is left out.
    """
    for group in entry.findall(_path("NtryDtls")):
        details = group.findall(_path("TxDtls"))
        number, total = text_of(group, "Btch/NbOfTxs"), group.find(_path("Btch/TtlAmt"))
        if len(details) < 2:  # one alone may stand for the batch as a whole
            continue
        if number is not None:
            yield "number_of_transactions", None, count(number), len(details)
        if total is not None:
            currency = total.get("Ccy") or ""
            stated = _unsigned(total.text or "", currency)
            amounts = [_transaction_amount(detail) for detail in details]
            if all(found is not None and found.get("Ccy") == currency for found in amounts):
                own = text_of(group, "Btch/CdtDbtInd") or text_of(entry, "CdtDbtInd")
                computed = sum(
                    _unsigned(found.text or "", currency)
                    * (1 if text_of(detail, "CdtDbtInd") in {own, None} else -1)
                    for detail, found in zip(details, amounts, strict=True)
                    if found is not None
                )
                yield "sum_of_transactions", currency, stated, computed


def count(text: str) -> int:
    """A number of entries or transactions; `ValueError` if it is none."""
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"{text!r} is not a count")
    return int(text)


def balance(element: etree._Element, line: int) -> tuple[str, bool, Balance]:
    """The code of a balance, whether it is an interim one, and the balance itself."""
    minor, currency, _ = amount(element)
    day = _day(element, "Dt")
    if day is None:
        raise ValueError("the balance has no date (Dt)")
    code = text_of(element, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd")
    if code is None:
        raise ValueError("the balance has no type (Tp)")
    interim = text_of(element, "Tp/SubTp/Cd") == "INTM"
    return code, interim, Balance(line, "other", day, minor, currency)


def status(entry: etree._Element) -> str:
    """The status; up to version 7 it is the text of Sts, later a code within."""
    status = text_of(entry, "Sts/Cd", "Sts/Prtry", "Sts")
    if status != "BOOK" and status not in NOT_BOOKED:
        raise ValueError(f"the entry's status (Sts) is {status!r}, not BOOK, PDNG, INFO or FUTR")
    return status


def amount(element: etree._Element) -> tuple[int, str, int]:
    """Signed minor units, currency, and the sign, which a zero has as well.

    A reversal's CdtDbtInd already is the way it moves.
    """
    found = element.find("{*}Amt")
    text = (found.text or "").strip() if found is not None else ""
    currency = found.get("Ccy") if found is not None else None
    if not text or not currency:
        raise ValueError("the amount (Amt) or its currency (Ccy) is missing")
    sign = 1 if _is_credit(element) else -1
    return sign * _unsigned(text, currency), currency, sign


def _unsigned(text: str, currency: str) -> int:
    if not _UNSIGNED.fullmatch(text.strip()):
        raise ValueError(f"the amount {text!r} is not a plain decimal number")
    return parse_minor(text, currency, ".")


def _is_credit(element: etree._Element) -> bool:
    """Whether money comes in, as CdtDbtInd says."""
    direction = text_of(element, "CdtDbtInd")
    if direction not in {"CRDT", "DBIT"}:
        raise ValueError(f"the direction (CdtDbtInd) is {direction!r}, not CRDT or DBIT")
    return direction == "CRDT"


def _extra(entry: etree._Element, details: list[etree._Element]) -> str | None:
    """What no column has a place for: the entry's own reference and the transactions of a batch.

    Some banks write the same reference for every entry, the account's, so it is no bank reference.
    """
    said = {
        "entry_reference": text_of(entry, "NtryRef"),
        "transactions": _transactions(entry, details),
    }
    kept = {name: value for name, value in said.items() if value}
    return json.dumps(kept, ensure_ascii=False) if kept else None


def _transactions(
    entry: etree._Element, details: list[etree._Element]
) -> list[dict[str, str]] | None:
    """The transactions of a batch, since the columns only have room for one."""
    if len(details) < 2:
        return None
    transactions = []
    for detail in details:
        found = _transaction_amount(detail)
        said = {
            "amount": (found.text or "").strip() if found is not None else None,
            "currency": found.get("Ccy") if found is not None else None,
            "direction": text_of(detail, "CdtDbtInd"),
            "bank_reference": text_of(detail, "Refs/AcctSvcrRef"),
            "end_to_end_id": text_of(detail, "Refs/EndToEndId"),
            "remittance": _remittance(entry, [detail]),
            "counterparty": _counterparty(entry, [detail]),
        }
        transactions.append({name: value for name, value in said.items() if value})
    return transactions


def _transaction_amount(detail: etree._Element) -> etree._Element | None:
    """The amount of one transaction of a batch; up to version 3 it is only in its details."""
    paths = ("Amt", "AmtDtls/TxAmt/Amt")
    return next((found for path in paths if (found := detail.find(_path(path))) is not None), None)


def _remittance(entry: etree._Element, details: list[etree._Element]) -> str | None:
    """Every text that says what was paid, in the order of the file."""
    texts = [
        text
        for detail in details
        for path in _REMITTANCE
        for text in _texts(detail, f"RmtInf/{path}")
    ]
    if not any(_texts(detail, "RmtInf/Ustrd") for detail in details):
        texts += [text for detail in details for text in _texts(detail, "AddtlTxInf")]
        texts += _texts(entry, "AddtlNtryInf")
    return " ".join(texts) or None


def _counterparty(entry: etree._Element, details: list[etree._Element]) -> str | None:
    """The one name on the other side; a batch with several has no counterparty of its own."""
    # A reversal keeps the parties of the payment that it reverses, so money that comes back comes
    # from its creditor.
    is_reversal = text_of(entry, "RvslInd") in {"true", "1"}
    party = "Dbtr" if _is_credit(entry) != is_reversal else "Cdtr"
    names = ("Nm", "Pty/Nm", "Agt/FinInstnId/Nm")
    paths = [f"RltdPties/{who}/{name}" for who in (party, f"Ultmt{party}") for name in names]
    found = {name for detail in details if (name := text_of(detail, *paths))}
    return found.pop() if len(found) == 1 else None


def _code(entry: etree._Element, details: list[etree._Element]) -> str | None:
    """The bank transaction code: ``PMNT-RCDT-ESCT``, or the bank's own."""
    for element in (entry, *details[:1]):
        domain = ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")
        parts = [text_of(element, f"BkTxCd/Domn/{path}") for path in domain]
        code = "-".join(filter(None, parts)) or text_of(element, "BkTxCd/Prtry/Cd")
        if code:
            return code
    return None


def _day(element: etree._Element, name: str) -> date | None:
    """A date, or the day of a time as the bank's own clock shows it."""
    text = text_of(element, f"{name}/Dt", f"{name}/DtTm")
    if text is None:
        return None
    found = _DAY.fullmatch(text)
    if not found:
        raise ValueError(f"the date {text!r} ({name}) is not an ISO 8601 date")
    try:
        return date.fromisoformat(found[1])
    except ValueError as error:
        raise ValueError(f"the date {text!r} ({name}) is none of the calendar: {error}") from None


def text_of(element: etree._Element, *paths: str) -> str | None:
    """The text of the first path that has any."""
    return next((text for path in paths for text in _texts(element, path)), None)


def _texts(element: etree._Element, path: str) -> list[str]:
    found = element.findall(_path(path))
    return [text for match in found if (text := (match.text or "").strip())]


@cache
def _path(path: str) -> str:
    """A path of local names, whatever their namespace."""
    return "/".join(step if step == ".." else f"{{*}}{step}" for step in path.split("/"))

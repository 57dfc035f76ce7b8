"""Field :86: of MT940, the free text of an entry, which each country structures in its own way.

- Germany, Poland and others: a three-digit code, then subfields ``?20`` … whose text may itself be
  coded: ``166?00GUTSCHRIFT?20EREF+4711?21SVWZ+Invoice 17?32ACME``; some banks write ``>``, ``~`` or
  ``+``.
- The Netherlands: ``/EREF/4711/NAME/ACME/REMI/Invoice 17``.
- Everyone else: text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STRUCTURED = re.compile(r"\s*[0-9]{3}([?>~^<|]|\+(?=[012]0))(?=[0-9]{2})")
_PURPOSE = re.compile(r"2[0-9]|6[0-3]")
_NAME = re.compile(r"3[23]")
_KEYWORD = re.compile(r"([A-Z]{4})\+(.*)", re.DOTALL)
# A keyword begins a subfield, but some banks let the text flow on over the subfields.
_NEXT_KEYWORD = re.compile(r"\s(?:EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC)\+")
_CODED = re.compile(
    r"/(EREF|REMI|NAME|BENM|ORDP|CNTP|IBAN|BIC|TRTP|ISDT|CSID|MARF|PREF|SVCL|PURP|RTRN|ADDR|KREF"
    r"|UDTR|UCRD|ULTB|ULTD|TRCD)(?=/)"
)

# The widths of a line and, in German banks, of a subfield. A piece that fills its width may end
# inside a word, so the next one continues it; a shorter piece ends between words. SWIFT's line has
# 65 characters, but banks were seen to break words at 64; a lost space harms less than a reference
# torn apart.
_LINE_WIDTH = 64
_SUBFIELD_WIDTH = 27
_NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NONREF"})


@dataclass(frozen=True)
class Details:
    """What an entry's text says; None where it does not say it."""

    remittance: str | None = None
    counterparty: str | None = None
    end_to_end_id: str | None = None


def read_details(lines: Sequence[str]) -> Details:
    """The details in the lines of one :86: field."""
    whole = "".join(lines)
    structured = _STRUCTURED.match(whole)
    if structured:
        return _from_subfields(whole[structured.start(1) :], structured[1])
    text = _flow(lines, _LINE_WIDTH)
    return _from_codes(text) if _CODED.match(text) else Details(text or None)


def _from_subfields(text: str, separator: str) -> Details:
    _, *pieces = re.split(f"{re.escape(separator)}([0-9]{{2}})", text)
    subfields = list(zip(pieces[::2], pieces[1::2], strict=True))
    purpose = [value for key, value in subfields if _PURPOSE.fullmatch(key)]
    reference: list[str] = []
    keyword = ""
    for value in purpose:
        found = _KEYWORD.match(value)
        keyword, value = found.groups() if found else (keyword, value)
        if keyword == "EREF":
            # The keyword is part of the width that the subfield fills.
            reference.append(value if not found else f"EREF+{value}")
    names = (value for key, value in subfields if _NAME.fullmatch(key))
    end_to_end, *_ = _NEXT_KEYWORD.split(_flow(reference, _SUBFIELD_WIDTH).removeprefix("EREF+"))
    return Details(
        _flow(purpose, _SUBFIELD_WIDTH) or None,
        _flow(names, _SUBFIELD_WIDTH) or None,
        _reference(end_to_end),
    )


def _from_codes(text: str) -> Details:
    _, *pieces = _CODED.split(text)
    codes: dict[str, str] = {}
    for code, value in zip(pieces[::2], pieces[1::2], strict=True):
        codes.setdefault(code, value.strip("/ "))
    remittance = codes.get("REMI", text).removeprefix("USTD//")
    # ING names the other side as account, bank, name and city in one code.
    parts = codes.get("CNTP", "").split("/")
    counterparty = codes.get("NAME") or (parts[2] if len(parts) > 2 else None)
    return Details(remittance or None, counterparty or None, _reference(codes.get("EREF", "")))


def _reference(text: str) -> str | None:
    return None if text.strip() in _NO_REFERENCE else text.strip()


def _flow(pieces: Iterable[str], width: int) -> str:
    """Pieces of fixed width as one text."""
    text, continues = "", False
    for piece in pieces:
        if not piece.strip():
            continue
        text = text + piece if continues else f"{text.rstrip()} {piece.strip()}"
        continues = len(piece) >= width
        if not continues:
            text = text.rstrip()
    return text.strip()

"""OFX and QFX, the download of a bank: version 1 (SGML) and version 2 (XML)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from tieout.formats.bank import decode, record_lines
from tieout.formats.base import Head, Part, Quarantined, Records, Report, UnreadableFile
from tieout.formats.ofx_elements import Element, parse
from tieout.formats.ofx_statement import RECORDS, Statement

_BEGINS = re.compile(
    r"\s*(?:OFXHEADER\s*:|(?:<\?[^>]*\?>\s*|<!--.*?-->\s*)*<OFX[\s>])", re.DOTALL | re.IGNORECASE
)
_CHARSET = re.compile(rb"CHARSET:\s*(?:ISO-?)?(125[0-9]|8859-[0-9]{1,2})")
_XML_ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["']([A-Za-z0-9._-]+)["']""")
_HEADER_BYTES = 1_000

_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS"})
_RECORD = re.compile(
    rf"<!--.*?-->|<!\[CDATA\[.*?\]\]>|(<(?:{'|'.join(RECORDS)})(?=[\s>/])[^<>]*>)",
    re.DOTALL | re.IGNORECASE,
)


class Ofx:
    """One row per entry (STMTTRN) and per balance (LEDGERBAL, AVAILBAL) of each account."""

    format: ClassVar[str] = "ofx"
    version: ClassVar[int] = 3
    source: ClassVar[str] = "bank"
    title: ClassVar[str] = "Bank download, OFX or QFX"

    def recognises(self, head: Head) -> bool:
        """Whether the file begins with the header of OFX or with its outermost element."""
        return _BEGINS.match(head.text) is not None

    def read(self, path: Path) -> Iterator[Part]:
        """Entries and balances, and which days of which accounts they are."""
        text = _decode(path.read_bytes())
        yield Records(len([found for found in _RECORD.findall(text) if found]))
        tree = parse(text)
        elements = list(tree.descendants())
        records = [element for element in elements if element.name in RECORDS]
        found = [element for element in elements if element.name in _STATEMENTS]
        if not found:
            raise UnreadableFile(_why_none(elements))
        lines, findings = record_lines([record.line for record in records])
        yield from findings
        for record, line in zip(records, lines, strict=True):
            record.line = line
        names: list[str | None] = []
        left = set(records)
        # Where an end tag is missing one statement lies in another: its records are its own.
        for element in reversed(found):
            within = [inner for inner in element.descendants() if inner in left]
            statement = Statement(element, within, text)
            yield from statement.parts()
            names.insert(0, statement.report)
            left.difference_update(within)
        reason = "it is of no bank account or credit card (STMTRS, CCSTMTRS)"
        yield Quarantined.many(
            [(r.line, text[r.start : r.end], reason) for r in records if r in left]
        )
        if None not in names:
            made = tree.text("OFX/SIGNONMSGSRSV1/SONRS/DTSERVER")
            yield Report("; ".join(dict.fromkeys(filter(None, names))), made and made[:14])


def _decode(data: bytes) -> str:
    """The text; most banks write UTF-8 or Windows' Latin-1 whatever their header declares."""
    head = data[:_HEADER_BYTES]
    declared = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        declared.append("utf-16")
    if found := _XML_ENCODING.search(head):
        declared.append(found[1].decode())
    if found := _CHARSET.search(head):
        number = found[1].decode()
        declared.append(f"cp{number}" if number.startswith("125") else f"iso{number}")
    return decode(data, *declared, "cp1252")


def _why_none(elements: list[Element]) -> str:
    """Why a file has no statement, in the bank's words where it says so."""
    reason = "no statement of a bank account or credit card (STMTRS, CCSTMTRS)"
    for element in elements:
        if element.name == "STATUS" and element.text("SEVERITY") == "ERROR":
            said = element.text("MESSAGE") or "an error"
            return f"{reason}; the bank says: {said} (status {element.text('CODE')})"
    return reason

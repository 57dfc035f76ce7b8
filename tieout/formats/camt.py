"""camt.052, camt.053 and camt.054, the account messages of ISO 20022: interim report, statement and
notification. Every version is read, with or without a namespace.

The file is read twice: expat counts the records, finds their lines, and refuses what no bank sends
(a DOCTYPE, hence entities); lxml then reads them one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from xml.parsers import expat

from lxml import etree

from tieout.contracts import BANK_LINES
from tieout.formats.bank import BATCH_ROWS, record_lines, rows
from tieout.formats.base import Head, Part, Records, Report, UnreadableFile
from tieout.formats.camt_statement import Statement
from tieout.formats.iso20022 import text_of

_ROOT = re.compile(r"<(?:[\w.-]+:)?(BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn))(?:V\d+)?[\s>/]")
_RECORDS = frozenset({"Ntry", "Bal"})


@dataclass(frozen=True)
class _Message:
    """One of the three messages: its element, and the element and word for a statement in it."""

    name: str
    root: str
    statement: str
    word: str


_REPORT = _Message("camt.052", "BkToCstmrAcctRpt", "Rpt", "report")
_STATEMENT = _Message("camt.053", "BkToCstmrStmt", "Stmt", "statement")
_NOTIFICATION = _Message("camt.054", "BkToCstmrDbtCdtNtfctn", "Ntfctn", "notification")


class _Camt:
    """One row per booked entry (`Ntry`) and per balance (`Bal`) of each statement."""

    version: ClassVar[int] = 4
    source: ClassVar[str] = "bank"
    message: ClassVar[_Message]

    def recognises(self, head: Head) -> bool:
        """Whether the file holds the message, of any version and namespace."""
        found = _ROOT.search(head.text)
        return found is not None and found[1] == self.message.root

    def read(self, path: Path) -> Iterator[Part]:
        """Entries and balances, the totals of each statement, and the report's name."""
        lines, findings = record_lines(_record_lines(path, self.message))
        yield Records(len(lines))
        yield from findings
        try:
            yield from _parts(path, self.message, iter(lines))
        except etree.XMLSyntaxError as error:
            raise UnreadableFile(f"the XML is damaged at line {error.lineno}: {error}") from None


class Camt052(_Camt):
    """The interim report of an account; its entries are those of a notice."""

    format: ClassVar[str] = "camt_052"
    title: ClassVar[str] = "Bank interim report, ISO 20022 camt.052 (XML)"
    message = _REPORT


class Camt053(_Camt):
    """The statement of an account."""

    format: ClassVar[str] = "camt_053"
    title: ClassVar[str] = "Bank statement, ISO 20022 camt.053 (XML)"
    message = _STATEMENT


class Camt054(_Camt):
    """The notification of debits and credits; its entries are those of a notice."""

    format: ClassVar[str] = "camt_054"
    title: ClassVar[str] = "Bank debit and credit notification, ISO 20022 camt.054 (XML)"
    message = _NOTIFICATION


def _record_lines(path: Path, message: _Message) -> list[int]:
    """The line of each entry and balance, in the order of the file, by a parser of its own."""
    parser = expat.ParserCreate()
    parents: list[str] = []
    statements = 0
    lines: list[int] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal statements
        local = name.rpartition(":")[2]
        if local == message.statement:
            statements += 1
            if local in parents:
                raise UnreadableFile(
                    f"the {message.word} at line {parser.CurrentLineNumber} stands inside another "
                    "one, so nobody can tell which of them the entries are of"
                )
        if local in _RECORDS and parents and parents[-1] == message.statement:
            lines.append(parser.CurrentLineNumber)
        parents.append(local)

    def end(_name: str) -> None:
        parents.pop()

    def doctype(*_arguments: object) -> None:
        raise UnreadableFile(
            f"the XML declares a DOCTYPE at line {parser.CurrentLineNumber}: no bank statement "
            "has one, and its entities could make the file mean anything"
        )

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise UnreadableFile(
            f"the XML is damaged or cut off at line {error.lineno}: {reason}"
        ) from None
    except (LookupError, ValueError) as error:  # an encoding that does not exist
        raise UnreadableFile(f"the XML cannot be decoded: {error}") from None
    if not statements:
        raise UnreadableFile(
            f"a {message.name} message without any {message.word} ({message.statement})"
        )
    return lines


def _parts(path: Path, message: _Message, lines: Iterator[int]) -> Iterator[Part]:
    """The file's rows, totals and report, holding one record in memory at a time."""
    pending: list[dict[str, Any]] = []
    reports: list[str] = []
    version: str | None = None
    statement: Statement | None = None
    events = etree.iterparse(
        str(path),
        events=("end",),
        tag=(f"{{*}}{message.statement}", "{*}Ntry", "{*}Bal"),
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _event, element in events:
        name = etree.QName(element).localname
        owner = element if name == message.statement else element.getparent()
        if owner is None or etree.QName(owner).localname != message.statement:
            continue
        if statement is None or statement.element is not owner:
            statement = Statement(owner, message.word)
        if name == message.statement:
            yield from statement.closing_parts()
            reports.append(statement.report)
            version = version or _created(element)
            statement = None
        else:
            yield from statement.take(name, element, next(lines), pending)
        element.clear()
        if len(pending) >= BATCH_ROWS:
            yield rows(BANK_LINES, pending)
            pending = []
    if pending:
        yield rows(BANK_LINES, pending)
    yield Report("; ".join(dict.fromkeys(reports)), version)


def _created(statement: etree._Element) -> str | None:
    """When the message was made, as text that sorts: deliveries made later supersede."""
    text = text_of(statement, "../GrpHdr/CreDtTm", "CreDtTm")
    try:
        made = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    made = made.astimezone(UTC) if made.tzinfo else made
    return f"{made:%Y-%m-%dT%H:%M:%S.%f}"

"""camt.053, the bank statement of ISO 20022: every version, with or without a namespace.

The file is read twice: expat counts the records, finds their lines, and refuses what no bank sends
(a DOCTYPE, hence entities); lxml then reads them one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from xml.parsers import expat

from lxml import etree

from tieout.contracts import BANK_LINES
from tieout.formats.amounts import parse_minor
from tieout.formats.bank import (
    BATCH_ROWS,
    Balance,
    balance_rows,
    closing_totals,
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
    Structural,
    UnreadableFile,
)
from tieout.formats.iso20022 import (
    NOT_BOOKED,
    balance,
    entry_columns,
    is_credit,
    status,
    text_of,
)

_MESSAGE = re.compile(r"<(?:[\w.-]+:)?(BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn))(?:V\d+)?[\s>/]")
_MESSAGES = {
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
}

_RECORDS = frozenset({"Ntry", "Bal"})
_KINDS = {
    "OPBD": "opening",
    "PRCD": "opening",
    "CLBD": "closing",
    "CLAV": "available",
    "FWAV": "forward",
}
_SUMMARY = (
    ("TtlNtries", "entries", (1, -1)),
    ("TtlCdtNtries", "credits", (1,)),
    ("TtlDbtNtries", "debits", (-1,)),
)


def camt_message(head: Head) -> str | None:
    """Which of the three account messages the file holds: camt.052, camt.053, camt.054."""
    found = _MESSAGE.search(head.text)
    return _MESSAGES[found[1]] if found else None


class Camt053:
    """One row per booked entry (`Ntry`) and per balance (`Bal`) of each statement."""

    format: ClassVar[str] = "camt_053"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "bank"
    title: ClassVar[str] = "Bank statement, ISO 20022 camt.053 (XML)"

    def recognises(self, head: Head) -> bool:
        """Whether the file holds a camt.053 message, of any version and namespace."""
        return camt_message(head) == "camt.053"

    def read(self, path: Path) -> Iterator[Part]:
        """Entries and balances, the totals of each statement, and the report's name."""
        lines: Iterable[int]
        lines = found = _record_lines(path)
        yield Records(len(found))
        if len(set(found)) < len(found):
            lines = range(1, len(found) + 1)
            yield Finding(
                "no_line_numbers",
                "several records share a line of this file, so a record's number in the file "
                "stands in place of its line",
            )
        try:
            yield from _parts(path, iter(lines))
        except etree.XMLSyntaxError as error:
            raise UnreadableFile(f"the XML is damaged at line {error.lineno}: {error}") from None


def _record_lines(path: Path) -> list[int]:
    """The line of each entry and balance, in the order of the file, by a parser of its own."""
    parser = expat.ParserCreate()
    parents: list[str] = []
    statements = 0
    lines: list[int] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal statements
        local = name.rpartition(":")[2]
        statements += local == "Stmt"
        if local in _RECORDS and parents and parents[-1] == "Stmt":
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
        raise UnreadableFile("a camt.053 message without any statement (Stmt)")
    return lines


def _parts(path: Path, lines: Iterator[int]) -> Iterator[Part]:
    """The file's rows, totals and report, holding one record in memory at a time."""
    pending: list[dict[str, Any]] = []
    reports: list[str] = []
    version: str | None = None
    statement: _Statement | None = None
    events = etree.iterparse(
        str(path),
        events=("end",),
        tag=("{*}Stmt", "{*}Ntry", "{*}Bal"),
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _event, element in events:
        name = etree.QName(element).localname
        owner = element if name == "Stmt" else element.getparent()
        if owner is None or etree.QName(owner).localname != "Stmt":
            continue
        if statement is None or statement.element is not owner:
            statement = _Statement(owner)
        if name == "Stmt":
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


class _Statement:
    """What is known of one `Stmt` while its balances and entries pass by."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.line: int | None = None
        account = ("Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN")
        self.account = text_of(element, *account)
        number = (text_of(element, "Id"), text_of(element, "ElctrncSeqNb"))
        self.statement_id = "/".join(filter(None, number)) if number[0] else None
        self.scope = f"{self.account or 'an account'} statement {self.statement_id or '?'}"
        # The header comes before the records, so it is complete when the first of them ends.
        self.currency = text_of(element, "Acct/Ccy")
        self.coded_balances: list[tuple[str, bool, Balance]] = []
        self.counts: Counter[int] = Counter()
        self.sums: Counter[tuple[str, int]] = Counter()
        self.seen: dict[tuple[object, ...], int] = {}

    def take(
        self, name: str, element: etree._Element, line: int, pending: list[dict[str, Any]]
    ) -> Iterator[Part]:
        """Read one record: it becomes a row, is quarantined, or is not booked."""
        self.line = self.line or line
        try:
            if not (self.account and self.statement_id):
                raise ValueError("the statement does not say its account (Acct/Id) and its Id")
            if name == "Bal":
                self.coded_balances.append(balance(element, line))
                return
            if (state := status(element)) in NOT_BOOKED:
                yield Structural(1)
                message = f"the entry is {state}, not booked, so it is no row yet"
                yield Finding("entry_not_booked", message, line)
                return
            row = entry_columns(element)
        except ValueError as error:
            raw = etree.tostring(element, encoding="unicode", with_tail=False)
            yield Quarantined.one(line, raw, str(error))
            return
        row |= {"account": self.account, "statement_id": self.statement_id, "source_line": line}
        pending.append(row)
        yield from self._count(row, 1 if is_credit(element) else -1)

    def _count(self, row: dict[str, Any], sign: int) -> Iterator[Finding]:
        minor, currency = row["amount_minor"], row["currency"]
        self.counts[sign] += 1
        self.sums[currency, sign] += minor
        reference, line = row["bank_reference"], row["source_line"]
        if reference:
            key = (reference, minor, currency, row["booking_date"])
            first = self.seen.setdefault(key, line)
            if first != line:
                yield Finding(
                    "duplicate_entry",
                    f"{self.scope} books reference {reference} with the same amount and date at "
                    f"line {first} and again here",
                    line,
                )

    def closing_parts(self) -> Iterator[Part]:
        """The balances, now that all are known, and every total that the statement states."""
        balances = self.balances
        if balances and self.account and self.statement_id:
            yield balance_rows(self.account, self.statement_id, balances)
        by_currency: Counter[str] = Counter()
        for (currency, _sign), minor in self.sums.items():
            by_currency[currency] += minor
        yield from closing_totals(self.scope, balances, by_currency, self.line)
        yield from self._summary(balances)

    @property
    def balances(self) -> list[Balance]:
        """The balances with their kinds, which depend on each other.

        PRCD, where the account was last closed, opens the statement only if nothing else does.
        ITBD closes or opens a page: it opens if it is the first booked balance.
        """
        codes = {code for code, _, _ in self.coded_balances}
        balances: list[Balance] = []
        opened = bool(codes & {"OPBD", "PRCD"})
        for code, interim, stated in self.coded_balances:
            kind = _KINDS.get(code, "other")
            if code == "ITBD":
                kind, opened = "interim_closing" if opened else "interim_opening", True
            elif code == "PRCD" and "OPBD" in codes:
                kind = "other"
            elif interim and kind in {"opening", "closing"}:
                kind = f"interim_{kind}"
            balances.append(replace(stated, kind=kind))
        return balances

    @property
    def report(self) -> str:
        """The name of this statement, and of this page where a statement has pages."""
        page = text_of(self.element, "StmtPgntn/PgNb", "../GrpHdr/MsgPgntn/PgNb")
        name = report_name(self.account, self.statement_id, self.balances)
        return f"{name} p{page}" if page else name

    def _summary(self, balances: list[Balance]) -> Iterator[Part]:
        """TxsSummry: counts and unsigned sums of the entries, checked against the booked rows."""
        currencies = {currency for currency, _ in self.sums} or {b.currency for b in balances}
        # A sum carries no currency of its own, so it says something only where there is one.
        currency = (
            currencies.pop() if len(currencies) == 1 else None if currencies else self.currency
        )
        for tag, what, signs in _SUMMARY:
            number = text_of(self.element, f"TxsSummry/{tag}/NbOfNtries")
            total = text_of(self.element, f"TxsSummry/{tag}/Sum")
            try:
                if number is not None:
                    stated, computed = _count(number), sum(self.counts[sign] for sign in signs)
                    name = f"number_of_{what}"
                    yield ControlTotal(name, self.scope, None, stated, computed, self.line)
                if total is not None and currency is not None:
                    stated = parse_minor(total, currency, ".")
                    computed = sum(abs(self.sums[currency, sign]) for sign in signs)
                    name = f"sum_of_{what}"
                    yield ControlTotal(name, self.scope, currency, stated, computed, self.line)
            except ValueError as error:
                message = f"{self.scope}: TxsSummry/{tag} cannot be read: {error}"
                yield Finding("summary_unreadable", message, self.line)


def _created(statement: etree._Element) -> str | None:
    """When the message was made, as text that sorts: deliveries made later supersede."""
    text = text_of(statement, "../GrpHdr/CreDtTm", "CreDtTm")
    try:
        made = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    made = made.astimezone(UTC) if made.tzinfo else made
    return f"{made:%Y-%m-%dT%H:%M:%S.%f}"


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"{text!r} is not a count")
    return int(text)

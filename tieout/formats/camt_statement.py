"""One statement, report or notification of an ISO 20022 account message, while it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from lxml import etree

from tieout.formats.amounts import parse_minor
from tieout.formats.bank import (
    NOTICE,
    Balance,
    balance_rows,
    closing_totals,
    notice_totals,
    of_a_notice,
    report_name,
)
from tieout.formats.base import ControlTotal, Finding, Part, Quarantined, Structural
from tieout.formats.iso20022 import (
    NOT_BOOKED,
    amount,
    balance,
    batches,
    count,
    entry_columns,
    status,
    text_of,
)

_ACCOUNT = ("Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN")
_PAGE = ("StmtPgntn/PgNb", "RptPgntn/PgNb", "NtfctnPgntn/PgNb", "../GrpHdr/MsgPgntn/PgNb")
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


class Statement:
    """What is known of one statement while its balances and entries pass by.

    `word` is what the message calls it: a statement, or a report or notification, which are
    notices.
    """

    def __init__(self, element: etree._Element, word: str) -> None:
        self.element = element
        self.is_notice = word != "statement"
        self.line: int | None = None
        self.account = text_of(element, *_ACCOUNT)
        number = (text_of(element, "Id"), text_of(element, "ElctrncSeqNb"))
        self.statement_id = "/".join(filter(None, number)) if number[0] else None
        self.scope = f"{self.account or 'an account'} {word} {self.statement_id or '?'}"
        # The header comes before the records, so it is complete when the first of them ends.
        self.currency = text_of(element, "Acct/Ccy")
        self.coded_balances: list[tuple[str, bool, Balance]] = []
        self.days: set[date] = set()
        self.sums: Counter[str] = Counter()
        self.summary_counts: Counter[int] = Counter()
        self.summary_sums: Counter[tuple[str, int]] = Counter()
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
                # A notice counts what is pending among its entries, a statement does not.
                if self.is_notice:
                    self._sum_up(*amount(element))
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
        if self.is_notice:
            row["stated_in"] = NOTICE
        pending.append(row)
        self._sum_up(*amount(element))
        self.sums[row["currency"]] += row["amount_minor"]
        self.days.add(row["booking_date"])
        yield from self._repeated(row)
        yield from self._batches(element, line)

    def _sum_up(self, minor: int, currency: str, sign: int) -> None:
        self.summary_counts[sign] += 1
        self.summary_sums[currency, sign] += minor

    def _repeated(self, row: dict[str, Any]) -> Iterator[Finding]:
        reference, line = row["bank_reference"], row["source_line"]
        if not reference:
            return
        key = (reference, row["amount_minor"], row["currency"], row["booking_date"])
        first = self.seen.setdefault(key, line)
        if first != line:
            yield Finding(
                "duplicate_entry",
                f"{self.scope} books reference {reference} with the same amount and date at "
                f"line {first} and again here",
                line,
            )

    def _batches(self, element: etree._Element, line: int) -> Iterator[Part]:
        """What the batches of an entry state of their transactions, where these are given."""
        scope = f"{self.scope} entry at line {line}"
        try:
            for name, currency, stated, computed in batches(element):
                yield ControlTotal(name, scope, currency, stated, computed, line)
        except ValueError as error:
            message = f"{scope}: what its batch (Btch) states cannot be checked: {error}"
            yield Finding("batch_unreadable", message, line)

    def closing_parts(self) -> Iterator[Part]:
        """The balances, now that all are known, and every total that the statement states."""
        balances = self.balances
        if balances and self.account and self.statement_id:
            stated = of_a_notice(balances) if self.is_notice else balances
            yield balance_rows(self.account, self.statement_id, stated)
        totals = notice_totals if self.is_notice else closing_totals
        yield from totals(self.scope, balances, self.sums, self.line)
        yield from self._summary(balances)

    @property
    def balances(self) -> list[Balance]:
        """The balances with their kinds, which depend on each other.

        PRCD, where the account was last closed, opens the statement only if nothing else does.
        ITBD closes or opens a page: it opens if it is the first booked balance. A report that has
        one only is about what is on the account now.
        """
        codes = [code for code, _, _ in self.coded_balances]
        balances: list[Balance] = []
        opened = bool({"OPBD", "PRCD"} & set(codes))
        opened = opened or (self.is_notice and codes.count("ITBD") == 1)
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
        page = text_of(self.element, *_PAGE)
        days = self.days if self.is_notice else ()
        name = report_name(self.account, self.statement_id, self.balances, days)
        return f"{name} p{page}" if page else name

    def _summary(self, balances: list[Balance]) -> Iterator[Part]:
        """TxsSummry: counts and sums of the entries, checked against the booked rows."""
        sums = self.summary_sums
        currencies = {currency for currency, _ in sums} or {b.currency for b in balances}
        # A sum carries no currency of its own, so it says something only where there is one.
        currency = (
            currencies.pop() if len(currencies) == 1 else None if currencies else self.currency
        )
        # Some banks write the sum of the debits as it moves; then that of all entries is their net.
        debits = text_of(self.element, "TxsSummry/TtlDbtNtries/Sum") or ""
        is_signed = debits.startswith("-")
        for tag, what, signs in _SUMMARY:
            number = text_of(self.element, f"TxsSummry/{tag}/NbOfNtries")
            total = text_of(self.element, f"TxsSummry/{tag}/Sum")
            try:
                if number is not None:
                    stated = count(number)
                    computed = sum(self.summary_counts[sign] for sign in signs)
                    name = f"number_of_{what}"
                    yield ControlTotal(name, self.scope, None, stated, computed, self.line)
                if total is not None and currency is not None:
                    stated = parse_minor(total, currency, ".")
                    moved = [sums[currency, sign] for sign in signs]
                    computed = sum(moved) if is_signed else sum(map(abs, moved))
                    name = f"sum_of_{what}"
                    yield ControlTotal(name, self.scope, currency, stated, computed, self.line)
            except ValueError as error:
                message = f"{self.scope}: TxsSummry/{tag} cannot be read: {error}"
                yield Finding("summary_unreadable", message, self.line)

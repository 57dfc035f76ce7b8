"""PayPal settlement report (STL): what changed the balances of one or several accounts in a day.

The transaction detail report (TRR) is written alike. It has no totals, and a status by which
pending and denied transactions, which change no balance, are told from the others.

A report has sections, one an account. Records say in their first field what they are: report header
and footers (RH, RF, RC), file header and footer (FH, FF), section header and footers (SH, SF, SC),
column header (CH) and the body (SB).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import flat, to_minor
from tieout.formats.base import Finding, Head, Part, Report, Rows, Structural, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, TextFile
from tieout.formats.draft import Block, Draft
from tieout.formats.paypal_codes import kinds, set_line_kind
from tieout.formats.paypal_totals import Footers
from tieout.formats.structured import unknown_columns
from tieout.formats.tagged import Around, Tagged, first_cells
from tieout.money import exponent

_BODY = "SB"
_AROUND = ("RH", "FH", "SH", "CH", "SF", "SC", "RF", "RC", "FF")
_NEEDED = (
    "Transaction ID",
    "Transaction Event Code",
    "Transaction Completion Date",
    "Gross Transaction Amount",
    "Gross Transaction Currency",
)
_REQUIRED = {*_NEEDED, "Transaction Debit or Credit", "Fee Debit or Credit", "Fee Amount"}
_KNOWN = {
    *_REQUIRED,
    "Fee Currency",
    "Invoice ID",
    "PayPal Reference ID",
    "PayPal Reference ID Type",
    "Bank Reference ID",
}
# Columns of the report that say more than the contract has a place for.
_KEPT = {
    "Transaction Initiation Date",
    "Custom Field",
    "Consumer ID",
    "Payment Tracking ID",
    "Store ID",
    "Credit Transactional Fee",
    "Credit Promotional Fee",
    "Credit Term",
}
# What the transaction detail report has besides.
_STATUS = "Transactional Status"
_SETTLED, _UNSETTLED = ("S", "V", "F"), ("D", "P")  # succeeded, and perhaps reversed since
_DETAIL = re.compile(
    f"{_STATUS}|(?:Insurance|Sales Tax|Shipping) Amount|Transaction (?:Subject|Note)"
    "|Payer'?s? Account ID|Payer Address Status|Item (?:Name|ID)|Option [12] (?:Name|Value)"
    "|Auction (?:Site|Buyer ID|Closing Date)|(?:Shipping|Billing) Address (?:Line ?[12]|City|State"
    "|Zip|Country)|Shipping (?:Method|Name)|(?:First|Last|Consumer Business) Name|Card Type"
    "|Payment Source|Authorization Review Status|Protection Eligibility"
)
_TIME = "%Y/%m/%d %H:%M:%S %z"


class PayPalSettlementReport:
    """Reads the settlement report, whole or one file of several, as CSV or tab-delimited."""

    format: ClassVar[str] = "paypal_settlement_report"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "paypal"
    title: ClassVar[str] = "PayPal settlement report (STL), transaction detail report (TRR)"

    def recognises(self, head: Head) -> bool:
        """A report, file or section header as its first record."""
        stamp = r'"?[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8} [+-][0-9]{4}"?'
        first = rf'"?(?:RH|SH)"?[,\t]{stamp}[,\t]|"?FH"?[,\t]"?[0-9]+"?[,\t]?\s*$'
        return re.match(first, head.first_line) is not None

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, the footers as control totals, and which report it is."""
        with path.open("rb") as file:
            text = TextFile(file, block_bytes)
            delimiter = "\t" if "\t" in Head.of(path, path.name).first_line else ","
            names = _names(text, delimiter)
            known = _KNOWN.__contains__
            records = Tagged(text, delimiter, _BODY, names, _AROUND, known)
            yield from text.findings()
            unknown = [name for name in records.extra if name not in _KEPT]
            yield from unknown_columns([name for name in unknown if not _DETAIL.fullmatch(name)])
            sections, footers, without_effect = _Sections(names), Footers(), 0
            for whole, around in records.blocks():
                sections.add(around)
                footers.add(around, sections.of)
                block = _settled(whole)
                left_out = len(whole.lines) - len(block.lines)
                without_effect += left_out
                yield Structural(left_out)
                places = sections.of(block.lines.to_numpy())
                rows, others = _draft(block, sections, places).accept()
                yield Rows(SETTLEMENT_LINES, rows)
                yield from others
                footers.count(rows, sections.of(rows["source_line"].to_numpy()))
        yield from footers.parts(sections.scopes, is_whole=sections.is_whole)
        yield from _scale_finding(footers.currencies)
        if without_effect:
            message = (
                f"{without_effect} transactions are pending or were denied ({_STATUS} P, D): they "
                "changed no balance, and are no settlement lines"
            )
            yield Finding("transactions_without_effect", message)
        if sections.headers:
            yield sections.report()


def _names(text: TextFile, delimiter: str) -> list[str]:
    """The columns of the body; a report of a day without transactions may state none."""
    cells = first_cells(text, "CH", delimiter)
    if cells is None:
        if first_cells(text, _BODY, delimiter) is not None:
            raise UnreadableFile("the file has transactions (SB) but no column header (CH)")
        return ["CH"]
    names = _columns(cells)
    if missing := sorted(_REQUIRED - set(names)):
        raise UnreadableFile(
            f"the column header (CH) lacks: {', '.join(missing)}; of PayPal's reports written so, "
            "those of settlements (STL) and of transactions in detail (TRR) are read"
        )
    if len(set(names)) < len(names):
        raise UnreadableFile("the column header (CH) names a column twice")
    return names


def _columns(cells: list[str]) -> list[str]:
    """The names in a column header, in which PayPal's own samples have stray blanks."""
    return [" ".join(name.split()) or f"column_{place}" for place, name in enumerate(cells, 1)]


def _settled(block: Block) -> Block:
    """The block without what is pending or was denied, where the report says so."""
    if _STATUS not in block.table.column_names:
        return block
    status = pc.utf8_trim_whitespace(flat(block.table[_STATUS]))
    return block.only(pc.invert(pc.is_in(status, pa.array(_UNSETTLED))))


class _Sections:
    """Which section a record stands in: the one whose header (SH) is the last before it."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.headers: list[Around] = []
        self.files: list[Around] = []
        self.made: str | None = None

    def add(self, around: list[Around]) -> None:
        """Take the headers among these records; each section has the columns of the first."""
        for record in around:
            if record.tag == "CH" and _columns(record.cells) != self.names:
                raise UnreadableFile(f"line {record.line} names other columns than the first CH")
        self.headers += [record for record in around if record.tag == "SH"]
        self.files += [record for record in around if record.tag == "FH"]
        for record in around:
            if record.tag == "RH":
                self.made = _instant(record.cell(1))

    @property
    def is_whole(self) -> bool:
        """Whether the file is the only one of its report, as far as its number says."""
        return all(record.cell(1).lstrip("0") in ("", "1") for record in self.files)

    @property
    def accounts(self) -> list[str | None]:
        """The account of each section."""
        return [record.cell(3) or None for record in self.headers]

    @property
    def scopes(self) -> list[str]:
        """What each section is called: its account and the day it begins."""
        return [f"{r.cell(3) or '?'}/{r.cell(1)[:10] or '?'}" for r in self.headers]

    def of(self, lines: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
        """The place of each line's section, null above the first."""
        starts = [record.line for record in self.headers]
        places = np.searchsorted(starts, lines, side="right") - 1
        return pa.array(places, mask=places < 0)

    def report(self) -> Report:
        """The sections of the report, and which file of it this is if it has several."""
        name = "+".join(dict.fromkeys(self.scopes))
        if _STATUS in self.names:
            name = f"{name} in detail"  # beside the settlement report of the day, not in its place
        numbers = [record.cell(1) for record in self.files]
        return Report(name if self.is_whole else f"{name} file {'+'.join(numbers)}", self.made)


def _instant(text: str) -> str | None:
    try:
        return datetime.strptime(text, _TIME).astimezone(UTC).isoformat()
    except ValueError:
        return None


def _draft(block: Block, sections: _Sections, places: pa.Array) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need(*_NEEDED)
    draft.choice(_STATUS, _SETTLED)
    own, code = draft.text("Transaction ID"), draft.text("Transaction Event Code")
    draft["processor"] = pa.repeat("paypal", len(draft))
    draft["account"] = pa.array(sections.accounts, pa.string()).take(places)
    scopes = pa.array(sections.scopes, pa.string()).take(places)
    draft["report_id"] = scopes.fill_null("paypal")
    draft["raw_kind"] = code
    draft["created_at"] = draft.time("Transaction Completion Date", "UTC", _TIME).utc
    _set_amounts(draft)
    set_line_kind(draft, kinds(code))

    side = draft.text("Transaction Debit or Credit")
    draft["line_id"] = line_id(own, draft["currency"], side)
    draft["processor_reference"] = own
    reference = draft.text("PayPal Reference ID")
    names_payment = pc.equal(draft.text("PayPal Reference ID Type"), "TXN").fill_null(False)
    is_charge = pc.equal(draft["line_kind"], "charge")
    draft["payment_reference"] = pc.if_else(
        is_charge, own, pc.if_else(names_payment, reference, None)
    )
    draft["merchant_reference"] = draft.text("Invoice ID")
    is_payout = pc.equal(draft["line_kind"], "payout")
    draft["payout_id"] = pc.if_else(is_payout, own, None)
    bank_reference = pc.coalesce(draft.text("Bank Reference ID"), own)
    draft["payout_reference"] = pc.if_else(is_payout, bank_reference, None)
    return draft


def line_id(transaction: pa.Array, currency: pa.Array, side: pa.Array) -> pa.Array:
    """PayPal's id of a line, the same in all its reports.

    A transaction has one id in all its currencies and directions, so these belong to it.
    """
    return pc.binary_join_element_wise(transaction, currency, side, "/")


def _set_amounts(draft: Draft) -> None:
    """Gross and fee, each with its direction in a column of its own; the net is their sum."""
    currency = draft["currency"] = draft.currency("Gross Transaction Currency")
    gross = _signed(draft, "Gross Transaction Amount", "Transaction Debit or Credit", currency)
    fee = _signed(draft, "Fee Amount", "Fee Debit or Credit", currency).fill_null(0)
    other = draft.currency("Fee Currency")
    draft.reject(
        pc.and_(pc.not_equal(other, currency), pc.not_equal(fee, 0)).fill_null(False),
        "the fee is in {}, the transaction in {}",
        other,
        currency,
    )
    draft["gross_minor"], draft["net_minor"] = gross, pc.add(gross, fee)
    draft["markup_minor"] = pc.negate(fee)
    for name in ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor", "tax_minor"):
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    draft["presentment_minor"], draft["presentment_currency"] = gross, currency


def _signed(draft: Draft, name: str, side_name: str, currency: pa.Array) -> pa.Array:
    """Amounts of hundredths of the currency's unit, whatever the currency, credits positive.

    What is no whole number of the smallest unit that a currency has is rejected.
    """
    text, side = draft.text(name), draft.choice(side_name, ("CR", "DR"))
    is_digits = pc.match_substring_regex(text, "^[0-9]{1,18}$").fill_null(False)
    padded = pc.utf8_lpad(pc.if_else(is_digits, text, None), 3, "0")
    parts = (pc.utf8_slice_codeunits(padded, 0, -2), pc.utf8_slice_codeunits(padded, -2, None))
    amounts = to_minor(pc.binary_join_element_wise(*parts, "."), currency)
    unreadable = pc.or_(pc.and_(pc.is_valid(text), pc.invert(is_digits)), amounts.unreadable)
    draft.reject(unreadable, f"{name}: {{!r}} is not an unsigned amount in hundredths", text)
    draft.reject(
        amounts.surplus,
        f"{name}: {{!r}} hundredths are no whole {{}}, which has none",
        text,
        currency,
    )
    lacks_side = pc.and_(pc.is_null(side), pc.not_equal(amounts.minor, 0)).fill_null(False)
    draft.reject(lacks_side, f"{side_name} is empty")
    return pc.if_else(
        pc.equal(side, "DR").fill_null(False), pc.negate(amounts.minor), amounts.minor
    )


def _scale_finding(currencies: set[str]) -> Iterator[Finding]:
    odd = sorted(currency for currency in currencies if exponent(currency) != 2)
    if odd:
        yield Finding(
            "amount_scale_assumed",
            f"amounts in {', '.join(odd)} were taken as hundredths of the unit, as those of all "
            "other currencies are: compare them with a payout on the bank statement",
        )

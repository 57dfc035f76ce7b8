"""dLocal settlement report: the items of a transfer to the company, under a header with its totals.

Amounts have six decimals, and only their sum is paid out in whole cents. So each line is rounded,
and what rounding leaves over in the whole transfer is a line of its own beside the payout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES, TIMESTAMP
from tieout.formats.amounts import MINOR_MAX
from tieout.formats.base import ControlTotal, Finding, Head, Part, Report, Rows, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, TextFile
from tieout.formats.draft import Block, Draft, translate
from tieout.formats.structured import unknown_columns
from tieout.formats.tagged import Tagged, tagged_cells
from tieout.formats.times import to_date
from tieout.money import exponent, format_minor

_NAMES, _TOTALS = "ROW_TYPE", "HEADER"
_OF_TOTALS = {"SETTLEMENT_CURRENCY", "NET_TOTAL_AMOUNT", "TRANSFER_DATE", "TRANSFER_ID"}
_REQUIRED = {"DLOCAL_TRANSACTION_ID", "CREATION_DATE", "GROSS_AMOUNT", "FEE_AMOUNT", "NET_AMOUNT"}
_KNOWN = {*_REQUIRED, "TRANSACTION_ID", "LOCAL_CURRENCY", "LOCAL_AMOUNT"}
_KEPT = {
    "FX_RATE", "APPROVED_DATE", "USER_EMAIL", "PAYMENT_METHOD", "COUNTRY", "MID", "LOGIN",
    "PAYMENT_TYPE", "PAYMENT_METHOD_CODE", "CARD_BIN", "CARD_TYPE", "INSTALLMENTS", "STATUS",
    "STATUS_CODE", "STATUS_DETAILS", "USER_DOCUMENT", "DESCRIPTION",
}  # fmt: skip
_KINDS = {
    "TRANSACTION": "charge",
    "PAYMENT": "charge",
    "PAYIN": "charge",
    "CAPTURE": "charge",
    "REFUND": "refund",
    "CHARGEBACK": "chargeback",
    "CHARGEBACK_REVERSAL": "chargeback_reversal",
    "ADJUSTMENT": "adjustment",
    "SETTLEMENT_FEE": "fee",
    "FEE": "fee",
}
_EVENTS = ("charge", "refund", "chargeback", "chargeback_reversal")
_NO_FEES = ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor", "tax_minor")
_SUMMED = {"GROSS_AMOUNT": "gross", "FEE_AMOUNT": "fee", "NET_AMOUNT": "net"}
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")


class DLocalSettlement:
    """Reads the report that begins with the totals of one transfer."""

    format: ClassVar[str] = "dlocal_settlement"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "dlocal"
    title: ClassVar[str] = "dLocal settlement report (CSV)"

    def recognises(self, head: Head) -> bool:
        """The names of the totals in the first record."""
        return {*re.split('[,;"]+', head.first_line.strip())} >= {_NAMES, *_OF_TOTALS}

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, the payout, and the totals of the header against the lines."""
        with path.open("rb") as file:
            text = TextFile(file, block_bytes)
            delimiter = ";" if ";" in Head.of(path, path.name).first_line else ","
            transfer, names = _Transfer.of(text, delimiter), _items(text, delimiter)
            yield from text.findings()
            known, around = _KNOWN.__contains__, (_NAMES, _TOTALS)
            records = Tagged(text, delimiter, None, names, around, known, own=[_TOTALS])
            yield from unknown_columns([name for name in records.extra if name not in _KEPT])
            for block, others in records.blocks():
                transfer.lines += [record.line for record in others if record.tag == _TOTALS]
                rows, parts = _draft(block, transfer).accept()
                yield Rows(SETTLEMENT_LINES, transfer.add(rows))
                yield from parts
        yield from transfer.parts()


def _items(text: TextFile, delimiter: str) -> list[str]:
    """The names of the items' columns: the record of names that are not those of the totals."""
    for cells in tagged_cells(text, _NAMES, delimiter):
        if not {*cells} >= _OF_TOTALS:
            if missing := sorted(_REQUIRED - {*cells}):
                raise UnreadableFile(f"the names of the items lack: {', '.join(missing)}")
            if len({*cells}) < len(cells):
                raise UnreadableFile("the names of the items name a column twice")
            return cells
    return [_NAMES]


class _Transfer:
    """What the header says of a transfer, and what its lines come to."""

    def __init__(self, totals: dict[str, str]) -> None:
        self.totals, self.lines = totals, list[int]()
        self.id, self.currency = totals["TRANSFER_ID"], totals["SETTLEMENT_CURRENCY"]
        self._unit = Decimal(10) ** -exponent(self.currency)
        days, _ = to_date(pa.array([totals["TRANSFER_DATE"]], pa.string()), *_DAYS)
        self.day = days[0]
        if not self.day.is_valid or not self.id:
            raise ValueError(f"TRANSFER_DATE {totals['TRANSFER_DATE']!r}, TRANSFER_ID {self.id!r}")
        self.paid = self._total("NET_TOTAL_AMOUNT")
        self._count = self._net = 0
        self._exact = dict.fromkeys(_SUMMED.values(), Decimal(0))

    @classmethod
    def of(cls, text: TextFile, delimiter: str) -> _Transfer:
        """The only transfer of a file; `UnreadableFile` where there is none, or another one."""
        names = next(tagged_cells(text, _NAMES, delimiter), [])
        found = list(tagged_cells(text, _TOTALS, delimiter))
        if len(found) != 1 or len(found[0]) != len(names) or not {*names} >= _OF_TOTALS:
            raise UnreadableFile("the file does not begin with the totals of one transfer (HEADER)")
        try:
            return cls(dict(zip(names, map(str.strip, found[0]), strict=True)))
        except ValueError as error:
            raise UnreadableFile(f"the totals (HEADER) cannot be read: {error}") from error

    def _total(self, name: str) -> int:
        """A total in minor units; `ValueError` where it is none, or larger than any amount."""
        try:
            minor = self._minor(Decimal(self.totals[name]))
        except (InvalidOperation, KeyError, ValueError, OverflowError):
            raise ValueError(f"{name} is {self.totals.get(name)!r}") from None
        if abs(minor) > MINOR_MAX:
            raise ValueError(f"{name} is {self.totals[name]!r}, too large an amount")
        return minor

    def _minor(self, amount: Decimal) -> int:
        return int((amount / self._unit).quantize(Decimal(1), ROUND_HALF_EVEN))

    def add(self, rows: pa.Table) -> pa.Table:
        """Sum up the lines of a block, and take out what is needed for that alone."""
        self._count += len(rows)
        self._net += pc.sum(rows["net_minor"]).as_py() or 0
        for name in self._exact:
            whole = pc.sum(rows[f"{name}_whole"].cast(pa.decimal128(38, 0))).as_py() or 0
            self._exact[name] += whole * self._unit + (pc.sum(rows[f"{name}_lost"]).as_py() or 0)
        return rows.drop_columns([f"{n}_{what}" for n in self._exact for what in ("whole", "lost")])

    def parts(self) -> Iterator[Part]:
        """The payout, what rounding left over, the totals, and which transfer it is."""
        if len(self.lines) != 1:
            raise UnreadableFile("the totals (HEADER) are not a record of their own")
        (line,) = self.lines
        amounts = {"payout": -self.paid}
        over = self.paid - self._net
        if over and self._minor(self._exact["net"]) == self.paid:
            amounts["rounding"] = over
            yield Finding(
                "amounts_rounded",
                f"the lines have more decimals than {self.currency} has; what rounding left over, "
                f"{format_minor(over, self.currency)}, is a line of its own beside the payout",
                line,
            )
        yield Rows(SETTLEMENT_LINES, self._rows(amounts, line))
        for name, own in self._exact.items():
            total = f"{name.upper()}_TOTAL_AMOUNT"
            try:
                stated = self._total(total)
            except ValueError as error:
                yield Finding("control_total_unreadable", str(error), line)
                continue
            yield ControlTotal(
                f"{name}_total", self.id, self.currency, stated, self._minor(own), line
            )
        count = self.totals.get("NUMBER_OF_ITEMS", "")
        if re.fullmatch("[0-9]{1,18}", count):
            yield ControlTotal("number_of_items", self.id, None, int(count), self._count, line)
        else:
            yield Finding("control_total_unreadable", f"NUMBER_OF_ITEMS is {count!r}", line)
        yield Report(self.id)

    def _rows(self, amounts: dict[str, int], line: int) -> pa.Table:
        """Lines that the header itself is."""
        rows: list[dict[str, Any]] = [
            {
                **dict.fromkeys((*_NO_FEES, "markup_minor"), 0),
                **dict.fromkeys(("gross_minor", "net_minor", "presentment_minor"), amount),
                **dict.fromkeys(("currency", "presentment_currency"), self.currency),
                **dict.fromkeys(("report_id", "payout_id"), self.id),
                "payout_reference": self.id if kind == "payout" else None,
                "processor": "dlocal",
                "line_kind": "payout" if kind == "payout" else "adjustment",
                "raw_kind": kind,
                "created_at": self.day.cast(TIMESTAMP).as_py(),
                "available_on": self.day.as_py(),
                "source_line": line,
            }
            for kind, amount in amounts.items()
        ]
        fields = [f for f in SETTLEMENT_LINES.columns if f.name in rows[0]]
        return pa.Table.from_pylist(rows, pa.schema([*fields, pa.field("source_line", pa.int64())]))


def _draft(block: Block, transfer: _Transfer) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need(_NAMES, "DLOCAL_TRANSACTION_ID", "NET_AMOUNT")
    raw = draft["raw_kind"] = draft.text(_NAMES)
    own = draft["processor_reference"] = draft.text("DLOCAL_TRANSACTION_ID")
    draft["line_id"] = pc.binary_join_element_wise(own, raw, "/")
    draft["merchant_reference"] = draft.text("TRANSACTION_ID")
    draft["processor"] = pa.repeat("dlocal", len(draft))
    draft["report_id"] = draft["payout_id"] = pa.repeat(transfer.id, len(draft))
    day = pa.repeat(transfer.day, len(draft))
    created = draft.time("CREATION_DATE", "UTC", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S").utc
    draft["created_at"] = pc.coalesce(created, day.cast(created.type))
    draft["available_on"] = day

    kind = translate(raw, _KINDS)
    draft["line_kind"] = kind.fill_null("adjustment")
    message = "{!r} is not known; the line was taken as an adjustment"
    draft.note("unknown_type", pc.is_null(kind), message, raw)
    is_charge = pc.equal(draft["line_kind"], "charge")
    draft["payment_reference"] = pc.if_else(is_charge, own, None)
    _set_amounts(draft, transfer.currency)
    return draft


def _set_amounts(draft: Draft, code: str) -> None:
    """Gross and net are rounded; the fee is what lies between, so that they add up."""
    currency = draft["currency"] = pa.repeat(code, len(draft))
    stated, lost = {}, {}
    for name, short in _SUMMED.items():
        stated[short], lost[short] = draft.rounded(name, currency)
        draft[f"{short}_whole"] = stated[short].fill_null(0)
        draft[f"{short}_lost"] = lost[short].fill_null(0)
    # Adjustments and fees may state their net alone.
    net, gross = stated["net"], pc.coalesce(stated["gross"], stated["net"])
    draft["net_minor"], draft["gross_minor"] = net, gross
    draft["markup_minor"] = pc.subtract(gross, net)
    for name in _NO_FEES:
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    # A cent may be lost in each of the three, so only a larger difference is one.
    gap = pc.subtract(pc.abs(pc.subtract(gross, net)), pc.abs(stated["fee"].fill_null(0)))
    has_fee = pc.and_(pc.is_valid(stated["fee"]), pc.is_valid(stated["gross"]))
    differs = pc.and_(has_fee, pc.greater(pc.abs(gap), 2)).fill_null(False)
    draft.note(
        "net_is_not_gross_and_fee",
        differs,
        "gross {} and fee {} do not come to net {}; the fee was taken as what lies between",
        *(draft.text(name) for name in _SUMMED),
    )

    local = draft.currency("LOCAL_CURRENCY")
    seen, _ = draft.rounded("LOCAL_AMOUNT", pc.coalesce(local, currency))
    was_seen = pc.and_(pc.is_valid(seen), pc.is_valid(local))
    was_seen = pc.and_(was_seen, pc.is_in(draft["line_kind"], pa.array(_EVENTS)))
    turned = pc.if_else(pc.less(gross, 0), pc.negate(pc.abs(seen)), pc.abs(seen))
    draft["presentment_minor"] = pc.if_else(was_seen, turned, gross)
    draft["presentment_currency"] = pc.if_else(was_seen, local, currency)

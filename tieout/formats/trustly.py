"""Trustly's daily files: what was funded (P11KFUN) and what was processed (P11KREC).

The records have no column names. A file begins with a header (H), states what was paid out (F), and
ends with its totals (L).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import exact_sums, parse_minor
from tieout.formats.base import (
    ControlTotal,
    Finding,
    Head,
    Part,
    Quarantined,
    Report,
    Rows,
    Structural,
    UnreadableFile,
)
from tieout.formats.delimited import BLOCK_BYTES, TextFile
from tieout.formats.draft import Block, Draft, translate
from tieout.formats.tagged import Around, Tagged, first_cells
from tieout.formats.times import to_utc

_FUNDED, _PROCESSED = "P11KFUN", "P11KREC"
_BODY = {_FUNDED: "I", _PROCESSED: "T"}
_COMMON = [
    "record_type", "transaction_id", "created_at", "original_transaction_id", "merchant_id",
    "payment_type", "payment_provider_type", "payment_provider_id", "account_number",
    "merchant_reference", "transaction_type", "transaction_status",
]  # fmt: skip
_NAMES = {
    _FUNDED: [
        *_COMMON, "updated_at", "processed_at", "currency", "amount", "trace_id", "reason",
        "batch_id", "settlement_type", "original_merchant_reference",
        "payment_provider_transaction_id", "fee",
    ],
    _PROCESSED: [
        *_COMMON, "processed_at", "currency", "amount", "recurring_start_date",
        "recurring_end_date", "recurring_frequency", "recurring_frequency_unit_type",
        "recurring_currency", "recurring_amount", "recurring_is_automatic",
        "payment_provider_transaction_id",
    ],
}  # fmt: skip
_KNOWN = {
    "record_type", "transaction_id", "created_at", "original_transaction_id", "merchant_id",
    "currency", "amount", "trace_id", "batch_id", "settlement_type", "fee",
    "original_merchant_reference", "merchant_reference",
}  # fmt: skip
# Where the type of a settlement is left out, that of its transaction tells a sale (Capture) too.
_KINDS = {"Sale": "charge", "Capture": "charge", "Refund": "refund", "Return": "chargeback"}


class Trustly:
    """Reads both files; only what was funded is settled."""

    format: ClassVar[str] = "trustly"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "trustly"
    title: ClassVar[str] = "Trustly funding (P11KFUN) and reconciliation (P11KREC) file"

    def recognises(self, head: Head) -> bool:
        """A header record of one of the two files."""
        return re.match(rf'"?H"?,"?(?:{_FUNDED}|{_PROCESSED})"?,', head.first_line) is not None

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines and payouts, the totals of the file, and which file it is."""
        with path.open("rb") as file:
            text = TextFile(file, block_bytes)
            header = Around(0, "", first_cells(text, "H", ",") or [""])
            kind = header.cell(1)
            if kind not in _BODY:
                raise UnreadableFile(f"the file has no header (H) of {_FUNDED} or {_PROCESSED}")
            body, names = _BODY[kind], _NAMES[kind]
            found = first_cells(text, body, ",") or []
            names = names + [f"column_{place + 1}" for place in range(len(names), len(found))]
            yield from text.findings()
            records = Tagged(text, ",", body, names, "HFL", _KNOWN.__contains__, own="F")
            report_id = "/".join(header.cell(place) for place in (1, 5, 3, 6))
            totals = _Totals()
            for block, around in records.blocks():
                rows, others = _draft(block, report_id, is_funded=kind == _FUNDED).accept()
                yield from others
                yield from totals.add(rows, around, report_id)
                if kind == _FUNDED:
                    yield Rows(SETTLEMENT_LINES, rows)
                else:
                    yield Structural(len(rows))
        yield from totals.parts(is_funded=kind == _FUNDED)
        yield Report(report_id)


class _Totals:
    """What the lines come to, by payout and as a whole, and what the file says of that."""

    def __init__(self) -> None:
        self._by_payout = Counter[tuple[str, ...]]()
        self._gross = Counter[str]()
        self._lines = self._settled = 0
        self._payouts: list[tuple[str, str, int, int]] = []
        self._trailers: list[Around] = []

    def add(self, rows: pa.Table, around: list[Around], report_id: str) -> Iterator[Part]:
        """Take these lines and records; the payouts among them become rows."""
        self._lines += len(rows)
        self._settled += len(rows) - rows["payout_id"].null_count
        self._by_payout.update(exact_sums(rows, ["payout_id", "currency"], "net_minor"))
        for (currency,), amount in exact_sums(rows, ["currency"], "gross_minor").items():
            self._gross[currency] += amount
        self._trailers += [record for record in around if record.tag == "L"]
        payouts, refused = [], []
        for record in around:
            if record.tag != "F":
                continue
            try:
                payouts.append(_payout(record, report_id))
            except ValueError as error:
                refused.append((record.line, record.text, str(error)))
        yield Quarantined.many(refused)
        if payouts:
            fields = [f for f in SETTLEMENT_LINES.columns if f.name in payouts[0]]
            schema = pa.schema([*fields, pa.field("source_line", pa.int64())])
            yield Rows(SETTLEMENT_LINES, pa.Table.from_pylist(payouts, schema=schema))
        for row in payouts:
            scope = str(row["payout_id"]), str(row["currency"])
            self._payouts.append(
                (*scope, -int(str(row["net_minor"])), int(str(row["source_line"])))
            )

    def parts(self, *, is_funded: bool) -> Iterator[Part]:
        """Payouts against their lines, and the trailer against all lines."""
        for payout, currency, stated, line in self._payouts:
            own = self._by_payout[payout, currency]
            yield ControlTotal("payout_equals_its_lines", payout, currency, stated, own, line)
        if not self._trailers:
            yield Finding("no_trailer", "the file's totals (L) are missing; it may be cut off")
        for record in self._trailers:
            yield from self._trailer(record, is_funded=is_funded)
        if self._lines and not is_funded:
            yield Finding(
                "transactions_without_effect",
                f"{self._lines} transactions were processed; what was settled of them is in the "
                f"funding file ({_FUNDED}), so they are no settlement lines",
            )

    def _trailer(self, record: Around, *, is_funded: bool) -> Iterator[Part]:
        """Number and sum of the transactions, and of those that were settled, fees included."""
        checks = [("transactions", 1, self._lines, self._gross)]
        if is_funded:
            paid_out = Counter[str]()
            for (_, currency), net in self._by_payout.items():
                paid_out[currency] += net
            checks.append(("settled", 3, self._settled, paid_out))
        scope, line = "the file", record.line
        for name, place, lines, sums in checks:
            try:
                stated = _count(record.cell(place))
                yield ControlTotal(f"{name}_count", scope, None, stated, lines, line)
                if len(sums) == 1:  # a sum over several currencies, or of nothing, says nothing
                    ((currency, own),) = sums.items()
                    stated = parse_minor(record.cell(place + 1), currency)
                    yield ControlTotal(f"{name}_sum", scope, currency, stated, own, line)
            except ValueError as error:
                message = f"the trailer (L): {error}"
                yield Finding("control_total_unreadable", message, line)


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]+", text):
        raise ValueError(f"{text!r} is not a number of records")
    return int(text)


def _payout(record: Around, report_id: str) -> dict[str, Any]:
    """What was paid out to the company; negative where the company owes."""
    payout, currency = record.cell(3), record.cell(4)
    minor = parse_minor(record.cell(5), currency)
    paid = to_utc(pa.array([record.cell(7)], pa.string())).utc[0].as_py()
    if not payout or paid is None:
        raise ValueError(f"the payout (F) has no trace id or no time: {record.cell(7)!r}")
    fees = ("interchange", "scheme_fee", "markup", "fixed_fee", "tax")
    return {
        "processor": "trustly",
        "report_id": report_id,
        "line_kind": "payout",
        **{f"{name}_minor": 0 for name in fees},
        **{f"{name}_minor": -minor for name in ("gross", "net", "presentment")},
        "currency": currency,
        "presentment_currency": currency,
        "created_at": paid,
        "available_on": paid.date(),
        "payout_id": payout,
        "payout_reference": payout,
        "raw_kind": "F",
        "source_line": record.line,
    }


def _draft(block: Block, report_id: str, *, is_funded: bool) -> Draft:
    draft = Draft(SETTLEMENT_LINES, block)
    draft.need("transaction_id", "created_at", "currency", "amount")
    transaction, settled_as = draft.text("transaction_id"), draft.text("settlement_type")
    kind = pc.coalesce(settled_as, draft.text("transaction_type"))
    trace = draft.text("trace_id")
    draft["processor"] = pa.repeat("trustly", len(draft))
    draft["report_id"] = pa.repeat(report_id, len(draft))
    draft["account"], draft["batch_id"] = draft.text("merchant_id"), draft.text("batch_id")
    draft["payout_id"], draft["raw_kind"] = trace, kind
    draft["created_at"] = draft.time("created_at").utc
    # A sale that was returned and paid again has one transaction, and a trace each time.
    draft["line_id"] = pc.binary_join_element_wise(
        transaction, settled_as, trace.fill_null(""), "/"
    )
    draft["processor_reference"] = transaction
    original = draft.text("original_transaction_id")
    draft["payment_reference"] = pc.if_else(
        pc.equal(kind, "Refund").fill_null(False), original, transaction
    )
    draft["merchant_reference"] = pc.coalesce(
        draft.text("original_merchant_reference"), draft.text("merchant_reference")
    )
    currency = draft["currency"] = draft.currency("currency")
    gross = draft.minor("amount", currency)
    fee = draft.minor("fee", currency).fill_null(0)
    draft["gross_minor"], draft["net_minor"] = gross, pc.add(gross, fee)
    draft["markup_minor"] = pc.negate(fee)
    for name in ("interchange", "scheme_fee", "fixed_fee", "tax"):
        draft[f"{name}_minor"] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    draft["presentment_minor"], draft["presentment_currency"] = gross, currency

    known = translate(kind, _KINDS)
    taken_back = pc.and_(pc.equal(kind, "Capture"), pc.less(gross, 0)).fill_null(False)
    known = pc.if_else(taken_back, "chargeback", known)
    reversed_ = pc.and_(pc.equal(known, "chargeback"), pc.greater(gross, 0)).fill_null(False)
    known = pc.if_else(reversed_, "chargeback_reversal", known)
    draft["line_kind"] = known.fill_null("adjustment")
    if is_funded:
        message = "{!r} is not known; the line was taken as an adjustment"
        draft.note("unknown_type", pc.is_null(known), message, kind)
    return draft

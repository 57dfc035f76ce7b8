"""PayPal statement and activity downloads: an account's transactions, in several languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import flat
from tieout.formats.base import Finding, Head, Part, Rows, Structural, UnreadableFile
from tieout.formats.chains import Chains
from tieout.formats.delimited import BLOCK_BYTES, Delimited, Layout, TextFile, header_names
from tieout.formats.draft import Block, Draft
from tieout.formats.habits import Habits
from tieout.formats.lines import Dialect, split
from tieout.formats.paypal_codes import set_line_kind
from tieout.formats.paypal_stl import line_id
from tieout.formats.paypal_words import ENDED, KINDS, MEMO, NOT_YET, columns

_DELIMITERS = (",", "\t", ";")
_NEEDED = ("date", "time", "zone", "currency", "net", "transaction")
_MADE = "date and time"
_BALANCE = "balance"  # of the account after a line, beside the columns of the contract


class PayPalActivity:
    """Reads the statement (balance report) and the activity download, of any choice of columns."""

    format: ClassVar[str] = "paypal_activity"
    version: ClassVar[int] = 2
    source: ClassVar[str] = "paypal"
    title: ClassVar[str] = "PayPal statement or activity download (CSV), in seven languages"

    def recognises(self, head: Head) -> bool:
        """A header with PayPal's column names in one language."""
        return _known(head.first_line) is not None

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """Settlement lines, and whether the balances of each currency chain."""
        with path.open("rb") as file:
            layout, language, known = _layout(TextFile(file, block_bytes))

            def sheet() -> Delimited:
                return Delimited(
                    file,
                    required=known.values(),
                    known=frozenset(known.values()).__contains__,
                    free=".*",
                    block_bytes=block_bytes,
                    layout=layout,
                )

            because = f"as is usual in the file's language ({language})"
            habits = Habits(is_american=language == "en", because=because)
            for block in sheet().blocks():
                habits.add_days(flat(block.table[known["date"]]))
                for name in ("gross", "fee", "net"):
                    habits.add_amounts(flat(block.table[known[name]]))
            yield from sheet().preamble()
            yield from habits.findings()
            chains, memos = Chains(), 0
            for block in sheet().blocks():
                rest, count = _without_memos(block, known)
                memos += count
                rows, others = _draft(rest, known, habits).accept()
                chains.add(rows, _BALANCE)
                yield Rows(SETTLEMENT_LINES, rows.drop_columns([_BALANCE]))
                yield Structural(count)
                yield from others
        yield from chains.parts()
        if memos:
            message = (
                f"{memos} transactions that change no balance (memo, or pending) are no settlement"
                " lines"
            )
            yield Finding("transactions_without_effect", message)


def _known(header: str) -> tuple[str, str, dict[str, str]] | None:
    """Delimiter, language and columns of a header; None where it is not PayPal's."""
    for delimiter in _DELIMITERS:
        try:
            found = columns(header_names(header, delimiter))
        except UnreadableFile:
            continue
        if found:
            return delimiter, *found
    return None


def _layout(text: TextFile) -> tuple[Layout, str, dict[str, str]]:
    """The header, without the empty columns at its end that some downloads have there alone."""
    lines: list[tuple[int, str]] = []
    for part in split(text.blocks(), Dialect(None, ord(text.newline), 1)):
        for place in np.flatnonzero(~part.blank)[: 2 - len(lines)]:
            lines.append((int(part.line[place]), part.text(np.array([place]))[0]))
        if len(lines) == 2:
            break
    found = _known(lines[0][1]) if lines else None
    if found is None:
        raise UnreadableFile("the file does not begin with PayPal's column names")
    delimiter, language, known = found
    names = header_names(lines[0][1], delimiter)
    if len(lines) == 2:
        width = len(header_names(lines[1][1], delimiter))
        if not any(lines[0][1].split(delimiter)[width:]):
            names = names[:width]
    return Layout(delimiter, lines[0][0], tuple(names)), language, known


def _without_memos(block: Block, known: dict[str, str]) -> tuple[Block, int]:
    """The block without transactions that change no balance, and how many these are."""
    said = known.get("impact", known.get("status"))
    if said is None or not len(block.lines):
        return block, 0
    words = pc.utf8_lower(pc.utf8_trim_whitespace(flat(block.table[said])))
    is_memo = pc.match_substring_regex(words, f"^(?:{MEMO if 'impact' in known else NOT_YET})$")
    stays = pc.invert(is_memo.fill_null(False))
    rest = block.only(stays)
    return rest, len(block.lines) - len(rest.lines)


def _draft(block: Block, known: dict[str, str], habits: Habits) -> Draft:
    date, time = (flat(block.table[known[name]]) for name in ("date", "time"))
    moment = pc.binary_join_element_wise(date, time, " ")
    draft = Draft(SETTLEMENT_LINES, replace(block, table=block.table.append_column(_MADE, moment)))
    draft.need(
        *(known[name] for name in ("date", "time", "zone", "currency", "net", "transaction"))
    )

    def text(name: str) -> pa.Array:
        return draft.text(known.get(name, name))

    if "status" in known:
        status = text("status")
        draft.keep(known["status"], status)
    if "status" in known and "impact" not in known:
        has_ended = pc.match_substring_regex(pc.utf8_lower(status), f"^(?:{ENDED})$")
        reason = "status {} does not say whether money moved: take the download with Balance Impact"
        draft.reject(has_ended.fill_null(False), reason, status)
    draft["processor"] = draft["report_id"] = pa.repeat("paypal", len(draft))
    draft["raw_kind"] = draft["description"] = text("type")
    clocks = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
    formats = [f"{habits.day} {clock}" for clock in clocks]
    draft["created_at"] = draft.time(_MADE, text("zone"), *formats).utc
    _set_amounts(draft, known, habits)
    _set_kind(draft)
    own = draft["processor_reference"] = text("transaction")
    side = pc.if_else(pc.less(draft["gross_minor"], 0), "DR", "CR")
    draft["line_id"] = line_id(own, draft["currency"], side)
    is_charge = pc.equal(draft["line_kind"], "charge")
    draft["payment_reference"] = pc.if_else(is_charge, own, text("reference"))
    draft["merchant_reference"] = text("invoice")
    is_payout = pc.equal(draft["line_kind"], "payout")
    draft["payout_id"] = draft["payout_reference"] = pc.if_else(is_payout, own, None)
    return draft


def _set_amounts(draft: Draft, known: dict[str, str], habits: Habits) -> None:
    """Gross and fee come to the net, which is what reached the balance."""
    currency = draft["currency"] = draft.currency(known["currency"])
    gross, fee, net = (
        draft.minor(known[name], currency, habits.marks) for name in ("gross", "fee", "net")
    )
    fee = fee.fill_null(0)
    own_gross = pc.subtract(net, fee)
    differs = pc.not_equal(gross, own_gross).fill_null(False)
    draft.note(
        "net_is_not_gross_plus_fee",
        differs,
        "gross {} and fee {} do not come to net {} {}; gross was taken as net less fee",
        *(draft.text(known[name]) for name in ("gross", "fee", "net")),
        currency,
    )
    draft.keep("stated_gross", pc.if_else(differs, draft.text(known["gross"]), None))
    draft["gross_minor"], draft["net_minor"] = own_gross, net
    draft["markup_minor"] = pc.negate(fee)
    for name in ("interchange_minor", "scheme_fee_minor", "fixed_fee_minor", "tax_minor"):
        draft[name] = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    draft["presentment_minor"], draft["presentment_currency"] = own_gross, currency
    stated = known.get("balance", _BALANCE)
    draft[_BALANCE] = draft.minor(stated, currency, habits.marks)


def _set_kind(draft: Draft) -> None:
    """By the words of the description; money in that costs a fee is a payment in any language."""
    words = pc.utf8_lower(draft["raw_kind"])
    paid = pc.and_(pc.greater(draft["gross_minor"], 0), pc.greater(draft["markup_minor"], 0))
    known = pc.if_else(paid, "charge", pa.nulls(len(draft), pa.string()))
    for kind, pattern in reversed(KINDS):
        known = pc.if_else(pc.match_substring_regex(words, pattern).fill_null(False), kind, known)
    set_line_kind(draft, known)

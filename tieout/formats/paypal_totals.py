"""The footers of a PayPal settlement report, held against what its transactions come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.amounts import exact_sums, parse_minor
from tieout.formats.base import ControlTotal, Finding, Part
from tieout.formats.tagged import Around

_SUMS = ("gross_credits", "gross_debits", "fee_credits", "fee_debits")
_FIRST_SUM = 2
# Direction and amount of the balance available at the beginning, and of that at the end.
_BALANCES = ((6, 7), (8, 9))
_FULL = 19  # fields of a footer that ends with a count


class _Sum(NamedTuple):
    """What the transactions of one section and currency come to."""

    gross_credits: int
    gross_debits: int
    fee_credits: int
    fee_debits: int
    records: int

    @property
    def net(self) -> int:
        return self.gross_credits - self.gross_debits + self.fee_credits - self.fee_debits


class Footers:
    """Sums by section and currency, and the records that state them."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], Counter[str]] = {}
        self._footers: list[tuple[Around, int | None]] = []

    @property
    def currencies(self) -> set[str]:
        """The currencies of the transactions."""
        return {currency for _, currency in self._sums}

    def add(self, around: list[Around], section_of: Callable[..., pa.Array]) -> None:
        """Take the footers among these records."""
        footers = [record for record in around if record.tag in ("SF", "SC", "RF", "RC")]
        places = section_of(np.array([record.line for record in footers], np.int64)).to_pylist()
        self._footers += zip(footers, places, strict=True)

    def count(self, rows: pa.Table, sections: pa.Array) -> None:
        """Add what these rows come to."""
        gross, fee = rows["gross_minor"], pc.negate(rows["markup_minor"])
        zero = pa.scalar(0, pa.int64())
        parts = {
            "gross_credits": pc.max_element_wise(gross, zero),
            "gross_debits": pc.max_element_wise(pc.negate(gross), zero),
            "fee_credits": pc.max_element_wise(fee, zero),
            "fee_debits": pc.max_element_wise(pc.negate(fee), zero),
            "records": pa.repeat(pa.scalar(1, pa.int64()), len(rows)),
        }
        section = sections.cast(pa.string()).fill_null("")
        table = pa.table({**parts, "section": section, "currency": rows["currency"]})
        for name in parts:
            for (place, currency), amount in exact_sums(
                table, ["section", "currency"], name
            ).items():
                self._sums.setdefault((place, currency), Counter())[name] += amount

    def parts(self, scopes: list[str], *, is_whole: bool) -> Iterator[Part]:
        """The control totals. Those of the report need a file that holds all of it."""
        skipped = False
        for record, place in self._footers:
            of_report = record.tag in ("RF", "RC")
            if of_report and not is_whole:
                skipped = True
                continue
            scope = "the report" if of_report or place is None else scopes[place]
            sections = None if of_report else {"" if place is None else str(place)}
            yield from self._stated(record, scope, sections)
        if skipped:
            yield Finding(
                "report_in_several_files",
                "the totals of the report are of several files, so they were not compared",
            )

    def _of(self, sections: set[str] | None, currency: str | None) -> _Sum:
        """The sum over some sections (None: all) and one currency or all."""
        total = Counter[str]()
        for (section, code), sums in self._sums.items():
            if sections in (None, {section}) and currency in (None, code):
                total.update(sums)
        return _Sum(*(total[name] for name in _Sum._fields))

    def _stated(self, record: Around, scope: str, sections: set[str] | None) -> Iterator[Part]:
        level = "report" if record.tag in ("RF", "RC") else "section"
        try:
            if record.tag in ("SC", "RC"):
                count = _count(record.cell(1))
                own = self._of(sections, None).records
                yield ControlTotal(f"{level}_records", scope, None, count, own, record.line)
                return
            yield from self._footer(record, level, scope, sections)
        except ValueError as error:
            yield Finding("control_total_unreadable", f"{scope}: {error}", record.line)

    def _footer(
        self, record: Around, level: str, scope: str, sections: set[str] | None
    ) -> Iterator[ControlTotal]:
        """The footer of one currency: sums, balances that must chain, and a count."""
        currency = record.cell(1)
        own = self._of(sections, currency)
        stated = [
            _hundredths(record.cell(place), currency)
            for place in range(_FIRST_SUM, _FIRST_SUM + len(_SUMS))
        ]
        for name, amount in zip(_SUMS, stated, strict=True):
            computed = getattr(own, name)
            yield ControlTotal(f"{level}_{name}", scope, currency, amount, computed, record.line)
        if all(record.cell(amount) for _, amount in _BALANCES):
            opening, closing = (_balance(record, *places, currency) for places in _BALANCES)
            yield ControlTotal(
                f"{level}_balance", scope, currency, closing, opening + own.net, record.line
            )
        # A spreadsheet adds empty fields until all records have as many.
        filled = [place for place, cell in enumerate(record.cells) if cell.strip()]
        if filled[-1] >= _FULL - 1:
            count = _count(record.cell(filled[-1]))
            yield ControlTotal(
                f"{level}_records_of_currency", scope, None, count, own.records, record.line
            )


def _balance(record: Around, side: int, amount: int, currency: str) -> int:
    sign = {"CR": 1, "DR": -1}.get(record.cell(side))
    if sign is None:
        raise ValueError(f"{record.cell(side)!r} is neither CR nor DR")
    return sign * _hundredths(record.cell(amount), currency)


def _hundredths(text: str, currency: str) -> int:
    """An unsigned amount in hundredths of the unit, as minor units of the currency."""
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is not an unsigned amount in hundredths")
    padded = text.zfill(3)
    return parse_minor(f"{padded[:-2]}.{padded[-2:]}", currency)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is not a number of records")
    return int(text)

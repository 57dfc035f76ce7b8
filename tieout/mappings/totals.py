"""Rows of a file that are no records, and the totals that some of them state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.amounts import flat, parse_minor
from tieout.formats.base import ControlTotal, Finding, Part, Structural
from tieout.formats.draft import Block
from tieout.formats.lines import Flags
from tieout.mappings.model import MappingFile, Rows, Total


class StatedTotals:
    """Sets rows of totals apart from records, and holds what they state against the records."""

    def __init__(self, mapping: MappingFile) -> None:
        self._mapping = mapping
        self._stated: list[tuple[Total, str, int]] = []
        self._sums: dict[str, Counter[str]] = {}
        self._records = 0

    def take(self, block: Block) -> tuple[Block, list[Part]]:
        """The records of a block, and the parts for the rows of it that are none."""
        totals = self._mapping.control_totals.stated
        chosen = [*self._mapping.not_records, *(total.rows for total in totals)]
        none: Flags = np.zeros(len(block.lines), dtype=np.bool_)
        for rows in chosen:
            none |= _fits(block, rows)
        for total in totals:
            fits = pa.array(_fits(block, total.rows))
            texts = flat(block.table[total.column]).filter(fits).to_pylist()
            lines = block.lines.filter(fits).to_pylist()
            self._stated += [
                (total, text or "", line) for text, line in zip(texts, lines, strict=True)
            ]
        if not none.any():
            return block, []
        return _without(block, none), [Structural(int(none.sum()))]

    def add(self, rows: pa.Table) -> None:
        """Count records that were read."""
        self._records += len(rows)
        for name in {total.of for total in self._mapping.control_totals.stated if total.of}:
            sums = self._sums.setdefault(name, Counter())
            wide = rows.select(["currency"]).append_column(
                "amount", rows[name].cast(pa.decimal128(38, 0))
            )
            found = wide.group_by("currency").aggregate([("amount", "sum")])
            for currency, amount in zip(*found.to_pydict().values(), strict=True):
                sums[currency] += int(amount or 0)

    def parts(self) -> Iterator[Part]:
        """Each total that the file states; one that cannot be held against anything is named."""
        for total, text, line in self._stated:
            sums = self._sums.get(total.of or "", Counter())
            if total.of and len(sums) > 1:
                message = f"{total.name}: one total for {', '.join(sorted(sums))} cannot be checked"
                yield Finding("total_of_several_currencies", message, line)
                continue
            currency = next(iter(sums), None)
            try:
                stated = self._value(text, currency if total.of else None)
            except ValueError as error:
                yield Finding("total_unreadable", f"{total.name}: {error}", line)
                continue
            computed = sums[currency] if total.of and currency else self._records
            yield ControlTotal(
                total.name, self._mapping.source, total.of and currency, stated, computed, line
            )

    def _value(self, text: str, currency: str | None) -> int:
        plain = self._mapping.marks.plain(pa.array([text]))[0].as_py()
        if currency:
            return parse_minor(plain, currency)
        if not plain.isascii() or not plain.isdigit():
            raise ValueError(f"{text!r} is no whole number")
        return int(plain)


def _fits(block: Block, rows: Rows) -> Flags:
    text = pc.utf8_trim_whitespace(flat(block.table[rows.column]))
    fits: Flags = pc.is_in(text, pa.array(rows.values)).to_numpy(zero_copy_only=False)
    return fits


def _without(block: Block, left_out: Flags) -> Block:
    kept = np.flatnonzero(~left_out)
    mask = pa.array(~left_out)
    return replace(
        block,
        table=block.table.filter(mask),
        lines=block.lines.filter(mask),
        extra=block.extra.filter(mask),
        originals=partial(_originals, block, kept),
    )


def _originals(block: Block, kept: np.ndarray, chosen: Flags) -> list[str]:
    wanted: Flags = np.zeros(len(block.lines), dtype=np.bool_)
    wanted[kept[chosen]] = True
    return block.originals(wanted)

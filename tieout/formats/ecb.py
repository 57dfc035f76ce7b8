"""Reference rates of the European Central Bank, daily or with their history since 1999."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import FX_RATES
from tieout.formats.base import Head, Part, Rows, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, Delimited, names_in
from tieout.formats.draft import Block, Draft

_DATE, _CURRENCY = "Date", re.compile("[A-Z]{3}")
_DATE_FORMATS = ("%Y-%m-%d", "%d %B %Y")


class EcbReferenceRates:
    """Reads the euro reference rates."""

    format: ClassVar[str] = "ecb_reference_rates"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "ecb"
    title: ClassVar[str] = "ECB euro reference rates (CSV)"

    def recognises(self, head: Head) -> bool:
        """A date and nothing but currency codes in the header, euro not among them."""
        names = names_in(head)
        currencies = set(filter(_CURRENCY.fullmatch, names))
        others = {name for name in names - currencies if not name.startswith("column_")}
        return others == {_DATE} and "USD" in currencies and "EUR" not in currencies

    def read(self, path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[Part]:
        """One row for each rate; a line without any rate is quarantined."""
        with path.open("rb") as file:
            sheet = Delimited(file, required={_DATE}, known=_is_known, block_bytes=block_bytes)
            if not any(map(_CURRENCY.fullmatch, sheet.names)):
                raise UnreadableFile("the header names no currency")
            yield from sheet.preamble()
            for block in sheet.blocks():
                yield from _rates(block)


def _is_known(name: str) -> bool:
    # The header ends in a comma, so its last column has no name of its own.
    return name == _DATE or bool(_CURRENCY.fullmatch(name)) or name.startswith("column_")


def _rates(block: Block) -> Iterator[Part]:
    draft = Draft(FX_RATES, block)
    draft.need(_DATE)
    draft["rate_date"] = draft.date(_DATE, *_DATE_FORMATS)
    currencies = [name for name in block.table.column_names if _CURRENCY.fullmatch(name)]
    has_none = pa.repeat(True, len(draft))
    for name in currencies:
        rates = draft[name] = draft.rate(name, missing="N/A")
        draft.reject(pc.less_equal(rates, 0), f"{name}: a rate is above zero")
        has_none = pc.and_(has_none, pc.is_null(rates))
    draft.reject(has_none, "the line has no rate")
    for name in set(block.table.column_names) - {_DATE, *currencies}:
        stray = pc.utf8_trim_whitespace(draft.text(name))
        draft.reject(pc.not_equal(stray, ""), "{!r} stands under no currency", stray)
    rows, others = draft.accept()
    yield Rows(FX_RATES, _long(rows, currencies))
    yield from others


def _long(rows: pa.Table, currencies: list[str]) -> pa.Table:
    """One row for each rate of each day."""
    columns = []
    for name in currencies:
        rated = rows.filter(pc.is_valid(rows[name]))
        columns.append(
            rated.select(["rate_date", "source_line", "extra"])
            .append_column("rate", rated[name])
            .append_column("currency", pa.repeat(name, len(rated)))
            .append_column("base_currency", pa.repeat("EUR", len(rated)))
        )
    return pa.concat_tables(columns)

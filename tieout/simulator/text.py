"""Columns of numbers as columns of text, and columns of text as files; vectorised throughout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.money import exponent
from tieout.simulator.draws import Ints, Mask
from tieout.simulator.exchange import ONE
from tieout.simulator.phases import CURRENCIES

Column: TypeAlias = pa.Array | pa.ChunkedArray


def names(codes: Ints, values: Sequence[str | None]) -> pa.Array:
    """The values that codes stand for; code -1 is null."""
    missing = codes < 0
    places = pa.array(np.where(missing, 0, codes), mask=missing)
    return pa.array(values, pa.string()).take(places)


def by_group(group: Ints, make: Callable[[int, Ints], pa.Array]) -> pa.Array:
    """A column whose values are made group by group: `make` is given a group and its rows.

    So nothing is made for a row only to be thrown away.
    """
    if not len(group):
        return pa.nulls(0, pa.string())
    order = np.argsort(group, kind="stable")
    groups, starts = np.unique(group[order], return_index=True)
    rows = np.split(order, starts[1:])
    parts = [make(int(one), own) for one, own in zip(groups.tolist(), rows, strict=True)]
    if len(parts) == 1:
        return parts[0]
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group))
    return pa.concat_arrays(parts).take(pa.array(place))


def money(minor: Ints, currency: Ints) -> pa.Array:
    """Plain decimals in major units with the decimals of each currency: ``-12.30``, ``335``."""
    whole = pa.array(minor, pa.int64())
    exact = whole.cast(pa.decimal128(19, 0))
    places = np.array([exponent(code) for code in CURRENCIES])[currency]
    text = whole.cast(pa.string())
    for decimals in np.unique(places[places > 0]).tolist():
        major = pc.multiply(exact, pa.scalar(Decimal(1).scaleb(-decimals)))
        text = pc.if_else(pa.array(places == decimals), major.cast(pa.string()), text)
    return text


def rates(rate: Ints) -> pa.Array:
    """Exchange rates with as many decimals as they need; 1 where nothing was converted."""
    exact = pc.multiply(
        pa.array(rate).cast(pa.decimal128(19, 0)), pa.scalar(Decimal(1) / Decimal(ONE))
    )
    return pc.if_else(pa.array(rate == ONE), "1", exact.cast(pa.string()))


def times(moment: Ints) -> pa.Array:
    """``2011-10-03 14:15:16`` of seconds since 1970."""
    return pa.array(moment, pa.int64()).cast(pa.timestamp("s")).cast(pa.string())


def timestamps(moment: Ints, is_null: Mask | None = None) -> pa.Array:
    """UTC timestamps of the canonical tables, of seconds since 1970."""
    micros = pa.array(moment * 1_000_000, pa.int64(), mask=is_null)
    return micros.cast(pa.timestamp("us", tz="UTC"))


def join(*parts: Column | str, separator: str = "") -> pa.Array:
    """The parts of each row put together; a null is an empty text."""
    return pc.binary_join_element_wise(
        *parts, separator, null_handling="replace", null_replacement=""
    )


def lines(rows: Column) -> bytes:
    """The rows of a column as the lines of a file."""
    ended = join(rows, "\n")
    if isinstance(ended, pa.ChunkedArray):
        ended = ended.combine_chunks()
    # The characters of an Arrow column lie one after the other: they are the file.
    ends = np.frombuffer(ended.buffers()[1], np.int32, len(ended) + 1, ended.offset * 4)
    characters = ended.buffers()[2]
    return b"" if characters is None else characters.to_pybytes()[ends[0] : ends[-1]]


def csv(columns: dict[str, Column]) -> bytes:
    """A CSV file. Texts that hold a comma must come quoted."""
    header = ",".join(columns).encode() + b"\n"
    return header + lines(join(*columns.values(), separator=","))


def json_lines(columns: dict[str, Column]) -> bytes:
    """A JSON Lines file. Text columns hold plain identifiers: nothing that JSON would escape."""
    fields: list[Column | str] = []
    for name, column in columns.items():
        quote = '"' if pa.types.is_string(column.type) else ""
        fields += [f'{"," if fields else "{"}"{name}":{quote}', column.cast(pa.string()), quote]
    return lines(join(*fields, "}"))

"""The two inputs as arrays in an order of their own, so that no result depends on row order or ids.

Lines are sorted by what they say (currency, day, amount, text); the id only separates lines that
say the same, and such twins are never matched. A block is one currency and one sign: no candidate
ever leaves its block.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.signedinteger]  # levels and counts, in as few bytes as they need
Reals = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

SCHEMA = pa.schema(
    [
        pa.field("line_id", pa.string(), nullable=False),
        pa.field("amount_minor", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("day", pa.date32(), nullable=False),
        pa.field("text", pa.string()),
    ]
)


@dataclass(frozen=True)
class Side:
    """The lines of one side in canonical order; every array has one entry a line."""

    ids: list[str]
    texts: list[str]  # as received, NFKC; empty where there is none
    amount: Ints  # minor units, signed
    day: Ints  # days since 1970-01-01
    block: Ints  # number of the currency and sign, the same on both sides
    twin: Bools  # another line of this side says exactly the same

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def log_amount(self) -> Floats:
        """Natural logarithm of the absolute amount, with the amount's sign; 0 for zero.

        With the sign, a charge lowers it for money in and for money out alike.
        """
        size = np.log(np.maximum(np.abs(self.amount), 1).astype(np.float64))
        return np.asarray(np.sign(self.amount) * size)


def read_side(table: pa.Table, currencies: list[str]) -> Side:
    """Check one input against the schema and bring it into canonical order.

    `currencies` is the sorted list of both sides' currencies: it numbers the blocks. Raises
    ValueError on a missing column, a null where none may be, or an id that stands twice.
    """
    table = _checked(table)
    ids: list[str] = table["line_id"].to_pylist()
    texts = [unicodedata.normalize("NFKC", text or "") for text in table["text"].to_pylist()]
    amount = table["amount_minor"].to_numpy().astype(np.int64)
    day = table["day"].cast(pa.int32()).to_numpy().astype(np.int64)
    number = {currency: 2 * i for i, currency in enumerate(currencies)}
    block = np.array([number[c] for c in table["currency"].to_pylist()], dtype=np.int64)
    block = block + (amount < 0)
    said = list(zip(block.tolist(), day.tolist(), amount.tolist(), texts, strict=True))
    order = sorted(range(len(ids)), key=lambda i: (said[i], ids[i]))
    same = np.array([said[a] == said[b] for a, b in itertools.pairwise(order)], bool)
    twin = np.zeros(len(ids), dtype=np.bool_)
    twin[1:] |= same
    twin[:-1] |= same
    index = np.array(order, dtype=np.int64)
    return Side(
        ids=[ids[i] for i in order],
        texts=[texts[i] for i in order],
        amount=amount[index],
        day=day[index],
        block=block[index],
        twin=twin,
    )


def _checked(table: pa.Table) -> pa.Table:
    """The needed columns in their types."""
    if missing := [name for name in SCHEMA.names if name not in table.column_names]:
        raise ValueError(f"lines lack the columns {', '.join(missing)}")
    table = table.select(SCHEMA.names).cast(SCHEMA)
    for field in SCHEMA:
        if not field.nullable and table[field.name].null_count:
            raise ValueError(f"{field.name} must not be null")
    if pc.count_distinct(table["line_id"]).as_py() != table.num_rows:
        raise ValueError("line_id must be unique within a side")
    return table

"""Canonical columns from the columns of a file, as a mapping says."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import SETTLEMENT_LINES
from tieout.formats.amounts import flat
from tieout.formats.draft import Block, Draft, translate
from tieout.formats.own import WORDS
from tieout.mappings.model import DERIVED, Cell, MappingFile, is_amount

BALANCE = "balance_after"  # of a row of a bank's list, beside the columns of the contract
_FEES = ("interchange_minor", "scheme_fee_minor", "markup_minor", "fixed_fee_minor", "tax_minor")


def drafted(block: Block, mapping: MappingFile) -> Draft:
    """The records of a block with the columns of the mapping's table set."""
    table = mapping.of_table
    draft = Draft(table, _with_made_columns(block, mapping))
    # Amounts are read in their currency, so that comes first.
    for field in sorted(table.columns, key=lambda field: is_amount(field.name)):
        if (cell := mapping.columns.get(field.name)) is None:
            continue
        if field.name in table.required - DERIVED.get(table.name, set()):
            draft.need(*([] if cell.credit else [_name(field.name, cell)]))
        draft[field.name] = _read(draft, mapping, field, cell)
    if table is SETTLEMENT_LINES:
        _complete_settlement(draft, mapping)
    if balance := mapping.control_totals.running_balance:
        draft[BALANCE] = draft.minor(balance, draft["currency"], mapping.marks)
    return draft


def _with_made_columns(block: Block, mapping: MappingFile) -> Block:
    """The block with constants, and with columns that are put together, as columns of its own."""
    table = block.table
    for name, cell in mapping.columns.items():
        if cell.value is not None:
            made = pa.repeat(pa.scalar(cell.value, pa.string()), len(table))
        elif len(cell.column) > 1:
            made = reduce(_joined, (flat(table[column]) for column in cell.column))
        else:
            continue
        table = table.append_column(_name(name, cell), made)
    return replace(block, table=table)


def _joined(one: pa.Array, other: pa.Array) -> pa.Array:
    """The texts with a space between them, where both are there."""
    return pc.coalesce(pc.binary_join_element_wise(one, other, " "), one, other)


def _name(canonical: str, cell: Cell) -> str:
    """What the column is called that a cell is read from."""
    return " + ".join(cell.column) or f"the value of {canonical}"


def _read(draft: Draft, mapping: MappingFile, field: pa.Field, cell: Cell) -> pa.Array:
    name = _name(field.name, cell)
    if is_amount(field.name):
        return _amount(draft, mapping, field.name, cell)
    if field.name.endswith("currency"):
        return draft.currency(name)
    if cell.words:
        return _translated(draft, name, cell)
    if field.name in WORDS:
        return draft.choice(name, WORDS[field.name])
    if pa.types.is_integer(field.type):
        return draft.integer(name, field.type)
    if pa.types.is_date(field.type):
        return draft.date(name, *mapping.date_formats)
    if pa.types.is_decimal(field.type):
        return draft.rate(name, marks=mapping.marks)
    if pa.types.is_timestamp(field.type):
        return draft.time(name, mapping.time_zone, *mapping.date_formats).utc
    return draft.reference(name)


def _translated(draft: Draft, name: str, cell: Cell) -> pa.Array:
    text = draft.text(name)
    known = translate(pc.utf8_trim_whitespace(text), cell.words)
    if cell.otherwise is not None:
        return pc.if_else(pc.is_valid(text), known.fill_null(cell.otherwise), None)
    unknown = pc.and_(pc.is_valid(text), pc.is_null(known))
    said = ", ".join(cell.words)
    draft.reject(unknown, f"{name}: {{!r}} is none of the words of the mapping ({said})", text)
    return known


def _amount(draft: Draft, mapping: MappingFile, canonical: str, cell: Cell) -> pa.Array:
    currency_of = "presentment_currency" if canonical == "presentment_minor" else "currency"
    currency = draft[currency_of]
    if cell.credit and cell.debit:
        return _of_two_columns(draft, mapping, cell, currency)
    name = _name(canonical, cell)
    if cell.unit == "minor":
        values = draft.integer(name, pa.int64())
    else:
        values = draft.minor(name, currency, mapping.marks)
    if cell.direction:
        direction = pc.utf8_trim_whitespace(draft.text(cell.direction.column))
        is_out = pc.is_in(direction, pa.array(cell.direction.outgoing))
        unknown = pc.invert(pc.or_(is_out, pc.is_in(direction, pa.array(cell.direction.incoming))))
        said = ", ".join([*cell.direction.incoming, *cell.direction.outgoing])
        draft.reject(unknown, f"{cell.direction.column}: {{!r}} is none of {said}", direction)
        values = pc.if_else(is_out, pc.negate(values), values)
    return pc.negate(values) if cell.negate else values


def _of_two_columns(draft: Draft, mapping: MappingFile, cell: Cell, currency: pa.Array) -> pa.Array:
    credit, debit = (
        draft.minor(str(name), currency, mapping.marks) for name in (cell.credit, cell.debit)
    )
    nothing = pc.and_(*(pc.is_null(draft.text(str(n))) for n in (cell.credit, cell.debit)))
    draft.reject(nothing, f"{cell.credit} and {cell.debit} are empty")
    combine = pc.add if cell.debit_sign == "minus" else pc.subtract
    return combine(credit.fill_null(0), debit.fill_null(0))


def _complete_settlement(draft: Draft, mapping: MappingFile) -> None:
    """What follows from the rest: net = gross − fees, and what the payer saw is the gross.

    The net is what reached the balance, so it is what is kept where the three do not agree.
    """
    zero = pa.repeat(pa.scalar(0, pa.int64()), len(draft))
    stated = mapping.columns.keys()
    for name in ("processor", "report_id"):
        if name not in stated:
            draft[name] = pa.repeat(pa.scalar(mapping.source, pa.string()), len(draft))
    fees = zero
    for name in _FEES:
        draft[name] = draft[name].fill_null(0) if name in stated else zero
        fees = pc.add(fees, draft[name])
    if "net_minor" not in stated:
        draft["net_minor"] = pc.subtract(draft["gross_minor"], fees)
    gross = pc.add(draft["net_minor"], fees)
    if "gross_minor" in stated:
        differs = pc.not_equal(draft["gross_minor"], gross).fill_null(False)
        draft.note(
            "net_is_not_gross_minus_fee",
            differs,
            "gross {} less fees {} is not net {} {} (minor units); gross was taken as net plus "
            "fees",
            draft["gross_minor"],
            fees,
            draft["net_minor"],
            draft["currency"],
        )
    draft["gross_minor"] = gross
    if "presentment_currency" not in stated:
        draft["presentment_currency"] = draft["currency"]
    if "presentment_minor" not in stated:
        draft["presentment_minor"] = gross

"""From text columns to canonical rows: what every tabular reader does with a block of records.

A reader asks a `Draft` for typed columns. Whatever cannot be read sets the whole record apart with
its original text and every reason; the rest become rows. So no reader decides for itself how a
record is refused, and none can lose one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.conditions import CONDITIONS
from tieout.contracts import Table
from tieout.formats.amounts import (
    Exponents,
    Marks,
    Text,
    flat,
    known_currency,
    to_integer,
    to_minor,
    to_rate,
    to_rounded,
)
from tieout.formats.base import Finding, Part, Quarantined, Rows
from tieout.formats.lines import Flags
from tieout.formats.times import AMBIGUOUS, Times, to_date, to_iso, to_utc

_ESCAPES = [(char, json.dumps(char)[1:-1]) for char in ["\\", '"', *map(chr, range(32))]]

# What a spreadsheet makes of a long number: 1.2302025304E+022.
SCIENTIFIC = r"^[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]+$"
_SPREADSHEET = (
    (SCIENTIFIC, "a spreadsheet has shortened the number, and its digits are lost"),
    (
        r"^[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})(?: .*)?$",
        "a spreadsheet may have rewritten it: which is the day and which the month is not known",
    ),
    (r"^[2-6][0-9]{4}(?:[.,][0-9]+)?$", "it may be a spreadsheet's number of a day"),
)


@dataclass(frozen=True)
class Block:
    """The records of one block of a file as text columns, and how to find their originals."""

    table: pa.Table
    """One row per record with the right shape. A column is text, with null for what is empty, or
    of a type that needs no reading (`is_read`)."""
    lines: pa.Array
    """The line (or row) number of each row of `table`."""
    extra: pa.Array
    """What the format has no column for, as JSON; null where there is nothing."""
    originals: Callable[[Flags], list[str]]
    """The original text of the chosen rows of `table`."""
    accounted: tuple[Part, ...] = ()
    """The count of all records of the block, and those of them that are not in `table`."""

    def only(self, rows: pa.Array) -> Block:
        """The block with some of its rows; what becomes of the others is for the caller to say."""
        places = np.flatnonzero(rows.to_numpy(zero_copy_only=False))

        def originals(chosen: Flags) -> list[str]:
            flags: Flags = np.zeros(len(self.lines), dtype=np.bool_)
            flags[places[chosen]] = True
            return self.originals(flags)

        return replace(
            self,
            table=self.table.filter(rows),
            lines=self.lines.filter(rows),
            extra=self.extra.filter(rows),
            originals=originals,
        )


class Draft:
    """Canonical rows in the making, from one block.

    The typed getters return null for what is empty and for what cannot be read; the latter also
    rejects the record. Set canonical columns by name, then take `parts`.
    """

    def __init__(self, table: Table, block: Block) -> None:
        self.table, self.block = table, block
        self.extra = block.extra
        self._columns: dict[str, pa.Array] = {}
        self._rejections: list[_Remark] = []
        self._notes: list[tuple[str, _Remark]] = []
        self._known: tuple[pa.Array, Exponents] | None = None

    def __len__(self) -> int:
        return len(self.block.lines)

    def __setitem__(self, name: str, values: pa.Array) -> None:
        self._columns[name] = values

    def __getitem__(self, name: str) -> pa.Array:
        return self._columns[name]

    def text(self, name: str) -> pa.Array:
        """A column of the source in text; null throughout where the file has no such column."""
        return self._raw(name).cast(pa.string())

    def _raw(self, name: str) -> pa.Array:
        """A column of the source as it is."""
        if name not in self.block.table.column_names:
            return pa.nulls(len(self), pa.string())
        return flat(self.block.table[name])

    def need(self, *names: str) -> None:
        """Reject the records that have nothing in one of these columns."""
        for name in names:
            self.reject(pc.is_null(self._raw(name)), f"{name} is empty")

    def currency(self, name: str) -> pa.Array:
        """ISO 4217 codes in upper case."""
        return self.code(name, self.text(name))

    def code(self, name: str, text: pa.Array) -> pa.Array:
        """ISO 4217 codes in upper case, from what stands in the source under a name."""
        codes = known_currency(text)
        unknown = pc.and_(pc.is_valid(text), pc.is_null(codes))
        self.reject(unknown, f"{name}: {{!r}} is not an ISO 4217 currency", text)
        return codes

    def minor(self, name: str, currency: pa.Array, marks: Marks = Marks()) -> pa.Array:
        """Amounts in major units of the currency, as minor units."""
        text = self.text(name)
        amounts = to_minor(text, self._exponents(currency), marks)
        self.reject(amounts.unreadable, f"{name}: {{!r}} is not an amount", text)
        self._spreadsheet(amounts.unreadable, name, text)
        surplus = f"{name}: {{!r}} has more decimals than {{}} has"
        self.reject(amounts.surplus, surplus, text, currency)
        return amounts.minor

    def rounded(self, name: str, currency: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Amounts with more decimals than their currency has, rounded half to even.

        The second result is what was left out by rounding. Where that is not zero, the text is kept
        in `extra` under the name of its column.
        """
        text = self.text(name)
        amounts, lost = to_rounded(text, self._exponents(currency))
        self.reject(amounts.unreadable, f"{name}: {{!r}} is not an amount", text)
        self.keep(name, pc.if_else(pc.not_equal(lost, 0).fill_null(False), text, None))
        return amounts.minor, lost

    def _exponents(self, currency: pa.Array) -> Exponents:
        if self._known is None or self._known[0] is not currency:
            self._known = currency, Exponents.of(currency)
        return self._known[1]

    def integer(self, name: str, kind: pa.DataType) -> pa.Array:
        """Whole numbers of a signed integer type."""
        raw = self._raw(name)
        if pa.types.is_integer(raw.type) and raw.type.bit_width <= kind.bit_width:
            return raw.cast(kind)
        values, bad = to_integer(self.text(name), kind)
        self.reject(bad, f"{name}: {{!r}} is not a whole number", self.text(name))
        return values

    def rate(self, name: str, missing: str = "", marks: Marks = Marks()) -> pa.Array:
        """Exchange rates; `missing` is how the source writes that there is none."""
        text = self.text(name)
        text = pc.if_else(pc.equal(pc.utf8_trim_whitespace(text), missing), None, text)
        values, bad = to_rate(text, marks)
        self.reject(bad, f"{name}: {{!r}} is not a rate", text)
        return values

    def date(self, name: str, *formats: str) -> pa.Array:
        """Calendar days in one of the `strptime` formats."""
        if pa.types.is_date32(self._raw(name).type):
            return self._raw(name)
        values, bad = to_date(self.text(name), *formats)
        self.reject(bad, f"{name}: {{!r}} is not a date", self.text(name))
        self._spreadsheet(bad, name, self.text(name))
        return values

    def time(self, name: str, zone: Text | str = "UTC", *formats: str) -> Times:
        """Times, local to `zone` where they state no offset.

        They are written as ISO 8601 says, or in one of the `strptime` formats.
        """
        if pa.types.is_timestamp(self._raw(name).type):
            return Times.stated(self._raw(name))
        return self.local_time(name, self.text(name), zone, *formats)

    def local_time(self, name: str, text: pa.Array, zone: Text | str, *formats: str) -> Times:
        """Times in a text that is made of several columns, called `name` where one is wrong."""
        times = to_utc(to_iso(text, *formats), zone)
        zones = pa.repeat(zone, len(self)) if isinstance(zone, str) else zone
        self.reject(times.unreadable, f"{name}: {{!r}} is not a time", text)
        self._spreadsheet(times.unreadable, name, text)
        if pc.any(times.unknown_zone).as_py():
            places = translate(pc.utf8_upper(flat(zones)), AMBIGUOUS)
            unknown = pc.and_(times.unknown_zone, pc.is_null(places))
            self.reject(unknown, f"{name}: {{!r}} is not a known time zone", zones)
            several = pc.and_(times.unknown_zone, pc.is_valid(places))
            which = f"{name}: {{!r}} is a time zone {{}}, and which one is not said"
            self.reject(several, which, zones, places)
        twice = f"{name}: {{}} happened twice in {{}}; the first was taken"
        self.note("time_ambiguous", times.ambiguous, twice, text, zones)
        never = f"{name}: {{}} was skipped in {{}}; the offset before the change was taken"
        self.note("time_nonexistent", times.nonexistent, never, text, zones)
        return times

    def choice(self, name: str, allowed: tuple[str, ...]) -> pa.Array:
        """One of a few words."""
        text = self.text(name)
        unknown = pc.and_(pc.is_valid(text), pc.invert(pc.is_in(text, pa.array(allowed))))
        self.reject(unknown, f"{name}: {{!r}} is none of {', '.join(allowed)}", text)
        return text

    def reference(self, name: str) -> pa.Array:
        """References; one that a spreadsheet has made a number of is pointed at."""
        text = self.text(name)
        if not _may_hold(text, b"+"):
            return text
        damaged = pc.match_substring_regex(text, SCIENTIFIC).fill_null(False)
        self.note("spreadsheet_damage", damaged, f"{name}: {{}} is what a spreadsheet left", text)
        return text

    def _spreadsheet(self, bad: pa.Array, name: str, text: pa.Array) -> None:
        """Say of values that cannot be read what a spreadsheet has done to them."""
        if not pc.any(bad).as_py():
            return
        for pattern, what in _SPREADSHEET:
            damaged = pc.and_(bad, pc.match_substring_regex(text, pattern).fill_null(False))
            self.reject(damaged, f"{name}: {what}")

    def reject(self, rows: pa.Array, template: str, *values: pa.Array) -> None:
        """Set records apart; the template is filled with each record's values."""
        self._rejections.append(_Remark(rows, template, values))

    def note(self, code: str, rows: pa.Array, template: str, *values: pa.Array) -> None:
        """Report a finding for each of these records that is not rejected."""
        self._notes.append((code, _Remark(rows, template, values)))

    def keep(self, name: str, values: pa.Array) -> None:
        """Keep a value the contract has no column for (null: none) in `extra`."""
        if values.null_count < len(values):
            self.extra = json_objects({name: values}, self.extra)

    def accept(self) -> tuple[pa.Table, list[Part]]:
        """The rows of the records that can be read, and the parts for all else in the block.

        Whatever a reader has set, a record is set apart that lacks a required value or breaks a
        condition of its table.
        """
        self._reject_impossible()
        reasons: dict[int, list[str]] = {}
        for remark in self._rejections:
            for row, text in remark.texts():
                reasons.setdefault(row, []).append(text)
        for name in sorted(self.table.required & self._columns.keys()):
            if self._columns[name].null_count:
                for row in pc.indices_nonzero(pc.is_null(self._columns[name])).to_pylist():
                    reasons.setdefault(row, [f"there is no {name}"])
        bad: Flags = np.zeros(len(self), dtype=np.bool_)
        bad[list(reasons)] = True
        rows = pa.table({**self._columns, "source_line": self.block.lines, "extra": self.extra})
        lines, originals = self.block.lines.filter(bad).to_pylist(), self.block.originals(bad)
        refused = [
            (line, text, "; ".join(reasons[row]))
            for row, line, text in zip(sorted(reasons), lines, originals, strict=True)
        ]
        findings = [
            Finding(code, text, self.block.lines[row].as_py())
            for code, remark in self._notes
            for row, text in remark.texts()
            if row not in reasons
        ]
        good = rows.filter(~bad) if reasons else rows
        return good, [*self.block.accounted, Quarantined.many(refused), *findings]

    def _reject_impossible(self) -> None:
        for condition in CONDITIONS.get(self.table.name, ()):
            if self._columns.keys() >= set(condition.columns):
                columns = [
                    self._columns[name].cast(self.table.columns.field(name).type)
                    for name in condition.columns
                ]
                self.reject(condition.is_broken(*columns), condition.says, *columns)

    def parts(self) -> Iterator[Part]:
        """All there is to say of the block."""
        rows, others = self.accept()
        yield Rows(self.table, rows)
        yield from others


@dataclass(frozen=True)
class _Remark:
    """Something to say of some rows."""

    rows: pa.Array
    template: str
    values: tuple[pa.Array, ...]

    def texts(self) -> Iterator[tuple[int, str]]:
        """Row and text; only the rows concerned are looked at one by one."""
        rows = pc.indices_nonzero(self.rows)
        if not len(rows):
            return
        columns = [values.take(rows).to_pylist() for values in self.values]
        for place, row in enumerate(rows.to_pylist()):
            yield row, self.template.format(*(column[place] for column in columns))


def _may_hold(text: pa.Array, byte: bytes) -> bool:
    """Whether a byte is anywhere in a column of text, or in what its memory holds beside it."""
    buffer = text.buffers()[2]
    return buffer is not None and byte in buffer.to_pybytes()


def is_read(values: pa.Array) -> bool:
    """Whether a typed column says all there is to say: a whole number, a day, an instant.

    A local time does not, and neither does a day that the calendar of `strptime` lacks.
    """
    if pa.types.is_signed_integer(values.type):
        return True
    if pa.types.is_date32(values.type):
        years = pc.min_max(pc.year(values))
    elif pa.types.is_timestamp(values.type) and values.type.tz and values.type.unit in ("us", "ns"):
        years = pc.min_max(pc.year(values.cast(pa.timestamp(values.type.unit, "UTC"))))
    else:
        return False
    return bool((years["min"].as_py() or 1) >= 1 and (years["max"].as_py() or 1) <= 9999)


def translate(text: pa.Array, words: Mapping[str, str]) -> pa.Array:
    """Each text's translation; null where there is none."""
    places = pc.index_in(text, pa.array(words.keys(), pa.string()))
    return pa.array(words.values(), pa.string()).take(places)


def json_objects(columns: Mapping[str, pa.Array], base: pa.Array) -> pa.Array:
    """One JSON object per row of the columns that are not null, added to `base`; null if empty."""
    if not columns:
        return base
    members = [pc.binary_join_element_wise(pc.utf8_slice_codeunits(base, 1, -1), ",", "")]
    for name, values in columns.items():
        label = json.dumps(name, ensure_ascii=False)
        members.append(pc.binary_join_element_wise(f'{label}:"', _escape(values), '",', ""))
    # Arrow's own way to skip nulls drops the rows that have nothing else (26.0), so the comma is
    # part of each member and the last one is taken off.
    inner = pc.binary_join_element_wise(*members, "", null_handling="replace", null_replacement="")
    whole = pc.binary_join_element_wise("{", pc.utf8_rtrim(inner, ","), "}", "")
    return pc.if_else(pc.equal(inner, ""), None, whole)


def _escape(text: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(text, '["\\\\\\x00-\\x1f]')).as_py():
        for char, escape in _ESCAPES:
            text = pc.replace_substring(text, char, escape)
    return text

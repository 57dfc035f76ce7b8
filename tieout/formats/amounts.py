"""Amounts and rates from text, exactly: decimal digits in, integers out, never a float between.

Nothing is rounded in silence. An amount with more decimals than its currency has is set apart
(`Minor.surplus`) unless the surplus decimals are zeros.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import RATE
from tieout.money import exponent, exponents

Text: TypeAlias = pa.Array | pa.ChunkedArray

# Together they fill decimal128(38, 18); 19 digits before the mark hold every int64.
_DIGITS_MAX, _DECIMALS_MAX = 19, 18
# Above any real amount in any currency, and far enough below 2**63 that the amounts of one line
# can be added without overflow.
MINOR_MAX = 10**17
# The bytes from "+" to "9", as the first and how many follow: besides sign, stop and digits there
# are only "," and "/" among them, which no number is read with.
_PLAIN = np.uint8(ord("+")), np.uint8(ord("9") - ord("+"))
_EXACT = pa.decimal128(38, _DECIMALS_MAX)


class Minor(NamedTuple):
    """Amounts of one column in minor units (null where there is no amount), and what is wrong.

    The masks hold no nulls and exclude each other. Where one is true, `minor` is null.
    """

    minor: pa.Array
    unreadable: pa.Array
    """Not a number, or one larger than `MINOR_MAX`."""
    surplus: pa.Array
    """More decimals than the currency has, and not all of them zero."""
    unknown_currency: pa.Array
    """An amount whose currency is empty or not in ISO 4217."""


def known_currency(currency: Text) -> pa.Array:
    """The ISO 4217 codes in upper case; null where the text is no such code."""
    distinct = flat(currency).dictionary_encode()
    codes = pc.utf8_upper(pc.utf8_trim_whitespace(distinct.dictionary))
    known = pc.if_else(pc.is_in(codes, pa.array(exponents())), codes, None)
    return known.take(distinct.indices)


class Marks(NamedTuple):
    """How a source writes its numbers, where it does not write them as ``-1234.56``.

    Thousands are marked only where a source is known to mark them, since ``1,234`` and ``1.234``
    mean different things to different people. A space stands for spaces of every kind. `signs` are
    texts beside the digits that say nothing: ``€``.
    """

    decimal: str = "."
    thousands: str = ""
    signs: tuple[str, ...] = ()

    def plain(self, text: Text) -> pa.Array:
        """The numbers with a full stop, without marks and signs; ``1.00-`` becomes ``-1.00``,
        ``1.00+`` ``1.00``.

        What is no number comes out as what is none.
        """
        number = pc.utf8_trim_whitespace(flat(text))
        if self == Marks():
            return number
        for sign in self.signs:
            number = pc.utf8_trim_whitespace(pc.replace_substring(number, sign, ""))
        number = pc.replace_substring_regex(number, r"^\x{2212}\s*|^-\s+", "-")
        number = pc.replace_substring_regex(number, r"^([0-9].*?)\s*[-\x{2212}]$", r"-\1")
        number = pc.replace_substring_regex(number, r"^([0-9].*?)\s*[+]$", r"\1")
        decimal = re.escape(self.decimal)
        if self.thousands:
            mark = _ALIKE.get(self.thousands, re.escape(self.thousands))
            grouped = (
                rf"^[+(-]?[0-9]{{1,3}}(?:{mark}[0-9]{{2,3}})*{mark}[0-9]{{3}}(?:{decimal}|\)|$)"
            )
            is_grouped = pc.match_substring_regex(number, grouped)
            number = pc.if_else(is_grouped, pc.replace_substring_regex(number, mark, ""), number)
        if self.decimal == ".":
            return number
        # A full stop that is left is no mark of this source, so what has one is no number.
        number = pc.replace_substring(number, ".", "?")
        return pc.replace_substring(number, self.decimal, ".")


_ALIKE = {" ": r"[ \x{a0}\x{2009}\x{202f}]", "'": r"['\x{2019}]"}


class Exponents(NamedTuple):
    """The currencies of a column: its ISO 4217 codes (null for none), and their decimals.

    Several columns of amounts are mostly in the same currencies, so these are found out once.
    """

    codes: pa.Array
    places: npt.NDArray[np.int8]
    """-1 where there is no code."""

    @classmethod
    def of(cls, currency: Text) -> Exponents:
        """Those of a column of currencies."""
        codes = known_currency(currency)
        return cls(codes, _places(codes))


def to_minor(text: Text, currency: Text | Exponents, marks: Marks = Marks()) -> Minor:
    """Amounts in major units, each with its currency, as minor units.

    Accepts ``1.00``, ``+1.00``, ``-1.00``, ``(1.00)`` (negative) and ``.5``, written with `marks`.
    """
    known_ = currency if isinstance(currency, Exponents) else Exponents.of(currency)
    if marks == Marks() and (ordinary := _ordinary(flat(text), known_)):
        return ordinary
    return _minor(_decimals(marks.plain(text)), text, known_)


def _minor(value: pa.Array, text: Text, known_: Exponents) -> Minor:
    """Numbers in major units of known currencies as minor units; `text` is what they are of."""
    codes, places = known_
    present = pc.not_equal(pc.utf8_length(pc.utf8_trim_whitespace(flat(text))), 0).fill_null(False)
    unreadable = pc.and_(present, pc.is_null(value))
    unknown = pc.and_(pc.is_valid(value), pc.is_null(codes))

    minor = np.zeros(len(value), dtype=np.int64)
    fits = np.zeros(len(value), dtype=bool)
    surplus = np.zeros(len(value), dtype=bool)
    for exponent_ in np.unique(places[places >= 0]):
        rows = places == exponent_
        # Truncating and comparing shows the surplus; the integer is then read from the two
        # 64-bit words of the decimal, whose high word only repeats the sign if it fits.
        whole = value.cast(pa.decimal128(38, int(exponent_)), safe=False)
        exact = pc.equal(whole.cast(_EXACT, safe=False), value).fill_null(True)
        low, high = _words(whole)
        fitting = (high == low >> 63) & (np.abs(low) <= MINOR_MAX)
        minor[rows], fits[rows] = low[rows], fitting[rows]
        surplus[rows] = ~exact.to_numpy(zero_copy_only=False)[rows]
    known = pc.and_(pc.is_valid(value), pc.is_valid(codes)).to_numpy(zero_copy_only=False)
    surplus &= known
    good = known & fits & ~surplus
    return Minor(
        pa.array(minor, mask=~good),
        pc.or_(unreadable, pa.array(known & ~fits & ~surplus)),
        pa.array(surplus),
        unknown,
    )


def to_rounded(text: Text, known_: Exponents) -> tuple[Minor, pa.Array]:
    """Amounts with more decimals than their currency has, rounded half to even.

    The second result is what was left out by rounding, as decimals of the currency's unit.
    """
    value = rounded = _decimals(Marks().plain(text))
    for exponent_ in np.unique(known_.places[known_.places >= 0]):
        at = pc.round(value, int(exponent_), round_mode="half_to_even")
        rounded = pc.if_else(pa.array(known_.places == exponent_), at, rounded)
    amounts = _minor(rounded, text, known_)
    # A difference has one digit more than its terms, and amounts that are read leave room for it.
    known, narrow = pc.is_valid(amounts.minor), pa.decimal128(37, _DECIMALS_MAX)
    terms = (pc.if_else(known, term, None).cast(narrow) for term in (value, rounded))
    return amounts, pc.subtract(*terms)


def _ordinary(text: pa.Array, known: Exponents) -> Minor | None:
    """Amounts of one currency that are nothing but digits, a full stop and a sign, in one pass.

    None where there is anything else, or anything wrong: then it is looked at more closely.
    """
    present = pc.is_valid(text).to_numpy(zero_copy_only=False)
    exponents_ = np.unique(known.places[present])
    if len(exponents_) > 1 or (len(exponents_) and exponents_[0] < 0):
        return None
    buffer = text.buffers()[2]
    if buffer is not None and (np.frombuffer(buffer, np.uint8) - _PLAIN[0] > _PLAIN[1]).any():
        return None
    if (pc.max(pc.binary_length(text)).as_py() or 0) > _DIGITS_MAX:
        return None
    try:
        whole = text.cast(pa.decimal128(38, int(exponents_[0]) if len(exponents_) else 0))
    except pa.ArrowInvalid:
        return None
    low, high = _words(whole)
    if not ((high == low >> 63) & (np.abs(low) <= MINOR_MAX))[present].all():
        return None
    none = pa.repeat(False, len(text))
    return Minor(pa.array(low, mask=~present), none, none, none)


def to_integer(text: Text, kind: pa.DataType) -> tuple[pa.Array, pa.Array]:
    """Whole numbers of an integer type, and the mask of texts that are none (``12.00``)."""
    digits = flat(text)
    is_whole = pc.match_substring_regex(digits, rf"^[+-]?[0-9]{{1,{_DIGITS_MAX}}}$")
    value = _decimals(pc.if_else(is_whole, digits, None)).cast(pa.decimal128(38, 0))
    low, high = _words(value)
    fits = high == low >> (kind.bit_width - 1)
    good = pc.and_(pc.is_valid(value), pa.array(fits))
    bad = pc.and_(pc.is_valid(digits), pc.invert(good))
    return pc.if_else(good, pa.array(low), None).cast(kind), bad


def to_rate(text: Text, marks: Marks = Marks()) -> tuple[pa.Array, pa.Array]:
    """Rates as `RATE`, rounded half to even at its scale, and the mask of those unreadable."""
    # A file repeats its rates, so each is read once.
    distinct = flat(text).dictionary_encode()
    plain = marks.plain(distinct.dictionary)
    value = pc.round(_decimals(plain), RATE.scale, round_mode="half_to_even")
    limit = pa.scalar(Decimal(10) ** (RATE.precision - RATE.scale), _EXACT)
    good = pc.less(pc.abs(value), limit).fill_null(False)
    rates = pc.if_else(good, value, None).cast(RATE)
    return rates.take(distinct.indices), pc.invert(good).take(distinct.indices).fill_null(False)


def parse_minor(text: str, currency: str, decimal_mark: str = ".") -> int:
    """One amount as minor units; `ValueError` says what is wrong with it."""
    found = _pattern(decimal_mark).fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not an amount")
    whole, _, decimals = found[0].strip("()+-").partition(decimal_mark)
    decimals, places = decimals.rstrip("0"), exponent(currency)
    if len(decimals) > places:
        raise ValueError(f"{text!r} has more decimals than {currency} has")
    minor = int(whole + decimals.ljust(places, "0") or "0") * (-1 if found[0][0] in "-(" else 1)
    if abs(minor) > MINOR_MAX:
        raise ValueError(f"{text!r} is too large an amount")
    return minor


def exact_sums(rows: pa.Table, keys: list[str], amount: str) -> dict[tuple[str, ...], int]:
    """The sum of an amount for each combination of keys that holds no null."""
    known = rows.select([*keys, amount]).drop_null()
    wide = known.set_column(len(keys), amount, known[amount].cast(pa.decimal128(38, 0)))
    sums = wide.group_by(keys).aggregate([(amount, "sum")]).to_pydict()
    totals = map(int, sums.pop(f"{amount}_sum"))
    return dict(zip(zip(*sums.values(), strict=True), totals, strict=True))


def flat(column: Text) -> pa.Array:
    """The column as one array."""
    if isinstance(column, pa.ChunkedArray):
        # To combine a single chunk would copy it.
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column


def _pattern(decimal_mark: str) -> re.Pattern[str]:
    mark = re.escape(decimal_mark)
    digits = rf"[0-9]{{1,{_DIGITS_MAX}}}(?:{mark}[0-9]{{0,{_DECIMALS_MAX}}})?"
    number = rf"(?:{digits}|{mark}[0-9]{{1,{_DECIMALS_MAX}}})"
    return re.compile(rf"(?:[+-]?{number}|\({number}\))")


def _decimals(text: Text) -> pa.Array:
    """The numbers at full scale; null where the text is not a number."""
    trimmed = pc.utf8_trim_whitespace(flat(text))
    is_number = pc.match_substring_regex(trimmed, f"^{_pattern('.').pattern}$")
    number = pc.if_else(is_number, trimmed, None)
    if pc.any(pc.starts_with(number, "(")).as_py():
        number = pc.replace_substring_regex(number, r"^\((.*)\)$", r"-\1")
    return number.cast(_EXACT)


def _places(codes: pa.Array) -> npt.NDArray[np.int8]:
    """The exponent of each code; -1 for null."""
    distinct = codes.dictionary_encode()
    table = [exponents().get(code, -1) for code in distinct.dictionary.to_pylist()]
    rows = distinct.indices.fill_null(len(table)).to_numpy(zero_copy_only=False)
    places: npt.NDArray[np.int8] = np.array([*table, -1], dtype=np.int8).take(rows)
    return places


def _words(decimals: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The low and the high 64 bits of each decimal."""
    buffer = decimals.buffers()[1]
    words = np.frombuffer(buffer, dtype=np.int64).reshape(-1, 2)
    words = words[decimals.offset : decimals.offset + len(decimals)]
    return words[:, 0], words[:, 1]

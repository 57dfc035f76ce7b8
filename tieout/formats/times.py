"""Times and dates from text: UTC out, with every doubtful local time pointed at."""

from __future__ import annotations

import re
import unicodedata
from calendar import month_abbr
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import available_timezones

import pyarrow as pa
import pyarrow.compute as pc

from tieout.contracts import TIMESTAMP
from tieout.formats.amounts import Text, flat

# Names that stand for several offsets: better refused than guessed.
AMBIGUOUS = {"CST": "of America or of China", "IST": "of India, of Israel or of Ireland"}
# Abbreviations as processors write them, in minutes east of UTC. They name an offset and not a
# place, so summer time is already said.
OFFSETS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "EST": -300, "EDT": -240, "CDT": -300, "MST": -420,
    "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600, "BRT": -180,
    "SGT": 480, "HKT": 480, "JST": 540, "KST": 540, "AWST": 480, "ACST": 570, "ACDT": 630,
    "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
}  # fmt: skip

# Years outside these are typing errors or "never" in disguise, and no nanosecond clock holds them.
_DAY = r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_OFFSET = r" ?(?:Z|UTC|GMT|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
_TIME = rf"^{_DAY}(?:[ T]{_CLOCK}(?:{_OFFSET})?)?$"
_HAS_OFFSET = rf"^.{{10}}[ T]{_CLOCK}{_OFFSET}$"
_YEARS, _ORDINARY_LENGTH = (1900, 2199), len("2026-01-05 10:00:00")
_DAY_IN_MICROSECONDS = 86_400_000_000

_DIRECTIVES = {
    "d": "0?[1-9]|[12][0-9]|3[01]",
    "m": "0?[1-9]|1[0-2]",
    "b": r"\p{L}{3,10}\.?",
    "B": r"\p{L}{3,10}\.?",
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "H": "[01]?[0-9]|2[0-3]",
    "I": "0?[1-9]|1[0-2]",
    "M": "[0-5][0-9]",
    "S": "[0-5][0-9]",
    "f": "[0-9]{1,9}",
    "p": "[AaPp][Mm]",
    "z": rf"{_OFFSET}| ?(?:{'|'.join(OFFSETS)})",
}
_MONTH_WORD = re.compile(r"[^\W\d_]{3,10}\.?")
_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_HOURS = {
    f"{hour:02}{half}": f"{hour % 12 + 12 * (half == 'pm'):02}"
    for hour in range(1, 13)
    for half in ("am", "pm")
}


class Times(NamedTuple):
    """The times of one column as `TIMESTAMP`, null where there is none, and what to say of them.

    The masks hold no nulls. `unreadable` and `unknown_zone` have no time; the others have one.
    """

    utc: pa.Array
    unreadable: pa.Array
    unknown_zone: pa.Array
    ambiguous: pa.Array
    """Local times that a clock set back shows twice; read as the first."""
    nonexistent: pa.Array
    """Local times that a clock set forward skips; read with the offset before the change."""
    naive: pa.Array
    """Times that state no offset of their own."""

    @classmethod
    def stated(cls, instants: pa.Array) -> Times:
        """Times that came as instants, of which there is nothing to say."""
        none = pa.repeat(False, len(instants))
        return cls(instants.cast(TIMESTAMP, safe=False), none, none, none, none, none)


def to_utc(text: Text, zone: Text | str = "UTC") -> Times:
    """ISO 8601 times, with an offset of their own or local to `zone` (a name, or one per row).

    Zones are IANA names or the abbreviations processors use (PST, CEST, …).
    """
    written = pc.utf8_trim_whitespace(flat(text))
    ordinary = _ordinary(written)
    if ordinary is not None:
        stamps, readable = ordinary, pc.is_valid(written)
        naive = readable
    else:
        readable = pc.match_substring_regex(written, _TIME).fill_null(False)
        readable = pc.and_(readable, _is_a_day(pc.if_else(readable, written, None)))
        has_offset = pc.match_substring_regex(written, _HAS_OFFSET).fill_null(False)
        has_offset = pc.and_(readable, has_offset)
        naive = pc.and_(readable, pc.invert(has_offset))
        stamps = _parse(pc.if_else(readable, written, None), has_offset)

    known, ambiguous, nonexistent = (pc.invert(naive), *_nowhere(len(stamps), 2))
    for name, rows in _zones(zone, naive):
        local = pc.if_else(rows, stamps.cast(pa.timestamp("us")), None)
        shifted = _localise(local, name)
        if shifted is None:
            continue
        known = pc.or_(known, rows)
        stamps = pc.if_else(rows, shifted.utc, stamps)
        ambiguous = pc.or_(ambiguous, shifted.ambiguous)
        nonexistent = pc.or_(nonexistent, shifted.nonexistent)
    present = pc.not_equal(pc.utf8_length(written), 0).fill_null(False)
    return Times(
        pc.if_else(known, stamps, None),
        pc.and_(present, pc.invert(readable)),
        pc.invert(known),
        ambiguous,
        nonexistent,
        naive,
    )


def _ordinary(written: pa.Array) -> pa.Array | None:
    """Times all written ``2026-01-05 10:00:00``, as if they were UTC, in one pass.

    None where one is written otherwise, or wrong: then they are looked at more closely.
    """
    lengths = pc.min_max(pc.binary_length(written)).as_py()
    if set(lengths.values()) != {_ORDINARY_LENGTH}:
        return None
    try:
        stamps = written.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    years = pc.min_max(pc.year(stamps)).as_py()
    if not _YEARS[0] <= years["min"] <= years["max"] <= _YEARS[1]:
        return None
    return stamps.cast(TIMESTAMP)


def to_iso(text: Text, *formats: str) -> pa.Array:
    """Times in the first `strptime` format that fits them, as ISO 8601 writes them.

    What fits none comes out as it is. Raises `ValueError` where a format has what is not known
    here: known are ``%d %m %Y %y %b %B %H %I %M %S %f %p %z``, and a day without a time of it.
    """
    written = flat(text)
    trimmed, result, is_open = pc.utf8_trim_whitespace(written), written, pc.is_valid(written)
    for pattern in [_pattern_of(format_) for format_ in formats]:
        if not pc.any(is_open).as_py():
            break
        found = _iso(pc.extract_regex(trimmed, pattern))
        fits = pc.and_(is_open, pc.is_valid(found))
        result = pc.if_else(fits, found, result)
        is_open = pc.and_(is_open, pc.invert(fits))
    return result


@cache
def _pattern_of(format_: str) -> str:
    parts = re.split(r"(%.)", format_)
    known = {f"%{name}": f"(?P<{name}>{pattern})" for name, pattern in _DIRECTIVES.items()}
    if unknown := [part for part in parts[1::2] if part not in known]:
        raise ValueError(
            f"{format_!r}: {', '.join(unknown)} is not known; known: {' '.join(known)}"
        )
    has = {part[1] for part in parts[1::2]}
    if not (has >= {"d"} and has & {"m", "b", "B"} and has & {"Y", "y"}):
        raise ValueError(f"{format_!r} does not say the day, the month and the year")
    pieces = (known.get(part, re.escape(part).replace("\\ ", r"\s+")) for part in parts)
    return f"^{''.join(pieces)}$"


def _iso(found: pa.Array) -> pa.Array:
    """The parts of times by their directives, put together; null where one is missing."""
    parts = dict(zip([field.name for field in found.type], found.flatten(), strict=True))

    def two(name: str) -> pa.Array:
        return pc.utf8_lpad(parts[name], 2, "0") if name in parts else pa.repeat("00", len(found))

    year = parts["Y"] if "Y" in parts else _century(parts["y"])
    word = parts.get("b", parts.get("B"))
    month = two("m") if word is None else _month(word)
    day = pc.binary_join_element_wise(year, month, two("d"), "-")
    if not {"H", "I"} & parts.keys():
        return day
    hour = two("H")
    if "I" in parts:
        half = parts.get("p", pa.repeat("am", len(found)))
        hour = _word(pc.binary_join_element_wise(two("I"), half, ""), _HOURS)
    clock = pc.binary_join_element_wise(hour, two("M"), two("S"), ":")
    if "f" in parts:
        clock = pc.binary_join_element_wise(clock, parts["f"], ".")
    return pc.binary_join_element_wise(
        day, "T", clock, _offset(parts["z"]) if "z" in parts else "", ""
    )


def _offset(zone: pa.Array) -> pa.Array:
    """Offsets as digits where they are written as names."""
    names = pc.utf8_trim_whitespace(zone)
    places = pc.index_in(names, pa.array(OFFSETS.keys(), pa.string()))
    digits = [
        f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
        for minutes in OFFSETS.values()
    ]
    return pc.coalesce(pa.array(digits).take(places), zone)


def _century(year: pa.Array) -> pa.Array:
    """Years of two digits, which turn over after 68, as in `strptime`."""
    before = pc.greater(year, "68")
    return pc.binary_join_element_wise(pc.if_else(before, "19", "20"), year, "")


def in_english(text: str) -> str:
    """A day or time with the name of its month as ``%b`` has it; as it is without such a name."""
    word = _MONTH_WORD.search(text)
    number = _months().get(_bare(word[0])) if word else None
    if word is None or number is None:
        return text
    return f"{text[: word.start()]}{month_abbr[int(number)]}{text[word.end() :]}"


@cache
def _months() -> dict[str, str]:
    """The number of a month by its names, short names and beginnings of three letters or more.

    A beginning that two months have (French June and July) is of neither.
    """
    from babel.dates import get_month_names  # here, since most files have months in digits

    found = {"mrz": {"03"}}  # as German banks write what Unicode's tables call "März"
    for language in _LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=language).items():
                bare = _bare(name)
                for length in range(3, len(bare) + 1):
                    found.setdefault(bare[:length], set()).add(f"{number:02}")
    return {name: next(iter(numbers)) for name, numbers in found.items() if len(numbers) == 1}


def _bare(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.lower())
    return "".join(char for char in letters if char.isalpha())


def _month(word: pa.Array) -> pa.Array:
    """The number of a month from its name."""
    names = pc.unique(pc.utf8_lower(word)).drop_null().to_pylist()
    return _word(word, {name: _months().get(_bare(name)) for name in names})


def _word(text: pa.Array, words: Mapping[str, str | None]) -> pa.Array:
    places = pc.index_in(pc.utf8_lower(text), pa.array(words.keys(), pa.string()))
    return pa.array(words.values(), pa.string()).take(places)


def to_date(text: Text, *formats: str) -> tuple[pa.Array, pa.Array]:
    """Calendar days written in one of the `strptime` formats, and the mask of those unreadable."""
    written = pc.utf8_trim_whitespace(flat(text)).dictionary_encode()
    days = pa.array([_day(value, formats) for value in written.dictionary.to_pylist()], pa.date32())
    found = days.take(written.indices)
    return found, pc.and_(pc.is_valid(written), pc.is_null(found))


def _day(value: str, formats: tuple[str, ...]) -> date | None:
    if any("%b" in format_ or "%B" in format_ for format_ in formats):
        value = in_english(value)
        formats = tuple(format_.replace("%B", "%b") for format_ in formats)
    for format_ in formats:
        try:
            return datetime.strptime(value, format_).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    return None


@cache
def _iana() -> frozenset[str]:
    return frozenset(available_timezones())


class _Local(NamedTuple):
    utc: pa.Array
    ambiguous: pa.Array
    nonexistent: pa.Array


def _nowhere(length: int, times: int) -> list[pa.Array]:
    return [pa.repeat(False, length)] * times


def _is_a_day(written: pa.Array) -> pa.Array:
    """Whether the calendar has the day (no 30 February); a file has few distinct days."""
    days = pc.utf8_slice_codeunits(written, 0, 10).dictionary_encode()
    real = [_day(day, ("%Y-%m-%d",)) is not None for day in days.dictionary.to_pylist()]
    return pa.array(real, pa.bool_()).take(days.indices).fill_null(False)


def _parse(written: pa.Array, has_offset: pa.Array) -> pa.Array:
    """Each time as if it were UTC where it states no offset; nanoseconds are cut off."""
    if pc.any(has_offset).as_py():
        written = pc.replace_substring_regex(written, r" ?(?:Z|UTC|GMT)$", "Z")
        written = pc.replace_substring_regex(written, r" ([+-][0-9:]+)$", r"\1")
    midnight = pc.equal(pc.utf8_length(written), 10)
    suffix = pc.if_else(has_offset, "", pc.if_else(midnight, " 00:00Z", "Z"))
    stamps = pc.binary_join_element_wise(written, suffix, "").cast(pa.timestamp("ns", "UTC"))
    return stamps.cast(TIMESTAMP, safe=False)


def _zones(zone: Text | str, naive: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    """Each distinct zone of the rows that need one, with the mask of those rows."""
    if isinstance(zone, str):
        yield zone, naive
        return
    names = pc.utf8_trim_whitespace(flat(zone))
    for name in pc.unique(names.filter(naive)).drop_null().to_pylist():
        yield name, pc.and_(naive, pc.equal(names, name).fill_null(False))


def _localise(local: pa.Array, zone: str) -> _Local | None:
    """Local times of one zone in UTC; None where the zone is unknown."""
    if (offset := OFFSETS.get(zone.upper())) is not None:
        moved = pc.subtract(local, pa.scalar(offset * 60_000_000, pa.duration("us")))
        return _Local(moved.cast(TIMESTAMP), *_nowhere(len(local), 2))
    if zone not in _iana():
        return None
    first = _assume(local, zone, "earliest")
    last = _assume(local, zone, "latest")
    differs = pc.not_equal(first, last).fill_null(False)
    back = pc.local_timestamp(first.cast(pa.timestamp("us", zone)))
    nonexistent = pc.and_(differs, pc.not_equal(back, local).fill_null(False))
    ambiguous = pc.and_(differs, pc.invert(nonexistent))
    # The offset before the change is the one of the day before, which no change is near.
    day = pa.scalar(_DAY_IN_MICROSECONDS, pa.duration("us"))
    before = pc.add(_assume(pc.subtract(local, day), zone, "earliest"), day)
    return _Local(pc.if_else(nonexistent, before, first), ambiguous, nonexistent)


def _assume(local: pa.Array, zone: str, side: str) -> pa.Array:
    return pc.assume_timezone(local, zone, ambiguous=side, nonexistent=side).cast(TIMESTAMP)

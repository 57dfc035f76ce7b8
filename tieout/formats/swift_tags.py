"""The fields of SWIFT's account messages, tag by tag with their lines, and the messages they form.

Nothing here knows what a field means. Every entry (:61:) of a file ends up in exactly one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tieout.formats.base import Head

BALANCES = {
    "60": "opening",
    "60F": "opening",
    "60M": "interim_opening",
    "62": "closing",
    "62F": "closing",
    "62M": "interim_closing",
    "64": "available",
    "65": "forward",
}
_OTHER_TAGS = (
    "13",
    "13D",
    "20",
    "21",
    "25",
    "25P",
    "28",
    "28C",
    "34F",
    "61",
    "86",
    "90C",
    "90D",
    "NS",
)
_TAGS = frozenset({*BALANCES, *_OTHER_TAGS})
_AFTER_CLOSING = frozenset({"64", "65", "86", "90C", "90D", "NS"})

# A tag begins a line, or follows the opening of the SWIFT text block on its line.
_BEGIN = r"^(?:\{(?:1:.*\{)?4:)?"
_TAG = re.compile(_BEGIN + r":([0-9]{2}[A-Z]?|NS):(.*)")
RECORD = re.compile(_BEGIN + r":(?:61|60[FM]?|62[FM]?|64|65):", re.MULTILINE)
_TRAILER = re.compile(r"-(?:\}.*|XXX)?\s*")


@dataclass
class Tag:
    """One field: its name, its first line in the file, and its text line by line."""

    name: str
    line: int
    lines: list[str]
    details: list[Tag] = field(default_factory=list)
    """The :86: and :NS: fields of a :61:."""

    @property
    def text(self) -> str:
        """The lines of the field, without what is empty around them."""
        return "\n".join(self.lines).strip()

    @property
    def raw(self) -> str:
        """The field with its details as it is written."""
        texts = (f":{tag.name}:{tag.text}" for tag in (self, *self.details))
        return "\n".join(texts)


def names(head: Head) -> set[str]:
    """The names of the fields that the head of a file has."""
    return {found[1] for line in head.text.splitlines() if (found := _TAG.match(line))} & _TAGS


def split(text: str) -> Iterator[list[Tag]]:
    """The tags of each statement.

    A statement begins with :20:, with a SWIFT envelope, or, should :20: be missing, with whatever
    cannot follow a closing balance.
    """
    tags: list[Tag] = []
    current: Tag | None = None
    closed = False
    for number, line in enumerate(text.split("\n"), start=1):
        found = _TAG.match(line)
        name = found[1] if found and found[1] in _TAGS else None
        begins = name == "20" or (closed and name and name not in _AFTER_CLOSING)
        if tags and (begins or line.startswith(("{1:", "{4:"))):
            yield tags
            tags, current, closed = [], None, False
        if found and name:
            current = Tag(name, number, [found[2]])
            tags.append(current)
            closed = closed or name[:2] == "62"
        elif _TRAILER.fullmatch(line) or (found and current and current.name != "86"):
            # What follows the trailer, or a tag of the bank's own, continues nothing.
            current = None
        elif current:
            current.lines.append(line)
    if tags:
        yield tags


def with_details(tags: list[Tag]) -> list[Tag]:
    """The entries and balances; an :86: or :NS: belongs to the entry before it, if there is one."""
    records: list[Tag] = []
    entry: Tag | None = None
    for tag in tags:
        if tag.name == "61" or tag.name in BALANCES:
            records.append(tag)
            entry = tag if tag.name == "61" else None
        elif tag.name in {"86", "NS"} and entry:
            entry.details.append(tag)
    return records

"""JSON documents that hold many objects, read as if each object stood on a line of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any, BinaryIO

from tieout.formats.base import HEAD_BYTES, Head, UnreadableFile
from tieout.formats.delimited import BLOCK_BYTES, TextFile

# An answer of an API holds a hundred objects; what is larger is kept as JSON Lines.
DOCUMENT_BYTES_MAX = 256 << 20
_DIGITS_MAX = 18


def documents(file: BinaryIO) -> list[Any]:
    """The JSON documents of a file, one after the other.

    A number that could not be written again as it was is kept as text.

    Raises `UnreadableFile` where something is no JSON: nobody could say what is lost.
    """
    size = file.seek(0, io.SEEK_END)
    if size > DOCUMENT_BYTES_MAX:
        raise UnreadableFile(f"one document of {size:,} bytes: send its objects as JSON Lines")
    text = b"".join(TextFile(file, BLOCK_BYTES).blocks()).decode()
    decoder = json.JSONDecoder(parse_float=_exact, parse_int=_exact, parse_constant=_refuse)
    found, at = [], _next(text, 0)
    try:
        while at < len(text):
            document, at = decoder.raw_decode(text, at)
            found.append(document)
            at = _next(text, at)
    except (ValueError, RecursionError) as error:
        line = text.count("\n", 0, at) + 1
        raise UnreadableFile(f"the JSON that begins in line {line} is damaged: {error}") from error
    return found


def as_lines(objects: list[Any]) -> BinaryIO:
    """The objects as JSON Lines, so that the number of an object is its line."""
    return io.BytesIO(b"".join(json.dumps(each).encode() + b"\n" for each in objects))


def is_lines(head: Head, fits: Callable[[dict[str, Any]], bool]) -> bool:
    """Whether the first line is an object of its own that fits: then the file is JSON Lines."""
    line = head.first_line
    if len(line) >= HEAD_BYTES:
        return False
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and fits(found)


def _next(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _exact(text: str) -> int | float | str:
    if len(text) > _DIGITS_MAX:
        return text
    number = float(text) if set(text) & set(".eE") else int(text)
    return number if repr(number) == text else text


def _refuse(name: str) -> str:
    raise ValueError(f"{name} is no number")

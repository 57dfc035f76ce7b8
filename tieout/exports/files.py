"""A file that is there when it is whole, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Unwritable(Exception):
    """What was asked for cannot be exported; the message says what can."""


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Where to write: moved to `path` at the end, removed where anything goes wrong."""
    if not path.parent.is_dir():
        raise Unwritable(f"there is no folder {path.parent} to write to")
    copy = path.with_name(f".{path.name}.writing")
    try:
        yield copy
        copy.replace(path)
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {error.strerror}") from error
    finally:
        copy.unlink(missing_ok=True)

"""Files that hold files: each member is landed and read as a file of its own.

A container is read only to say what became of its members: one that could be unpacked is
structural, one that could not is quarantined by its name. So no member is left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Protocol

from tieout.formats.base import Finding, Head, Part, Quarantined, Reader, Records, Structural


@dataclass(frozen=True)
class Member:
    """One member: its place from 1, its name, and its content as a file that may be moved.

    `path` is None for what holds nothing to read (a folder, a chart); `reason` says why a member
    could not be unpacked.
    """

    place: int
    name: str
    path: Path | None = None
    reason: str | None = None
    findings: tuple[Finding, ...] = ()


class Container(Reader, Protocol):
    """A format of files that hold files."""

    def unpack(self, path: Path, name: str, folder: Path) -> Iterator[Member]:
        """Each member, written into `folder` one after the other.

        `name` is what the container was delivered as. Raises `UnreadableFile` where the container
        as a whole is damaged or beyond the limits.
        """
        ...


def accounted(container: Container, path: Path) -> Iterator[Part]:
    """What became of the members of a container."""
    with TemporaryDirectory(prefix="tieout-") as folder:
        for member in container.unpack(path, path.name, Path(folder)):
            yield Records(1)
            if member.reason:
                yield Quarantined.one(member.place, member.name, member.reason)
            else:
                yield Structural(1)
            yield from member.findings
            if member.path:
                member.path.unlink()


class Limit:
    """How much may still be unpacked: bytes in all, and times what a member takes packed."""

    def __init__(self, bytes_max: int, ratio_max: int, free_bytes: int) -> None:
        self._left, self._ratio_max, self._free_bytes = bytes_max, ratio_max, free_bytes

    def copy(self, source: IO[bytes], target: IO[bytes], packed_bytes: int) -> str | None:
        """Copy a member; why it was not copied whole, if it was not."""
        allowed, written = max(self._free_bytes, packed_bytes * self._ratio_max), 0
        while piece := source.read(_PIECE_BYTES):
            written += len(piece)
            self._left -= len(piece)
            if self._left < 0:
                return "the archive unpacks to more than is allowed"
            if written > allowed:
                return f"it unpacks to more than {self._ratio_max} times its size"
            target.write(piece)
        return None


_PIECE_BYTES = 1 << 20
_ARCHIVES = (
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!", "RAR"),
)
_TAR_MARK = slice(257, 262)


def archive_kind(head: Head) -> str | None:
    """What kind of archive a file is, by its first bytes; None for what is none."""
    if head.data[_TAR_MARK] == b"ustar":
        return "tar"
    return next((kind for mark, kind in _ARCHIVES if head.data.startswith(mark)), None)

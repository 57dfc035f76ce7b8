"""Compressed files: zip archives of many members, and gzip of one."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import ClassVar

from tieout.formats.base import Finding, Head, Part, UnreadableFile
from tieout.formats.containers import Limit, Member, accounted, archive_kind
from tieout.formats.workbooks import DAMAGE, Workbook, office_names

# Far above what a day's reports take; an archive beyond them is no report but a mistake or a trap.
MEMBERS_MAX = 10_000
BYTES_MAX = 64 << 30
RATIO_MAX, FREE_BYTES = 200, 64 << 20
_ENCRYPTED = 1
_SYSTEM_FOLDER = "__MACOSX/"


class ZipArchive:
    """Unpacks zip archives; an archive within one is refused by its name."""

    format: ClassVar[str] = "zip_archive"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "archive"
    title: ClassVar[str] = "Zip archive: its members are read as files of their own"

    def recognises(self, head: Head) -> bool:
        """By its first bytes, unless it is a document that is a zip archive too."""
        return archive_kind(head) == "zip" and office_names(head) is None

    def read(self, path: Path) -> Iterator[Part]:
        """What became of the members."""
        yield from accounted(self, path)

    def unpack(self, path: Path, name: str, folder: Path) -> Iterator[Member]:
        """The members in the order of the archive."""
        limit = Limit(BYTES_MAX, RATIO_MAX, FREE_BYTES)
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                if len(members) > MEMBERS_MAX:
                    raise UnreadableFile(
                        f"the zip archive has {len(members):,} members; {MEMBERS_MAX:,} are allowed"
                    )
                for place, info in enumerate(members, start=1):
                    yield self._member(archive, info, place, limit, folder)
        except DAMAGE as error:  # whose directory asks for what no unpacker knows, too
            raise UnreadableFile(f"the zip archive is damaged: {error}") from error

    def _member(
        self,
        archive: zipfile.ZipFile,
        info: zipfile.ZipInfo,
        place: int,
        limit: Limit,
        folder: Path,
    ) -> Member:
        name = "".join(char if char.isprintable() else "·" for char in info.filename)
        if info.is_dir():
            return Member(place, name)
        if info.filename.startswith(_SYSTEM_FOLDER):
            message = f"{name} is a note of the system that made the archive; it was not read"
            return Member(place, name, findings=(Finding("member_not_read", message, place),))
        if info.flag_bits & _ENCRYPTED:
            return Member(place, name, reason="the member is encrypted")
        target = folder / str(place)
        try:
            with archive.open(info) as source, target.open("wb") as file:
                reason = limit.copy(source, file, info.compress_size)
        except DAMAGE as error:
            reason = f"the member is damaged, or packed in an unusual way: {error}"
        return checked(Member(place, name, target, reason))


class GzipFile:
    """Unpacks gzip files, which hold one member."""

    format: ClassVar[str] = "gzip_file"
    version: ClassVar[int] = 1
    source: ClassVar[str] = "archive"
    title: ClassVar[str] = "Gzip: what is inside is read as a file of its own"

    def recognises(self, head: Head) -> bool:
        """By its first bytes."""
        return archive_kind(head) == "gzip"

    def read(self, path: Path) -> Iterator[Part]:
        """What became of the member."""
        yield from accounted(self, path)

    def unpack(self, path: Path, name: str, folder: Path) -> Iterator[Member]:
        """The one member, called like the file without its ending."""
        inside, target = PurePosixPath(name).name, folder / "1"
        inside = inside[: -len(".gz")] if inside.lower().endswith(".gz") else inside
        limit = Limit(BYTES_MAX, RATIO_MAX, FREE_BYTES)
        try:
            with gzip.open(path) as source, target.open("wb") as file:
                reason = limit.copy(io.BufferedReader(source), file, path.stat().st_size)
        except DAMAGE as error:
            target.unlink(missing_ok=True)
            raise UnreadableFile(f"the gzip file is damaged: {error}") from error
        yield checked(Member(1, inside, target, reason))


def checked(member: Member) -> Member:
    """The member, refused where it could not be unpacked or is an archive itself."""
    if member.path is None:
        return member
    reason = member.reason
    if reason is None:
        head = Head.of(member.path, member.name)
        kind = archive_kind(head)
        if kind and not Workbook().recognises(head):
            reason = f"{kind} within an archive: send the {kind} file itself"
    if reason is None:
        return member
    member.path.unlink(missing_ok=True)
    return Member(member.place, member.name, reason=reason)

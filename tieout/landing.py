"""The landing: what was received, byte for byte, under the SHA-256 of its content.

A delivery is one arrival of some bytes from some origin. Deliveries are logged append-only; the
first delivery of a content decides its arrival day, later ones change nothing. The order in which
files arrive within a run leaves no trace: all share the run's arrival day.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tieout.formats import as_container
from tieout.formats.base import Head, UnreadableFile

# Files that another program is still writing, or that no person put there.
UNFINISHED = ("*.part", "*.tmp", "*.crdownload", "~$*", ".*")
MEMBER_OF = "!"  # between an archive's origin and the name of a member

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Delivery:
    """One arrival: what (sha256, bytes), from where (origin), when (received_at, arrival_day).

    `size_and_time` is the size and modification time of the file it came from, by which an
    unchanged inbox file is known again without reading it. `container` is the SHA-256 of the
    archive or workbook that it is a member of; its origin is then ``<container>!<member>``.
    """

    sha256: str
    bytes: int
    origin: str
    received_at: str
    arrival_day: str
    size_and_time: str | None = None
    container: str | None = None

    @property
    def is_extract(self) -> bool:
        """Whether the platform made it itself; no file of the inbox can pass for such a one."""
        return self.size_and_time is None

    def origins(self) -> list[str]:
        """Its origin, before it those of the containers that it is a member of."""
        parts = self.origin.split(MEMBER_OF) if self.container else [self.origin]
        return [MEMBER_OF.join(parts[:depth]) for depth in range(1, len(parts) + 1)]

    @property
    def modified_at(self) -> datetime | None:
        """When the file it came from was last changed; None for an extract made in memory."""
        if self.size_and_time is None:
            return None
        seconds, nanoseconds = divmod(int(self.size_and_time.partition(":")[2]), 10**9)
        whole = datetime.fromtimestamp(seconds, UTC)
        return whole.replace(microsecond=nanoseconds // 1000)


class Landing:
    """The content-addressed store below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "deliveries.jsonl"

    def path(self, sha256: str) -> Path:
        """Where the bytes of a landed content are."""
        return self.root / "sha256" / sha256[:2] / sha256

    def deliveries(self) -> list[Delivery]:
        """All deliveries in the order they were logged.

        A crash can only tear the last line of the log: it is a delivery that never finished,
        and its file will be found in the inbox again.
        """
        if not self.log.exists():
            return []
        lines = self.log.read_bytes().split(b"\n")
        return [Delivery(**json.loads(line)) for line in lines[:-1]]

    def contents(self) -> list[Delivery]:
        """The first delivery of every content, by SHA-256.

        What arrived under two names on one day counts as the older of the two files, so that the
        order of names decides nothing.
        """
        first: dict[str, Delivery] = {}
        for delivery in self.deliveries():
            known = first.setdefault(delivery.sha256, delivery)
            if delivery.arrival_day == known.arrival_day and _is_older(delivery, known):
                first[delivery.sha256] = delivery
        return [delivery for _, delivery in sorted(first.items())]

    def land_inbox(
        self, inbox: Path, arrival_day: date, progress: Progress | None = None
    ) -> list[Delivery]:
        """Land every file below `inbox` that is new or changed; the files stay where they are."""
        known = {(d.origin, d.size_and_time) for d in self.deliveries()}
        paths = list(inbox_files(inbox))
        landed = []
        for number, path in enumerate(paths):
            origin = path.relative_to(inbox).as_posix()
            if progress:
                progress(origin, number, len(paths))
            if (origin, size_and_time(path)) not in known:
                landed += self.land_file(path, origin, arrival_day)
        return landed

    def land_file(self, path: Path, origin: str, arrival_day: date) -> list[Delivery]:
        """Copy one file in. A file that changes while it is copied is copied again.

        Of an archive or a workbook the members are landed too, and before it: it is known again
        only when all of them are there.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        copy = self.root / "incoming"
        while True:
            before = size_and_time(path)
            shutil.copyfile(path, copy)
            if size_and_time(path) == before:
                break
        return self.land_copy(copy, origin, arrival_day, before)

    def land_copy(
        self, copy: Path | str, origin: str, arrival_day: date, size_and_time: str
    ) -> list[Delivery]:
        """Take a copy that was made on the disk of the landing, and its members before it."""
        path = Path(copy)
        members = self._land_members(path, origin, arrival_day, size_and_time)
        return [*members, self._take(path, origin, arrival_day, size_and_time)]

    def _land_members(
        self, path: Path, origin: str, arrival_day: date, before: str
    ) -> list[Delivery]:
        """Land what a container holds; a member of a workbook in an archive is one of both."""
        head = Head.of(path, origin)
        container = as_container(head)
        if container is None:
            return []
        landed, sha256 = [], _sha256(path)
        modified = before.partition(":")[2]
        with TemporaryDirectory(dir=self.root, prefix="unpacking-") as folder:
            try:
                members = list(container.unpack(path, origin, Path(folder)))
            except UnreadableFile:
                return []  # the ingest says why; nothing of it is used
            for member in members:
                if member.path is None:
                    continue
                name = f"{origin}{MEMBER_OF}{member.name}"
                stamp = f"{member.path.stat().st_size}:{modified}"
                landed += self._land_members(member.path, name, arrival_day, stamp)
                landed.append(self._take(member.path, name, arrival_day, stamp, sha256))
        return landed

    def land_bytes(self, data: bytes, origin: str, arrival_day: date) -> Delivery:
        """Take an extract that was made in memory."""
        self.root.mkdir(parents=True, exist_ok=True)
        copy = self.root / "incoming"
        copy.write_bytes(data)
        return self._take(copy, origin, arrival_day, None)

    def _take(
        self,
        copy: Path,
        origin: str,
        arrival_day: date,
        size_and_time: str | None,
        container: str | None = None,
    ) -> Delivery:
        sha256 = _sha256(copy)
        delivery = Delivery(
            sha256=sha256,
            bytes=copy.stat().st_size,
            origin=origin,
            received_at=datetime.now(UTC).isoformat(timespec="microseconds"),
            arrival_day=arrival_day.isoformat(),
            size_and_time=size_and_time,
            container=container,
        )
        target = self.path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        copy.replace(target)
        self._append(delivery)
        return delivery

    def _append(self, delivery: Delivery) -> None:
        line = json.dumps(asdict(delivery), sort_keys=True).encode() + b"\n"
        with self.log.open("ab+") as log:
            size = log.seek(0, os.SEEK_END)
            if size:
                log.seek(size - 1)
                if log.read(1) != b"\n":  # a torn line: end it where the last whole one ended
                    log.seek(0)
                    log.truncate(log.read().rfind(b"\n") + 1)
            log.write(line)
            log.flush()
            os.fsync(log.fileno())


class InboxUnreadable(Exception):
    """A part of the inbox cannot be looked into; the message says which."""


def inbox_files(inbox: Path) -> Iterator[Path]:
    """Every finished file below the inbox, in the order of its path; links are followed.

    Raises `InboxUnreadable` where a link leads nowhere or a folder may not be looked into: what
    is behind it would otherwise be missing without a word.
    """
    return _files_below(inbox, frozenset({inbox.resolve()}))


def _files_below(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """`above` are the folders on the way here: a link back to one of them has nothing new."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise InboxUnreadable(f"{folder} cannot be looked into: {error.strerror}") from error
    for path in paths:
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in UNFINISHED):
            continue
        if path.is_dir():
            real = path.resolve()
            if real not in above:
                yield from _files_below(path, above | {real})
        elif path.is_file():
            yield path
        elif path.is_symlink():
            raise InboxUnreadable(
                f"{path} is a link to {path.readlink()}, which is not there: mend or remove it"
            )


def _sha256(path: Path) -> str:
    """The SHA-256 of a file that is safely on its disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def _is_older(one: Delivery, other: Delivery) -> bool:
    if one.modified_at is None or other.modified_at is None:
        return False
    return one.modified_at < other.modified_at


def size_and_time(path: Path) -> str:
    """By which an unchanged file is known again without reading it."""
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"

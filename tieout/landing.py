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

# Files that another program is still writing, or that no person put there.
UNFINISHED = ("*.part", "*.tmp", "*.crdownload", "~$*", ".*")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Delivery:
    """One arrival: what (sha256, bytes), from where (origin), when (received_at, arrival_day).

    `size_and_time` is the size and modification time of the file it came from, by which an
    unchanged inbox file is known again without reading it.
    """

    sha256: str
    bytes: int
    origin: str
    received_at: str
    arrival_day: str
    size_and_time: str | None = None

    @property
    def is_extract(self) -> bool:
        """Whether the platform made it itself; no file of the inbox can pass for such a one."""
        return self.size_and_time is None

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

    def contents(self, arrival_day: date | None = None) -> list[Delivery]:
        """The first delivery of every content, by SHA-256; of one arrival day if it is given.

        What arrived under two names on one day counts as the older of the two files, so that the
        order of names decides nothing.
        """
        first: dict[str, Delivery] = {}
        for delivery in self.deliveries():
            known = first.setdefault(delivery.sha256, delivery)
            if delivery.arrival_day == known.arrival_day and _is_older(delivery, known):
                first[delivery.sha256] = delivery
        return [
            delivery
            for _, delivery in sorted(first.items())
            if arrival_day is None or delivery.arrival_day == arrival_day.isoformat()
        ]

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
                landed.append(self.land_file(path, origin, arrival_day))
        return landed

    def land_file(self, path: Path, origin: str, arrival_day: date) -> Delivery:
        """Copy one file in. A file that changes while it is copied is copied again."""
        self.root.mkdir(parents=True, exist_ok=True)
        copy = self.root / "incoming"
        while True:
            before = size_and_time(path)
            shutil.copyfile(path, copy)
            if size_and_time(path) == before:
                break
        return self._take(copy, origin, arrival_day, before)

    def land_bytes(self, data: bytes, origin: str, arrival_day: date) -> Delivery:
        """Take an extract that was made in memory."""
        self.root.mkdir(parents=True, exist_ok=True)
        copy = self.root / "incoming"
        copy.write_bytes(data)
        return self._take(copy, origin, arrival_day, None)

    def _take(
        self, copy: Path, origin: str, arrival_day: date, size_and_time: str | None
    ) -> Delivery:
        with copy.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        delivery = Delivery(
            sha256=sha256,
            bytes=copy.stat().st_size,
            origin=origin,
            received_at=datetime.now(UTC).isoformat(timespec="microseconds"),
            arrival_day=arrival_day.isoformat(),
            size_and_time=size_and_time,
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


def inbox_files(inbox: Path) -> Iterator[Path]:
    """Every finished file below the inbox, in the order of its path."""
    for path in sorted(inbox.rglob("*")):
        names = path.relative_to(inbox).parts
        unfinished = any(fnmatch.fnmatch(name, p) for name in names for p in UNFINISHED)
        if path.is_file() and not unfinished:
            yield path


def _is_older(one: Delivery, other: Delivery) -> bool:
    if one.modified_at is None or other.modified_at is None:
        return False
    return one.modified_at < other.modified_at


def size_and_time(path: Path) -> str:
    """By which an unchanged file is known again without reading it."""
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"

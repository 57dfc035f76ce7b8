"""Work in a process of its own, measured from outside: seconds, CPU, memory, spill."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """What a process cost, with its children. Memory and spill are the highest seen."""

    wall_s: float
    cpu_s: float
    peak_mb: int
    spill_mb: int

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


class Failed(Exception):
    """A measured process ended with an error; the message is what it wrote last."""


def measured(arguments: list[str], *, spill: Path | None = None) -> tuple[Cost, str]:
    """Run this Python with arguments; its cost and what it printed.

    `spill` is a folder in which DuckDB keeps what does not fit in memory. Raises `Failed`.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    seen, ended = Highest(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, spill, seen, ended))
    watcher.start()
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watcher.join()
    if process.returncode:
        raise Failed(f"{' '.join(arguments)}: {output[-2000:]}")
    cost = Cost(
        wall_s=round(time.perf_counter() - started, 2),
        cpu_s=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mb=seen.memory >> 20,
        spill_mb=seen.spill >> 20,
    )
    return cost, output


def answer(arguments: list[str]) -> tuple[Cost, dict[str, int]]:
    """The same for work whose last line is JSON."""
    cost, output = measured(arguments)
    return cost, json.loads(output.strip().splitlines()[-1])


def machine() -> dict[str, object]:
    """What the figures were made on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = ("duckdb", "dbt-core", "dagster", "pyarrow")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


@dataclass
class Highest:
    """The most memory and spill of a process so far, in bytes."""

    memory: int = 0
    spill: int = 0


def _watch(pid: int, folder: Path | None, seen: Highest, ended: threading.Event) -> None:
    # The kernel's own mark of the process, since that of its parent counts from before the start.
    status = Path(f"/proc/{pid}/status")
    while not ended.wait(_EVERY_SECONDS):
        with suppress(OSError):
            marks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
            seen.memory = max([seen.memory, *(int(mark.split()[1]) << 10 for mark in marks)])
        if folder and folder.exists():
            seen.spill = max(seen.spill, sum(_size(file) for file in folder.rglob("*")))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # it was written, read and removed meanwhile
        return 0

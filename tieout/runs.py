"""The log of runs: one line a run, written when it ends, read by whoever asks how runs go; and
what the last run checked.

Dagster keeps everything about its own runs. This is the little of it that a reader of the
dashboards asks for, in a file that needs no Dagster to read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One step of a run. `seconds` is wall time; None where the step did not end."""

    name: str
    seconds: float | None
    succeeded: bool


@dataclass(frozen=True)
class Run:
    """One ended run. Times are UTC in ISO 8601; `failed_step` and `reason` are None on success."""

    run_id: str
    job: str
    arrival_day: str
    started_at: str
    seconds: float
    steps: tuple[Step, ...]
    failed_step: str | None = None
    reason: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it came to its end."""
        return self.failed_step is None


class RunLog:
    """The runs of a workspace in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, run: Run) -> None:
        """Add a run; lines of processes that end at once do not mix."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(run)).encode() + b"\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def runs(self, limit: int) -> Sequence[Run]:
        """The newest runs, newest first. A line that a crash has cut off is passed over."""
        if not self.path.exists():
            return ()
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines()[-limit:]:
            try:
                values = json.loads(line)
            except json.JSONDecodeError:
                continue
            steps = tuple(Step(**step) for step in values.pop("steps"))
            found.append(Run(steps=steps, **values))
        return found[::-1]


@dataclass(frozen=True)
class CheckedTable:
    """What the expectations say of the rows of one table."""

    name: str
    rows: int
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """What the last run checked of one arrival day; tables that need a look come first."""

    day: date
    tables: tuple[CheckedTable, ...]

    @classmethod
    def read(cls, path: Path) -> Checked | None:
        """What the run wrote; None before the first one."""
        if not path.exists():
            return None
        told = json.loads(path.read_text(encoding="utf-8"))
        tables = [
            CheckedTable(
                name,
                found["rows"],
                *(tuple(found[part]) for part in ("failed", "warned", "errors")),
            )
            for name, found in told["tables"].items()
        ]
        tables.sort(key=lambda t: (not t.errors, not t.failed, not t.warned, -t.rows, t.name))
        return cls(date.fromisoformat(told["day"]), tuple(tables))

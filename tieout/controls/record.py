"""The record of control runs: one line of JSON a run, only ever added to, for an auditor."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trial:
    """One planted error: the record, payout or file it is about, its day, and what came of it."""

    candidate: str
    day: str
    detected: bool


@dataclass(frozen=True)
class Result:
    """What became of one control. `seconds` are those of the shadow build it was planted in, from
    the planting to the verdict. Where it could not be planted, `not_applicable` says why.
    """

    control: str
    imitates: str
    leg: str
    types: tuple[str, ...]
    trials: tuple[Trial, ...] = ()
    also: tuple[str, ...] = ()
    seconds: float = 0.0
    not_applicable: str | None = None

    @property
    def detected(self) -> int:
        """How many of its trials were noticed as what they are."""
        return sum(trial.detected for trial in self.trials)

    @property
    def is_missed(self) -> bool:
        """Whether a trial was not noticed."""
        return self.detected < len(self.trials)


@dataclass(frozen=True)
class ControlsRun:
    """One run of the controls on one edition. `collateral` are new breaks and failed proofs that
    nobody planted; there must be none.
    """

    at: str
    edition: str
    as_of: str
    tieout_version: str
    seed: int
    trials_wanted: int
    builds: int
    seconds: float
    results: tuple[Result, ...]
    collateral: tuple[str, ...]

    @property
    def trials(self) -> int:
        """Trials of all controls."""
        return sum(len(result.trials) for result in self.results)

    @property
    def detected(self) -> int:
        """How many of them were noticed."""
        return sum(result.detected for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether everything planted was noticed, and nothing else."""
        return self.detected == self.trials and not self.collateral

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        totals = {"trials": self.trials, "detected": self.detected, "passed": self.passed}
        results = [asdict(r) | {"detected": r.detected} for r in self.results]
        return asdict(self) | totals | {"results": results}


def append(path: Path, run: ControlsRun) -> None:
    """Add a run to the record; what stands there is never changed.

    A line that a crash has torn is ended, so that the next one is whole.
    """
    line = json.dumps(run.as_dict(), sort_keys=True).encode() + b"\n"
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def history(path: Path) -> Sequence[dict[str, object]]:
    """All recorded runs, oldest first; a torn line is no run."""
    if not path.exists():
        return []
    runs = []
    for line in path.read_bytes().splitlines():
        try:
            runs.append(json.loads(line))
        except ValueError:
            continue
    return runs

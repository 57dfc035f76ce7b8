"""How a run ends that did not publish. Apart from `run`, which takes seconds to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class RunFailed(Exception):
    """A run that ended without publishing; `step` and `reason` say where and why."""

    step: str
    reason: str
    run_id: str

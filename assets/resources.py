"""What assets need from outside: the workspace, and someone who watches the progress."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from tieout.canonical import Canonical
from tieout.editions import Editions
from tieout.landing import Landing, Progress
from tieout.settings import Settings, Workspace

Watcher = Callable[[str, str, int, int], None]
_watchers: list[Watcher] = []


class WorkspaceResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The workspace that a code location serves."""

    home: str

    @property
    def workspace(self) -> Workspace:
        """The places of the workspace."""
        return Workspace.open(Path(self.home))

    @property
    def settings(self) -> Settings:
        """Its configuration, validated anew."""
        return self.workspace.settings()

    @property
    def landing(self) -> Landing:
        """What it has received."""
        return Landing(self.workspace.landing)

    @property
    def canonical(self) -> Canonical:
        """What was read of it."""
        return Canonical(self.workspace.canonical)

    @property
    def editions(self) -> Editions:
        """What was published."""
        return Editions(self.workspace.editions)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Tell `watcher` of the progress (stage, what, number, total) of assets in this process."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def reporter(stage: str) -> Progress:
    """The progress callback of one stage."""

    def report(what: str, number: int, total: int) -> None:
        for watcher in _watchers:
            watcher(stage, what, number, total)

    return report

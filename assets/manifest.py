"""dbt's manifest: parsed once, and again only when the project has changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Named here as in assets/warehouse.py: a question for a metric must not wait for Dagster to load.
PROJECT = Path(__file__).parents[1] / "dbt_project"
# Parsing opens no warehouse, but names its catalogue, and in every workspace it has this name.
_PLACES = {"TIEOUT_WAREHOUSE": "warehouse.duckdb", "TIEOUT_CANONICAL": ""}
_PARTS = ("models", "macros", "seeds", "tests", "dbt_project.yml", "profiles.yml")


def manifest(project: Path = PROJECT) -> Path:
    """The path of a manifest that is true to the project's files.

    Parsing takes seconds, so no process parses on its own: the fingerprint of the project's
    files is kept beside the manifest, and processes that start together wait for one parse.
    """
    target = project / "target"
    target.mkdir(exist_ok=True)
    path, mark = target / "manifest.json", target / "manifest.fingerprint"
    with FileLock(target / "manifest.lock"):
        fingerprint = _fingerprint(project)
        if not path.exists() or not mark.exists() or mark.read_text() != fingerprint:
            _parse(project)
            mark.write_text(fingerprint)
    return path


def parsed(project: Path = PROJECT) -> Manifest:
    """The manifest as dbt's own object, so that a run need not parse.

    What depends on the run is not in it: variables and the places of the warehouse and of the
    canonical store are read when a model is compiled.
    """
    from dbt.contracts.graph.manifest import Manifest

    manifest(project)
    packed = (project / "target" / "partial_parse.msgpack").read_bytes()
    # dbt counts the uses of a manifest's macros and nodes in it, so each run has its own.
    read: Manifest = Manifest.from_msgpack(packed)
    # What macros see as `graph`.
    read.build_flat_graph()  # type: ignore[no-untyped-call]
    return read


def _fingerprint(project: Path) -> str:
    digest = hashlib.sha256(repr(_PLACES).encode())
    for part in _PARTS:
        root = project / part
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                digest.update(path.relative_to(project).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _parse(project: Path) -> None:
    environment = {**os.environ, **_PLACES}
    command = [str(Path(sys.executable).parent / "dbt"), "parse", "--quiet"]
    command += ["--project-dir", str(project), "--profiles-dir", str(project)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode:
        raise RuntimeError(f"dbt cannot parse {project}:\n{result.stdout}{result.stderr}")

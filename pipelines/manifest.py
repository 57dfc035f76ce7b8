"""dbt's manifest: parsed once, and again only when the project has changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

# Named here as in assets/warehouse.py: a question for a metric must not wait for Dagster to load.
PROJECT = Path(__file__).parents[1] / "dbt_project"
_PARTS = ("models", "macros", "seeds", "tests", "dbt_project.yml", "profiles.yml")


def manifest() -> Path:
    """The path of a manifest that is true to the project's files.

    Parsing takes seconds, so no process parses on its own: the fingerprint of the project's
    files is kept beside the manifest, and processes that start together wait for one parse.
    """
    target = PROJECT / "target"
    target.mkdir(exist_ok=True)
    path, mark = target / "manifest.json", target / "manifest.fingerprint"
    with FileLock(target / "manifest.lock"):
        fingerprint = _fingerprint(PROJECT)
        if not path.exists() or not mark.exists() or mark.read_text() != fingerprint:
            _parse(PROJECT)
            mark.write_text(fingerprint)
    return path


def _fingerprint(project: Path) -> str:
    digest = hashlib.sha256()
    for part in _PARTS:
        root = project / part
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file():
                digest.update(path.relative_to(project).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _parse(project: Path) -> None:
    # Parsing opens no warehouse, but the profile asks for its place.
    environment = {"TIEOUT_WAREHOUSE": ":memory:", "TIEOUT_CANONICAL": "", **os.environ}
    command = [str(Path(sys.executable).parent / "dbt"), "parse", "--quiet"]
    command += ["--project-dir", str(project), "--profiles-dir", str(project)]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode:
        raise RuntimeError(f"dbt cannot parse {project}:\n{result.stdout}{result.stderr}")

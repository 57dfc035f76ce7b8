"""Whether a run would find anything new: the fingerprint of all that decides an edition.

An edition follows from the landed files (decisions are such files), the configuration, the day open
items are judged from and the code. When none of them has changed since the last edition was
published, a run would publish the same one, so it need not be made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from tieout.editions import Editions
from tieout.landing import Landing, inbox_files, size_and_time
from tieout.settings import Workspace

ROOT = Path(__file__).parents[1]
_CODE = ("tieout", "assets", "expectations", "pipelines", "dbt_project")
_SUFFIXES = (".py", ".sql", ".yml", ".csv")
_MADE_BY_DBT = ("target", "logs")


def fingerprint(workspace: Workspace) -> str:
    """SHA-256 over everything that an edition of this workspace follows from."""
    landed = [
        (delivery.sha256, delivery.arrival_day, delivery.size_and_time, delivery.origin)
        for delivery in Landing(workspace.landing).deliveries()
    ]
    as_of = workspace.settings().as_of_date()
    digest = hashlib.sha256(json.dumps([landed, str(as_of)]).encode())
    for path in (workspace.config, *sorted(workspace.mappings.glob("*.yaml"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for path in _code():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _code() -> Iterator[Path]:
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in _SUFFIXES and not set(path.parts) & set(_MADE_BY_DBT):
                yield path


def remember(workspace: Workspace, edition_id: str) -> None:
    """Note that this edition was made from what there is now."""
    note = {"edition": edition_id, "inputs": fingerprint(workspace)}
    _note(workspace).write_text(json.dumps(note) + "\n", encoding="utf-8")


def unchanged_edition(workspace: Workspace) -> str | None:
    """The id of the current edition if a run would publish it again; None if it must be run.

    A database or a store may always have something new, so a workspace with one is always run.
    """
    note, settings = _note(workspace), workspace.settings()
    if settings.databases or settings.stores or not note.exists():
        return None
    if _has_new_files(workspace) or _has_new_decisions(workspace):
        return None
    known = json.loads(note.read_text())
    edition: str = known["edition"]
    is_current = Editions(workspace.editions).current_id() == edition
    return edition if is_current and known["inputs"] == fingerprint(workspace) else None


def _has_new_files(workspace: Workspace) -> bool:
    known = {(d.origin, d.size_and_time) for d in Landing(workspace.landing).deliveries()}
    inbox = workspace.inbox
    return any(
        (path.relative_to(inbox).as_posix(), size_and_time(path)) not in known
        for path in inbox_files(inbox)
    )


def _has_new_decisions(workspace: Workspace) -> bool:
    if not workspace.settings().decisions_uri_env and not workspace.decisions.exists():
        return False  # nobody has decided anything yet, and SQLAlchemy takes a while to import
    from tieout.decisions.landing import not_landed
    from tieout.decisions.store import DecisionStore

    return bool(not_landed(DecisionStore.of(workspace), Landing(workspace.landing)))


def _note(workspace: Workspace) -> Path:
    return workspace.data / "inputs.json"

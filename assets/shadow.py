"""The shadow: a workspace below the workspace, to build the models on data changed on purpose.

It holds the canonical files of the workspace as links, which cost nothing, and a warehouse of its
own. Nothing of the workspace is written: a file that is to be changed is replaced by another.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import duckdb

from assets.resources import WorkspaceResource
from assets.warehouse import build_models, use_workspace
from tieout.engine import connect
from tieout.landing import Progress
from tieout.settings import Workspace

_VARIABLES = ("TIEOUT_WAREHOUSE", "TIEOUT_CANONICAL")


class ShadowFailed(Exception):
    """The models could not be built on the shadow; the message says which and why."""


@contextmanager
def shadow_warehouse(
    workspace: Workspace,
    change: Callable[[Path], None],
    *,
    as_of: str,
    reporting_currency: str,
    report: Progress,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only warehouse built from the workspace's canonical files after `change`.

    `change` gets the shadow's canonical folder; it may replace and remove files there, and must
    open none for writing. The shadow is judged from the day `as_of`. The caller holds the lock of
    the workspace: there is one shadow at a time, and what an earlier one has left behind (its
    process was killed) is removed first. `ShadowFailed` when a model cannot be built.
    """
    home = workspace.data / "shadow"
    _remove(home)
    try:
        shadow = Workspace.create(home, reporting_currency=reporting_currency, as_of=as_of)
        report("linking files", 0, 0)
        shutil.copytree(workspace.canonical, shadow.canonical, copy_function=_link)
        change(shadow.canonical)
        _build(shadow, report)
        connection = connect(shadow.warehouse, read_only=True)
        try:
            yield connection
        finally:
            connection.close()
    finally:
        _remove(home)


def _build(shadow: Workspace, report: Progress) -> None:
    resource = WorkspaceResource(home=str(shadow.home))
    before = {name: os.environ.get(name) for name in _VARIABLES}
    use_workspace(resource)
    try:
        with (shadow.data / "dbt.log").open("w", encoding="utf-8") as log, redirect_stdout(log):
            # The models' own tests would fail by what was planted, and say nothing about which.
            results = build_models(resource, report, test=False)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
    failed = [f"{r.node.name}: {r.message}" for r in results if r.status in ("fail", "error")]
    if failed:
        raise ShadowFailed("\n".join(failed))


def _link(source: str, target: str) -> None:
    """A hard link, or a copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)

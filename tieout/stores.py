"""Files from object storage and other places that fsspec knows: S3, SFTP, a shared folder.

What is new or changed is copied into the landing, as if it had been dropped into the inbox. A file
is known again by its size and by when it was changed, so an unchanged one is not fetched twice.
"""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import fsspec
from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow.fs import S3FileSystem

from tieout.landing import UNFINISHED, Delivery, Landing
from tieout.settings import ConfigurationError, Store

_S3 = "s3://"
# What the different file systems call the moment of the last change.
_CHANGED = ("mtime", "LastModified", "last_modified", "updated", "created")


class StoreUnreachable(Exception):
    """The store does not answer as it should; the message says which, and what it said."""


def fetch(store: Store, landing: Landing, arrival_day: date) -> list[Delivery]:
    """Land the new and changed files of a store; those of an archive are landed with it."""
    known = {(delivery.origin, delivery.size_and_time) for delivery in landing.deliveries()}
    landing.root.mkdir(parents=True, exist_ok=True)
    landed = []
    try:
        files, root = _file_system(store)
        files.invalidate_cache()  # a process that has looked before would see what was there then
        for path, info in _found(store, files, root):
            origin = f"{store.origin}/{_below(root, path)}"
            stamp = _stamp(files, path, info)
            if (origin, stamp) in known:
                continue
            with TemporaryDirectory(dir=landing.root, prefix="fetching-") as folder:
                copy = f"{folder}/file"
                files.get_file(path, copy)
                files.invalidate_cache()
                after = _stamp(files, path, files.info(path))
                if after != stamp:
                    continue  # it is still being written: the next run takes it
                landed += landing.land_copy(copy, origin, arrival_day, stamp)
    except ImportError as error:
        raise ConfigurationError(f"store {store.name!r}: {store.url}: {error}") from None
    except ConfigurationError:
        raise
    # Every file system has errors of its own beside those of the system.
    except Exception as error:
        what = str(error) or type(error).__name__
        raise StoreUnreachable(f"store {store.name!r}: reading {store.url}: {what}") from error
    return landed


def _file_system(store: Store) -> tuple[fsspec.AbstractFileSystem, str]:
    """The store's file system, and its root there. Arrow has S3 built in, so none is installed."""
    options = _options(store)
    if not store.url.startswith(_S3):
        files, root = fsspec.core.url_to_fs(store.url, **options)
        return files, root
    try:
        return ArrowFSWrapper(S3FileSystem(**options)), store.url.removeprefix(_S3)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"store {store.name!r}: {store.options_env}: {error}") from None


def _options(store: Store) -> dict[str, Any]:
    """What the file system must know, as keys and endpoints, from the environment."""
    if not store.options_env:
        return {}
    text = os.environ.get(store.options_env)
    if not text:
        raise ConfigurationError(
            f"store {store.name!r}: the environment variable {store.options_env} is not set; it "
            "must hold the options of its file system as JSON"
        )
    try:
        options = json.loads(text)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        # The text may hold a secret, so it is not shown.
        raise ConfigurationError(
            f"store {store.name!r}: {store.options_env} does not hold a JSON object"
        )
    return options


def _found(
    store: Store, files: fsspec.AbstractFileSystem, root: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The finished files below the root that fit the pattern, in the order of their paths."""
    if not files.exists(root):
        raise ConfigurationError(f"store {store.name!r}: there is nothing at {store.url}")
    for path, info in sorted(files.find(root, detail=True).items()):
        below = _below(root, path)
        parts = PurePosixPath(below).parts
        unfinished = any(fnmatch.fnmatch(part, p) for part in parts for p in UNFINISHED)
        if not unfinished and fnmatch.fnmatch(below, store.files):
            yield path, info


def _below(root: str, path: str) -> str:
    return path.removeprefix(root).lstrip("/") or PurePosixPath(path).name


def _stamp(files: fsspec.AbstractFileSystem, path: str, info: dict[str, Any]) -> str:
    """Size and time of change, as `size_and_time` writes them."""
    changed = next((info[name] for name in _CHANGED if info.get(name)), None)
    if changed is None:
        changed = files.modified(path)
    if isinstance(changed, str):
        changed = datetime.fromisoformat(changed)
    seconds = changed.timestamp() if isinstance(changed, datetime) else float(changed)
    return f"{info['size']}:{round(seconds * 1_000_000) * 1000}"

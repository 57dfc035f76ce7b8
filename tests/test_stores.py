"""Files from object storage: what is new is landed once, and what cannot be reached is named."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pyarrow.fs as pafs
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import known_implementations
from moto.server import ThreadedMotoServer

from tests.conftest import CHANGED, DAY, Ingest
from tests.formats.tabular_parts import FIXTURES
from tieout.ingest import ingest
from tieout.settings import ConfigurationError, FileRule, Settings, Store, Workspace
from tieout.stores import StoreUnreachable, fetch

REFUNDS = (FIXTURES / "own" / "refunds.jsonl").read_bytes()


def origins(store: Store, ingesting: Ingest) -> list[str]:
    return [delivery.origin for delivery in fetch(store, ingesting.landing, DAY)]


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


def test_new_and_changed_files_are_landed_once(
    ingesting: Ingest, memory: fsspec.AbstractFileSystem
) -> None:
    store = Store(name="reports", url="memory://bucket/in", files="*.jsonl*")
    memory.pipe("/bucket/in/eu/refunds.jsonl", REFUNDS)
    memory.pipe("/bucket/in/note.txt", b"not wanted")
    memory.pipe("/bucket/in/half.jsonl.part", b"not finished")
    memory.pipe("/bucket/other.jsonl", REFUNDS)
    assert origins(store, ingesting) == ["store:reports/eu/refunds.jsonl"]
    assert origins(store, ingesting) == []
    memory.pipe("/bucket/in/eu/refunds.jsonl", REFUNDS + b"\n")
    memory.pipe("/bucket/in/more.jsonl.gz", gzip.compress(REFUNDS[:200]))
    assert origins(store, ingesting) == [
        "store:reports/eu/refunds.jsonl",
        "store:reports/more.jsonl.gz!more.jsonl",
        "store:reports/more.jsonl.gz",
    ]
    rule = FileRule(files="store:reports/eu/*", format="own_refunds", source="eu")
    accounts = ingest(ingesting.landing, ingesting.canonical, (rule,))
    assert {a.source for a in accounts if a.delivery.origin.startswith("store:reports/eu")} == {
        "eu"
    }


class Remembering(MemoryFileSystem):
    """Looks once and remembers what it saw, as file systems over a network do."""

    protocol = "remembering"
    seen: ClassVar[dict[str, Any]] = {}

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.removeprefix("remembering:/"))

    def find(self, path: str, **options: Any) -> Any:
        if path not in self.seen:
            self.seen[path] = super().find(path, **options)
        return self.seen[path]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.seen.clear()


def test_what_is_new_is_seen_by_a_process_that_has_looked_before(
    ingesting: Ingest, memory: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(known_implementations, "remembering", {})
    fsspec.register_implementation("remembering", Remembering, clobber=True)
    store = Store(name="reports", url="remembering://bucket/in")
    memory.pipe("/bucket/in/a.jsonl", REFUNDS)
    assert origins(store, ingesting) == ["store:reports/a.jsonl"]
    memory.pipe("/bucket/in/a.jsonl", REFUNDS + b"\n")
    memory.pipe("/bucket/in/b.jsonl", REFUNDS)
    assert origins(store, ingesting) == ["store:reports/a.jsonl", "store:reports/b.jsonl"]


def test_a_folder_is_a_store_and_its_files_keep_their_time(
    ingesting: Ingest, tmp_path: Path
) -> None:
    (tmp_path / "share").mkdir()
    file = tmp_path / "share" / "r.jsonl"
    file.write_bytes(REFUNDS)
    os.utime(file, (CHANGED, CHANGED))
    (delivery,) = fetch(Store(name="s", url=f"file://{tmp_path}/share"), ingesting.landing, DAY)
    assert delivery.modified_at is not None
    assert delivery.modified_at.timestamp() == CHANGED
    assert not delivery.is_extract


def test_what_cannot_be_reached_is_named(
    ingesting: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Store(name="s", url=f"file://{tmp_path}/nowhere")
    with pytest.raises(ConfigurationError, match="store 's': there is nothing at file://"):
        fetch(nowhere, ingesting.landing, DAY)
    secret = Store(name="s", url="memory://x", options_env="STORE_OPTIONS")
    with pytest.raises(ConfigurationError, match="STORE_OPTIONS is not set"):
        fetch(secret, ingesting.landing, DAY)
    monkeypatch.setenv("STORE_OPTIONS", "my-secret")
    with pytest.raises(ConfigurationError, match="does not hold a JSON object") as refusal:
        fetch(secret, ingesting.landing, DAY)
    assert "my-secret" not in str(refusal.value)
    monkeypatch.setenv("STORE_OPTIONS", json.dumps({"host": "127.0.0.1", "port": 1}))
    away = Store(name="away", url="ftp://127.0.0.1/x", options_env="STORE_OPTIONS")
    with pytest.raises(StoreUnreachable, match="store 'away': reading ftp://"):
        fetch(away, ingesting.landing, DAY)


def test_s3_needs_no_package_of_its_own(ingesting: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"access_key": "a", "secret_key": "my-secret", "region": "eu-central-1"}
    nobody = {"endpoint_override": "127.0.0.1:1", "scheme": "http", "connect_timeout": 1}
    store = Store(name="s", url="s3://bucket/reports", options_env="STORE_OPTIONS")
    monkeypatch.setenv("STORE_OPTIONS", json.dumps(options | nobody))
    with pytest.raises(StoreUnreachable, match=r"reading s3://bucket/reports: .* bucket"):
        fetch(store, ingesting.landing, DAY)
    monkeypatch.setenv("STORE_OPTIONS", json.dumps(options | {"secret": "my-secret"}))
    with pytest.raises(ConfigurationError, match="unexpected keyword argument 'secret'") as refusal:
        fetch(store, ingesting.landing, DAY)
    assert "my-secret" not in str(refusal.value)


@pytest.fixture
def s3() -> Iterator[dict[str, str]]:
    """How to reach a server that speaks S3, with an empty bucket named `bucket`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    options = {"access_key": "a", "secret_key": "b", "region": "eu-central-1", "scheme": "http"}
    options |= {"endpoint_override": f"{host}:{port}"}
    try:
        s3_files(options, allow_bucket_creation=True).create_dir("bucket")
        yield options
    finally:
        server.stop()


def s3_files(options: dict[str, str], **more: bool) -> pafs.S3FileSystem:
    return pafs.S3FileSystem(**options, **more)


def test_files_of_a_bucket_are_landed_once(
    ingesting: Ingest, monkeypatch: pytest.MonkeyPatch, s3: dict[str, str]
) -> None:
    def put(name: str, data: bytes) -> None:
        with s3_files(s3).open_output_stream(f"bucket/{name}") as file:
            file.write(data)

    monkeypatch.setenv("STORE_OPTIONS", json.dumps(s3))
    store = Store(
        name="reports", url="s3://bucket/reports", files="*.jsonl", options_env="STORE_OPTIONS"
    )
    put("reports/eu/refunds.jsonl", REFUNDS)
    put("reports/note.txt", b"not asked for")
    put("elsewhere/refunds.jsonl", REFUNDS + b" ")
    (delivery,) = fetch(store, ingesting.landing, DAY)
    assert delivery.origin == "store:reports/eu/refunds.jsonl"
    assert delivery.modified_at is not None
    assert ingesting.landing.path(delivery.sha256).read_bytes() == REFUNDS
    assert origins(store, ingesting) == []
    put("reports/eu/refunds.jsonl", REFUNDS + b"\n")
    assert len(origins(store, ingesting)) == 1
    for url in ("s3://bucket/nothing", "s3://nobody/reports"):
        nowhere = Store(name="s", url=url, options_env="STORE_OPTIONS")
        with pytest.raises(ConfigurationError, match=f"there is nothing at {url}"):
            fetch(nowhere, ingesting.landing, DAY)


def test_a_store_in_the_configuration(workspace: Workspace) -> None:
    block = '[[stores]]\nname = "reports"\nurl = "{}"\n'
    text = workspace.config.read_text()
    workspace.config.write_text(text + block.format("s3://bucket/reports"))
    (store,) = workspace.settings().stores
    assert (store.files, store.origin) == ("*", "store:reports")
    workspace.config.write_text(text + block.format("bucket/reports") * 2)
    with pytest.raises(ConfigurationError, match=r"stores\.0\.url: .* is no address such as s3://"):
        workspace.settings()
    with pytest.raises(ValueError, match="two stores are called reports"):
        Settings.model_validate(
            {
                "reporting_currency": "EUR",
                "as_of": "latest",
                "failure_webhook_env": "",
                "decisions_uri_env": "",
                "stores": [{"name": "reports", "url": "memory://x"}] * 2,
            }
        )

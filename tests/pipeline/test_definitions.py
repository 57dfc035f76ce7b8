"""The wiring: what exists, what hangs on what, when it runs, and whom a failure reaches."""

import json
import os
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from assets.resources import WorkspaceResource
from pipelines import definitions, jobs
from pipelines.hooks import notify_failure
from tests.pipeline.conftest import DAY
from tieout.landing import Landing
from tieout.settings import ConfigurationError, Workspace

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]
GOLDEN = Path(__file__).parents[1] / "golden" / "wiring.json"


def wiring(defs: dg.Definitions) -> dict[str, object]:
    """The graph in a form whose change a reviewer can read."""
    specs = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
    return {
        "assets": {
            name: {
                "group": spec.group_name,
                "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
                "owners": sorted(spec.owners),
                "kinds": sorted(spec.kinds),
                "partitioned": spec.partitions_def is not None,
                "described": bool(spec.description),
            }
            for name, spec in sorted(specs.items())
        },
        "jobs": sorted(job.name for job in defs.jobs or []),
        "schedules": {s.name: s.cron_schedule for s in defs.schedules or []},
        "sensors": sorted(s.name for s in defs.sensors or []),
    }


def test_the_wiring_is_as_reviewed(workspace: Workspace) -> None:
    """Run with UPDATE_GOLDEN=1 to accept a change; the diff of the file is what is reviewed."""
    now = json.dumps(wiring(definitions.build_definitions(workspace.home)), indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(now)
    assert now == GOLDEN.read_text()


def test_every_mart_descends_from_the_inbox(workspace: Workspace) -> None:
    graph = definitions.build_definitions(workspace.home).resolve_asset_graph()
    marts = [k for k in graph.get_all_asset_keys() if k.path[0] == "marts"]
    assert len(marts) >= 10
    inbox = dg.AssetKey(["landing", "inbox_files"])
    for key in marts:
        assert inbox in graph.get_ancestor_asset_keys(key), key


def test_definitions_refuse_to_guess_a_workspace(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TIEOUT_HOME", raising=False)
    with pytest.raises(ConfigurationError, match="TIEOUT_HOME"):
        definitions.defs()
    monkeypatch.setenv("TIEOUT_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="tieout init"):
        definitions.defs()


def test_the_inbox_sensor_waits_until_files_have_settled(workspace: Workspace) -> None:
    resource = WorkspaceResource(home=str(workspace.home))

    def look() -> object:
        return jobs.inbox(dg.build_sensor_context(), workspace=resource)

    assert "nothing new" in str(look())
    path = workspace.inbox / "x.csv"
    path.write_bytes(b"x")
    assert "still arriving" in str(look())
    past = time.time() - 60
    os.utime(path, (past, past))
    request = look()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == look().run_key  # type: ignore[attr-defined]
    Landing(workspace.landing).land_inbox(workspace.inbox, DAY)
    assert "nothing new" in str(look())


def test_the_schedule_asks_for_the_day_that_has_begun(workspace: Workspace) -> None:
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime.fromisoformat("2026-01-05T05:00:00+00:00"),
        resources={"workspace": WorkspaceResource(home=str(workspace.home))},
    )
    request = jobs.every_morning(context)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-01-05"


def test_a_failure_reaches_the_webhook(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    text = workspace.config.read_text()
    workspace.config.write_text(text.replace('webhook_env = ""', 'webhook_env = "HOOK"'))
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{server.server_port}/")

    @dg.op
    def fails() -> None:
        raise ValueError("the disk is full\nand more")

    @dg.job(
        hooks={notify_failure},
        resource_defs={"workspace": WorkspaceResource(home=str(workspace.home))},
    )
    def job() -> None:
        fails()

    assert not job.execute_in_process(raise_on_error=False).success
    server.shutdown()
    (message,) = received
    assert "fails" in message["text"]
    assert "and more" not in message["text"]
